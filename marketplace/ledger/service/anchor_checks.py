"""What the anchors say of every chain, once they are checked themselves."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, text

from .anchor_files import SignedStatement, anchor_folder, read_files
from .anchors import head_line
from .faults import BadRow, BadRowFound, LedgerFault
from .keys import Signature, UnknownKey, is_signed
from .kinds import PLATFORM

IN_TABLE = text("""
    SELECT no, statement, algorithm, key, signature FROM credit_ledger_anchor ORDER BY no
""").execution_options(yield_per=10)
DIGESTS = text("SELECT no, digest FROM credit_ledger_anchor ORDER BY no")


@dataclass(slots=True)
class Anchored:
    """The state that the anchors up to the last vouch for: of each chain entries, digest and the anchor."""

    anchors: int = 0
    heads: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    rows: int = 0
    _previous: str | None = None
    _all_heads: str = ""

    def add(self, anchor: SignedStatement) -> str:
        """Take in the next anchor; returns its digest.

        Raises:
            BadRowFound: it is not the next, not signed by us, or does not add up.
        """
        no = self.anchors + 1
        if anchor.no != no or anchor.signature is None:
            raise BadRowFound(BadRow(LedgerFault.ANCHOR, anchor=min(no, anchor.no)))
        statement = anchor.statement.encode()
        try:
            signed = is_signed(statement, anchor.signature)
        except UnknownKey as error:
            raise BadRowFound(BadRow(LedgerFault.KEY, anchor=no)) from error
        about = orjson.loads(statement) if signed else {}
        if not signed or about["no"] != no or about["previous"] != self._previous:
            raise BadRowFound(BadRow(LedgerFault.ANCHOR, anchor=no))
        self.anchors, self._previous = no, hashlib.sha256(statement).hexdigest()
        self._take_in(about)
        return self._previous

    def _take_in(self, about: dict[str, Any]) -> None:
        for enterprise_id, count, digest in about["heads"]:
            self.rows += count - self.heads.get(enterprise_id, (0, "", 0))[0]
            self.heads[enterprise_id] = (count, digest, self.anchors)
        enterprises = len(self.heads) - (str(PLATFORM) in self.heads)
        if (self.rows, enterprises) != (about["rows"], about["enterprises"]):
            raise BadRowFound(BadRow(LedgerFault.ANCHOR, anchor=self.anchors))
        self._all_heads = about["all_heads"]

    def require_all_heads(self) -> None:
        """Raises: BadRowFound: the heads of all anchors together are not those of the last."""
        if not self.anchors:
            return
        digest = hashlib.sha256()
        for enterprise_id in sorted(self.heads):
            digest.update(head_line(enterprise_id, *self.heads[enterprise_id][:2]))
        if digest.hexdigest() != self._all_heads:
            raise BadRowFound(BadRow(LedgerFault.ANCHOR, anchor=self.anchors))


def check_anchors(connection: Connection) -> Anchored:
    """Check all anchors: signatures, order, and that folder and table say the same.

    A process without the folder, such as the web process on another machine, takes them from the table.

    Raises:
        BadRowFound: the first that is not as it was signed, or is missing.
    """
    folder, anchored = anchor_folder(), Anchored()
    if folder is None or not folder.is_dir():
        for anchor in _of_table(connection):
            anchored.add(anchor)
    else:
        in_table = {row.no: row.digest for row in connection.execute(DIGESTS)}
        for anchor in read_files(folder):
            if anchored.add(anchor) != in_table.pop(anchor.no, None):
                raise BadRowFound(BadRow(LedgerFault.ANCHOR, anchor=anchor.no))
        if in_table:
            raise BadRowFound(BadRow(LedgerFault.ANCHOR, anchor=min(in_table)))
    anchored.require_all_heads()
    return anchored


def _of_table(connection: Connection) -> Iterator[SignedStatement]:
    for row in connection.execute(IN_TABLE):
        yield SignedStatement(row.no, row.statement, Signature(row.algorithm, row.key, row.signature))
