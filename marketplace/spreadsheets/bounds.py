"""What reading one file may cost: its parts and their lengths, counted while they are read.

All of it is our own choice: many times what a sheet of 10,000 listings has, and so little that the costliest
file is read in a second or two. Beyond a bound a file is refused (`sheet_bomb`); the limits of the process
that reads (`marketplace/sandbox`) are there for what nobody thought of.
"""

from dataclasses import dataclass

from ..errors import Invalid

MOST_READ = 100_000_000
"""Bytes unpacked, a part that is read twice counted twice."""
MOST_ELEMENTS = 1_100_000
"""Elements of XML: 10,000 rows of 30 filled cells have 900,000, the last row of Excel is number 1,048,576."""
MOST_ATTRIBUTES = 2_000_000
"""Attributes of XML and references to characters, counted by `=` and `&`: the same rows have 960,000."""
MOST_CELLS = 330_000
"""Cells that hold anything: 10,000 rows of 33."""
MOST_CHARACTERS = 10_000_000
"""Characters of all cells; a shared string counts in each cell that shows it."""
MOST_ODD = 500_000
"""Characters of all cells that have any mark to be folded: these are looked at one by one."""
MOST_COLUMNS = 300
"""Columns that a sheet may have; each heading is read with some care."""
MOST_DEPTH = 64
"""Elements within each other; a workbook has about ten."""
MOST_TOKEN = 1_000_000
"""Bytes of one tag, comment or name: expat may look through an unfinished one again with each chunk."""
MOST_STRINGS = 500_000
MOST_FORMATS = 1000
"""Number formats that a workbook may define; Excel takes some 250."""
LONGEST_FORMAT = 255
"""Characters of a number format, as Excel has it."""
MOST_STYLES = 65_490
"""Styles of cells, as Excel has it."""
MOST_RELATIONS = 2000
MOST_SPANS = 20_000
"""Merged ranges; those in rows of the table are refused whatever their number."""
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""The last row and column of a spreadsheet, from 1."""
LONGEST_NUMBER = 60
"""Characters of a number; a spreadsheet writes up to 24."""
LONGEST_TEXT = 32_767
"""Characters of a cell, as Excel has it; what follows them is not kept, and the cell is too long by far."""
LONGEST_NAME = 100
"""Characters of the name of a sheet that are kept; Excel takes 31."""


@dataclass(slots=True)
class Budget:
    """What is left of the bounds while one file is read."""

    read: int = MOST_READ
    elements: int = MOST_ELEMENTS
    attributes: int = MOST_ATTRIBUTES
    cells: int = MOST_CELLS
    characters: int = MOST_CHARACTERS
    odd: int = MOST_ODD

    def spend(
        self, *, read: int = 0, elements: int = 0, attributes: int = 0, characters: int = 0, odd: int = 0
    ) -> None:
        """Raises: Invalid: nothing is left (`sheet_bomb`)."""
        self.read -= read
        self.elements -= elements
        self.attributes -= attributes
        self.characters -= characters
        self.odd -= odd
        require(min(self.read, self.elements, self.attributes, self.characters, self.odd) >= 0)

    def spend_cells(self, count: int, characters: int) -> None:
        """Cells of so many characters together. Raises: Invalid: nothing is left (`sheet_bomb`)."""
        self.cells -= count
        self.characters -= characters
        if self.cells < 0 or self.characters < 0:
            require(within=False)


def require(within: bool) -> None:
    """Raises: Invalid: it is not (`sheet_bomb`)."""
    if not within:
        raise Invalid("sheet_bomb", at="file")


def whole(text: str, most: int) -> int:
    """A whole number from 0 to `most`. Raises: ValueError: it is none, or greater."""
    if len(text) > len(str(most)) + 1 or not 0 <= (number := int(text)) <= most:
        raise ValueError(text[:LONGEST_NUMBER])
    return number
