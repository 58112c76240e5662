"""A document is entered once, by constraints; what was entered twice before is kept, marked, and shares the
tonnes of the first. Licences are handed in by their holders, with files, and confirmed or refused; their
lines may name several codes with joint tonnes.

Revision ID: 0015
Revises: 0014
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ONCE = "revoked_at IS NULL AND NOT is_double"
NUMBERED = f"{ONCE} AND number_key <> ''"
CONFIRMED = f"{ONCE} AND status = 'confirmed' AND number_key <> ''"
NUMBER = {"licence": "number", "channel": "approval_number", "verified_exemption": "reference"}
"""The column with the document's number, by table."""
PERMITS = (*NUMBER, "white_list")
UNIQUE = (
    ("ix_licence_document", "licence", "enterprise_id number_key valid_until", CONFIRMED),
    ("ix_licence_submission", "licence", "enterprise_id number_key valid_until",
     f"{ONCE} AND status = 'submitted'"),
    ("ix_channel_document", "channel", "number_key generator_id receiver_id code_id valid_until", NUMBERED),
    ("ix_white_list_entry", "white_list", "receiver_id code_id from_province valid_until", ONCE),
    ("ix_verified_exemption_document", "verified_exemption",
     "enterprise_id item code_id number_key valid_until", ONCE),
)  # fmt: skip
ONE_HOLDER = (
    ("licence", "enterprise_id", CONFIRMED),
    ("channel", "generator_id", NUMBERED),
    ("channel", "receiver_id", NUMBERED),
    ("verified_exemption", "enterprise_id", NUMBERED),
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _add_columns()
    for table, number in NUMBER.items():
        _fold_numbers(table, number)
    _mark_doubles()
    _share_capacities()
    for name, table, columns, where in UNIQUE:
        op.create_index(name, table, columns.split(), unique=True, postgresql_where=sa.text(where))
    for table, holder, where in ONE_HOLDER:
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ex_{table}_{holder} EXCLUDE USING gist"
            f" (number_key WITH =, {holder} WITH <>) WHERE ({where})"
        )
    op.create_index("ix_licence_number_key", "licence", ["number_key"])
    for table in ("licence_line", "channel"):
        shared = sa.text("capacity_no IS NOT NULL")
        op.create_index(f"ix_{table}_capacity_no", table, ["capacity_no"], postgresql_where=shared)
    op.create_table(
        "licence_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("licence_id", sa.Uuid(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"], name=op.f("fk_licence_file_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_file")),
    )
    op.create_index(op.f("ix_licence_file_licence_id"), "licence_file", ["licence_id"])


def _add_columns() -> None:
    for table in PERMITS:
        op.add_column(
            table, sa.Column("is_double", sa.Boolean(), server_default=sa.text("false"), nullable=False)
        )
    for table in NUMBER:
        op.add_column(
            table, sa.Column("number_key", sa.String(), server_default=sa.text("''"), nullable=False)
        )
    op.add_column(
        "licence", sa.Column("status", sa.String(), server_default=sa.text("'confirmed'"), nullable=False)
    )
    op.add_column("licence", sa.Column("decided_at", sa.DateTime(timezone=True)))
    op.add_column("licence", sa.Column("reason", sa.String()))
    op.create_check_constraint(
        op.f("ck_licence_status"), "licence", "status IN ('submitted', 'confirmed', 'refused')"
    )
    op.add_column("licence_line", sa.Column("joint_line_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_licence_line_joint_line_id"), "licence_line", "licence_line", ["joint_line_id"], ["id"]
    )
    for table in ("licence_line", "channel"):
        op.add_column(table, sa.Column("capacity_no", sa.BigInteger()))


def _fold_numbers(table: str, number: str) -> None:
    rows = op.get_bind().execute(sa.text(f"SELECT id, {number} FROM {table}")).all()
    keys = [{"id": row[0], "key": _key(row[1])} for row in rows]
    if keys:
        op.get_bind().execute(sa.text(f"UPDATE {table} SET number_key = :key WHERE id = :id"), keys)


def _key(number: str) -> str:
    """As `marketplace.document_numbers.document_key` of this version."""
    ignored = {"Zs", "Zl", "Zp", "Cc", "Cf", "Ps", "Pe", "Pi", "Pf", "Pd", "Pc"}
    folded = unicodedata.normalize("NFKC", number).casefold()
    kept = (it for it in folded if unicodedata.category(it) not in ignored and it not in "−ー⁃˗")
    return "".join(kept) or number.strip()


def _mark_doubles() -> None:
    """Mark what the constraints would refuse beside an earlier row: the first entered stays unmarked."""
    same = {
        "licence": "a.enterprise_id = b.enterprise_id AND a.valid_until = b.valid_until",
        "channel": "(a.generator_id, a.receiver_id, a.code_id, a.valid_until)"
        " = (b.generator_id, b.receiver_id, b.code_id, b.valid_until)",
        "verified_exemption": "(a.enterprise_id, a.item, a.code_id, a.valid_until)"
        " = (b.enterprise_id, b.item, b.code_id, b.valid_until)",
    }
    other = {
        "licence": "a.enterprise_id <> b.enterprise_id",
        "channel": "(a.generator_id, a.receiver_id) <> (b.generator_id, b.receiver_id)",
        "verified_exemption": "a.number_key <> '' AND a.enterprise_id <> b.enterprise_id",
    }
    for table, agrees in same.items():
        _mark(table, f"a.number_key = b.number_key AND (({agrees}) OR ({other[table]}))")
    _mark(
        "white_list",
        "(a.receiver_id, a.code_id, a.from_province, a.valid_until)"
        " = (b.receiver_id, b.code_id, b.from_province, b.valid_until)",
    )


def _mark(table: str, agree: str) -> None:
    op.execute(
        f"UPDATE {table} b SET is_double = true WHERE b.revoked_at IS NULL AND EXISTS"
        f" (SELECT FROM {table} a WHERE a.revoked_at IS NULL AND a.id < b.id AND {agree})"
    )


def _share_capacities() -> None:
    """Permits of one document whose codes, modes and years overlap become one capacity."""
    parents = dict(iter(op.get_bind().execute(sa.text("SELECT id, parent_id FROM waste_code"))))
    lines = op.get_bind().execute(
        sa.text(
            "SELECT p.enterprise_id, p.number_key, l.no, l.code_id, l.modes,"
            " p.valid_from, p.valid_until FROM licence_line l JOIN licence p ON p.id = l.licence_id"
        )
    )
    _share("licence_line", parents, (((holder, key), row) for holder, key, *row in lines))
    channels = op.get_bind().execute(
        sa.text(
            "SELECT generator_id, receiver_id, number_key, no, code_id, 1, valid_from, valid_until FROM channel"
        )
    )
    _share("channel", parents, (((one, other, key), row) for one, other, key, *row in channels))


def _share(table: str, parents: dict[int, int | None], rows: Iterable[tuple[Any, list[Any]]]) -> None:
    by_document: dict[Any, list[list[Any]]] = defaultdict(list)
    for document, row in rows:
        by_document[document].append(row)
    shared: dict[int, int] = {}
    for members in by_document.values():
        root = {row[0]: row[0] for row in members}

        def find(no: int, root: dict[int, int] = root) -> int:
            while root[no] != no:
                no = root[no]
            return no

        for one, other in combinations(members, 2):
            if _overlap(one, other, parents):
                low, high = sorted((find(one[0]), find(other[0])))
                root[high] = low
        groups = defaultdict(list)
        for no in root:
            groups[find(no)].append(no)
        shared |= {no: first for first, group in groups.items() if len(group) > 1 for no in group}
    if shared:
        op.get_bind().execute(
            sa.text(f"UPDATE {table} SET capacity_no = :shared WHERE no = :no"),
            [{"no": no, "shared": first} for no, first in shared.items()],
        )


def _overlap(one: list[Any], other: list[Any], parents: dict[int, int | None]) -> bool:
    _, code, modes, first, last = one
    _, other_code, other_modes, other_first, other_last = other
    related = code in _lineage(other_code, parents) or other_code in _lineage(code, parents)
    same_year = max(first.year, other_first.year) <= min(last.year, other_last.year)
    return bool(modes & other_modes) and related and same_year


def _lineage(code: int | None, parents: dict[int, int | None]) -> set[int]:
    found: set[int] = set()
    while code is not None:
        found.add(code)
        code = parents[code]
    return found


def downgrade() -> None:
    """What is not confirmed never counted: it goes, as nothing of the version before knows of it."""
    op.drop_table("licence_file")
    for table, holder, _ in ONE_HOLDER:
        op.drop_constraint(f"ex_{table}_{holder}", table)
    for name, table, _, _ in UNIQUE:
        op.drop_index(name, table)
    op.execute(
        "DELETE FROM licence_line WHERE licence_id IN (SELECT id FROM licence WHERE status <> 'confirmed')"
    )
    op.execute("DELETE FROM licence WHERE status <> 'confirmed'")
    op.drop_index("ix_licence_number_key", "licence")
    for table in ("licence_line", "channel"):
        op.drop_index(f"ix_{table}_capacity_no", table)
        op.drop_column(table, "capacity_no")
    op.drop_column("licence_line", "joint_line_id")
    for column in ("status", "decided_at", "reason"):
        op.drop_column("licence", column)
    for table in NUMBER:
        op.drop_column(table, "number_key")
    for table in PERMITS:
        op.drop_column(table, "is_double")
    op.execute("DROP EXTENSION btree_gist")
