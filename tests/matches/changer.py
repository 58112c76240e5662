"""`python -m tests.matches.changer URL SEED`: changes a market at random, as often as each line read says.

Most changes are transactions of their own; some are undone, and some stay open while others commit.
"""

import random
import sys

import psycopg

LISTING = "UPDATE listing SET {} WHERE no = %(listing)s"
CHANGES = (
    LISTING.format("remaining_kg = (quantity_kg * %(part)s)::bigint"),
    LISTING.format("price_fen = %(fen)s"),
    LISTING.format("lat = lat + %(part)s / 10, lon = lon - %(part)s / 10"),
    LISTING.format("available_until = available_from + %(days)s"),
    LISTING.format("max_distance_km = nullif(%(days)s, 3)"),
    LISTING.format("status = CASE WHEN %(part)s < 0.2 THEN 'draft' ELSE 'open' END"),
    LISTING.format("""composition = '[{"component": "Fe", "unit": "%%", "min": 1, "max": 2}]'"""),
    LISTING.format("""requires = '[{"component": "Fe", "unit": "%%", "min": 2, "max": 3}]'"""),
    LISTING.format("exemption_review = CASE WHEN %(part)s < 0.5 THEN 'accept' ELSE 'refuse' END"),
    """UPDATE listing_accept SET code_id = (SELECT code_id FROM listing_accept ORDER BY random() LIMIT 1)
       WHERE listing_id = (SELECT id FROM listing WHERE no = %(listing)s AND kind = 'demand') AND position = 0
       AND NOT EXISTS (SELECT FROM listing_accept a WHERE a.listing_id = listing_accept.listing_id
                       AND position > 0)""",
    "UPDATE enterprise SET credit_milli = %(credit)s, grade = %(grade)s WHERE no = %(enterprise)s",
    "UPDATE enterprise SET blocked = %(part)s < 0.1 WHERE no = %(enterprise)s",
    "UPDATE enterprise SET status = CASE WHEN %(part)s < 0.1 THEN 'suspended' ELSE 'approved' END"
    " WHERE no = %(enterprise)s",
    "UPDATE enterprise SET small_generator = NOT small_generator WHERE no = %(enterprise)s",
    "UPDATE enterprise SET partner_id = (SELECT id FROM enterprise e WHERE e.no = %(other)s)"
    " WHERE no = %(enterprise)s AND no <> %(other)s AND 'collector' = ANY(roles)",
    "UPDATE licence_line SET kg_per_year = greatest(1, (kg_per_year * 2 * %(part)s)::bigint)"
    " WHERE no = %(paper)s",
    "INSERT INTO permit_year (permit_kind, capacity_no, year, allowed_kg, reserved_kg)"
    " SELECT 'line', no, 2026 + %(days)s %% 2, kg_per_year, 0 FROM licence_line WHERE no = %(paper)s"
    " ON CONFLICT (permit_kind, capacity_no, year) DO UPDATE SET over_kg = permit_year.over_kg + %(days)s",
    "INSERT INTO permit_year (permit_kind, capacity_no, year, allowed_kg, over_kg)"
    " SELECT 'channel', no, 2026, 0, %(days)s FROM channel WHERE no = %(paper)s"
    " ON CONFLICT (permit_kind, capacity_no, year) DO UPDATE SET used_kg = 0, reserved_kg = 0",
    "INSERT INTO permit_year (permit_kind, capacity_no, year, allowed_kg, over_kg)"
    " SELECT 'approval', no, 0, 0, greatest(kg - 1000, 0) FROM transfer_approval WHERE no = %(paper)s"
    " ON CONFLICT (permit_kind, capacity_no, year) DO UPDATE SET over_kg = 0, reserved_kg = 0",
    "UPDATE channel SET status = 'paused', paused_at = now(), pause_cause = 'admin' WHERE no = %(paper)s",
    *(
        f"UPDATE {table} SET revoked_at = CASE WHEN %(part)s < 0.3 THEN now() END"
        f" WHERE id = (SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET %(paper)s)"
        for table in ("licence", "channel", "transfer_approval", "white_list", "verified_exemption")
    ),
)


def drawn(chance: random.Random) -> dict[str, object]:
    return {
        "listing": chance.randint(1, 120),
        "part": chance.random(),
        "fen": chance.choice([None, -20_000, 0, 15_000]),
        "days": chance.randint(3, 300),
        "enterprise": chance.randint(1, 12),
        "other": chance.randint(1, 12),
        "paper": chance.randint(1, 24),
        "credit": chance.randint(50_000, 100_000),
        "grade": chance.choice("AAABBCDE"),
    }


def main(url: str, seed: str) -> None:
    chance = random.Random(seed)
    with psycopg.connect(url) as alone, psycopg.connect(url) as behind:
        for line in sys.stdin:
            for _ in range(int(line)):
                slow = chance.random() < 0.1
                with (behind if slow else alone).cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '20ms'")
                    try:
                        cursor.execute(chance.choice(CHANGES), drawn(chance))
                    except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                        cursor.connection.rollback()
                if not slow:
                    alone.rollback() if chance.random() < 0.05 else alone.commit()
                elif chance.random() < 0.3:
                    behind.commit()
            behind.commit()
            print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
