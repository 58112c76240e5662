"""Every change of a sealed table becomes an entry in the transaction that makes it.

The session says what it wrote; as its transaction commits, the rows are read as they then are and the chains
of their enterprises grow: two statements, however many rows changed. Whoever changes a sealed row need not
know of the ledger, and cannot forget it.
"""

from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import Session

from ...database import db
from .entries import LOCK_HEADS, ChangedRow, Head, append, broken, heads_of
from .keys import sealing_keys
from .kinds import KIND_OF, KINDS, PLATFORM

NOTED = "ledger"
IS_BEGUN = text("SELECT EXISTS(SELECT FROM credit_ledger)")

Changes = dict[tuple[str, Any], None]
"""Name of the kind and key of each row that the transaction changed, in order."""


def listen() -> None:
    """Listen to the session; again changes nothing."""
    for moment, listener in (("after_flush", _note), ("before_commit", _write)):
        if not event.contains(db.session, moment, listener):
            event.listen(db.session, moment, listener)


def _note(session: Session, _: Any) -> None:
    """Note the sealed rows that a flush wrote."""
    written = [*session.new, *(row for row in session.dirty if session.is_modified(row))]
    for row in written:
        kind = KIND_OF.get(type(row))
        if kind is not None:
            _changes(session)[kind.name, getattr(row, kind.key)] = None


def _changes(session: Session) -> Changes:
    """What the present transaction changed so far; what an earlier one left is forgotten."""
    transaction = session.get_transaction()
    noted = session.info.get(NOTED)
    if noted is None or noted[0] is not transaction:
        noted = session.info[NOTED] = (transaction, {})
    changes: Changes = noted[1]
    return changes


def _write(session: Session) -> None:
    """Enter the changes of a transaction that commits; a savepoint is not the end of one."""
    if session.in_nested_transaction():
        return
    session.flush()
    changes = _changes(session)
    if not changes:
        return
    if sealing_keys():
        _enter(session, changes)
    elif session.scalar(IS_BEGUN):
        raise broken(Head(str(PLATFORM), 0, ""))
    changes.clear()


def _enter(session: Session, changes: Changes) -> None:
    """Raises: Unavailable: the chain of an enterprise was changed by others (`ledger_broken`)."""
    keys = {kind: [key for name, key in changes if name == kind.name] for kind in KINDS}
    changed = " UNION ALL ".join(
        f"{kind.rows} AND t.{kind.key} = ANY(:{kind.name})" for kind in KINDS if keys[kind]
    )
    params = {kind.name: values for kind, values in keys.items() if values}
    found = session.execute(text(LOCK_HEADS.format(changed=changed)), params).all()
    if not found:  # a savepoint took them back, or they are previews
        return
    order = {(name, str(key)): place for place, (name, key) in enumerate(changes)}
    rows = [ChangedRow(row.enterprise_id, row.kind, row.row_id, row.row_json) for row in found]
    append(session, heads_of(found), sorted(rows, key=lambda row: order[row.kind, row.row_id]))
