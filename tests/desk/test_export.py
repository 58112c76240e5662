"""The workbook: the same items in the same order, and no formula."""

import io

import openpyxl


def rows(response):
    assert response.status_code == 200, response.get_data()
    sheet = openpyxl.load_workbook(io.BytesIO(response.get_data())).active
    head, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_the_workbook_has_the_items_of_the_queue(desk):
    desk.make_all()
    desk.assign("appeal", desk.ids(kind="appeal")[0][1], "me")
    for query in ({}, {"sort": "due"}, {"kind": "appeal,registration"}, {"assigned": "me"}):
        items = desk.items(**query)
        lines = rows(desk.admin.get("/desk/export", **query))
        assert [line["Id"] for line in lines] == [item["id"] for item in items]
        assert [line["What is to be done"] for line in lines] == [item["title"] for item in items]
        assert [line["Due on"] for line in lines] == [item["due"] for item in items]
        names = [item["enterprise"] and item["enterprise"]["name"] for item in items]
        assert [line["Enterprise"] for line in lines] == names
    assert rows(desk.stranger.get("/desk/export")) == []
    assert rows(desk.admin.get("/desk/export", assigned="me"))[0]["Assigned to"] == "the admin"


def test_no_cell_runs_as_a_formula(desk):
    names = ["=1+1有限公司", "+8613800000000厂", "@总和厂", "-减厂"]
    for name in names:
        desk.make("registration", name=name)
    lines = rows(desk.admin.get("/desk/export"))
    assert sorted(line["Enterprise"] for line in lines) == sorted(f"'{name}" for name in names)


def test_who_may_not_see_so_many_is_told_to_ask_for_fewer(desk, monkeypatch):
    monkeypatch.setattr("marketplace.desk.service.export.MOST_ROWS", 2)
    for _ in range(3):
        desk.make("registration")
    refused = desk.admin.get("/desk/export")
    assert (refused.status_code, refused.json["code"]) == (422, "desk_too_long")
    assert len(rows(desk.admin.get("/desk/export", kind="appeal"))) == 0
