-- The two roles of the database, by a superuser in the database itself: psql -d huanliu -f deploy/roles.sql
-- with OWNER_PASSWORD and APP_PASSWORD in the environment. Twice changes nothing but the passwords. The owner's
-- is for `db-upgrade` (DATABASE_OWNER_URL), which grants the other role its rights; everything else is `huanliu_app`.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION', role)
FROM (VALUES ('huanliu_owner'), ('huanliu_app')) AS wanted (role)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)
\gexec
ALTER ROLE huanliu_owner PASSWORD :'owner_password';
ALTER ROLE huanliu_app PASSWORD :'app_password';

SELECT format('ALTER DATABASE %I OWNER TO huanliu_owner', current_database()),
    format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()),
    format('GRANT CONNECT ON DATABASE %I TO huanliu_app', current_database())
\gexec
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO huanliu_owner;

-- what an earlier version created as another role
SELECT format('ALTER TABLE %s OWNER TO huanliu_owner', c.oid::regclass) FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relowner <> 'huanliu_owner'::regrole
    AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'e', 'i'))
UNION ALL
SELECT format('ALTER ROUTINE %s OWNER TO huanliu_owner', p.oid::regprocedure) FROM pg_proc p
WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> 'huanliu_owner'::regrole
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
\gexec
