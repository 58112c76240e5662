"""The public board of grade D and E, and the red list of honours."""

from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response
from marshmallow import fields

from ...boards import service as boards
from ...http.authentication import ANYONE, allow
from ...http.fields import Adcode, OneOf, Text
from ...http.paging import Page, PageQuery, cut, position_of
from ...http.paging import page as page_of_rows
from ..page import page, pages, read_query

BOARD, RED_LIST = "board", "red"
API = {BOARD: "/api/v1/credit/board", RED_LIST: "/api/v1/credit/red-list"}
LONGEST_SEARCH = 50


class BoardPageQuery(PageQuery):
    """What the page is asked for, by the names of the API; `list` chooses the board."""

    list = fields.String(load_default=BOARD, validate=OneOf(tuple(API)))
    q = Text(LONGEST_SEARCH, load_default=None)
    region = Adcode(load_default=None)


QUERY = BoardPageQuery()


@pages.get("/board")
@allow(*ANYONE)
def show_board() -> Response:
    """A page of one of the boards; a search that cannot be read finds nothing, and says why."""
    query, errors = read_query(QUERY)
    rows = _rows(query) if not errors else {"items": [], "next": None}
    asked = {name: query[name] for name in ("q", "region") if query[name] is not None}
    return page(
        "board.html",
        422 if errors else 200,
        query=query,
        errors=errors,
        asked={"list": query["list"], **asked},
        items=rows["items"],
        next=rows["next"],
        most=LONGEST_SEARCH,
        api=API[query["list"]] + (f"?{urlencode(asked)}" if asked else ""),
    )


def _rows(query: dict[str, Any]) -> Page:
    if query["list"] == RED_LIST:
        return page_of_rows(query, partial(boards.search_honoured, query), present=boards.present_honoured)
    publication = boards.Publication.of_today()
    found = boards.search_board(publication, query, position_of(query, (int, UUID)))
    return cut(query, found, boards.board_position, partial(boards.present_board, publication))
