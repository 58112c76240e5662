"""Honours for everybody to see, and all grades for members."""

from tests.boards.world import PERSON, anybody, listed, record, set_in_database


def test_the_red_list_names_who_has_an_honour_that_counts(marketplace):
    days = dict.fromkeys(("无废一厂", "两面厂", "待审厂"), "2026-06-05") | {"旧荣誉厂": "2025-12-01"}
    firms = {name: marketplace.enterprise("recycler", name=name) for name in days}
    honours = {
        name: record(marketplace, firms[name], "site.honour", effective_on=day) for name, day in days.items()
    }
    for _ in range(2):
        record(marketplace, firms["两面厂"])
    set_in_database(marketplace, "enterprise", "status = 'pending'", firms["待审厂"].id)

    (item,) = anybody(marketplace, "/credit/red-list").json["items"]
    assert (item["name"], item["uscc"]) == ("无废一厂", firms["无废一厂"].number)
    (honour,) = item["honours"]
    assert (honour["title"], honour["counts_until"]) == ("Zero-waste or green factory", "2027-06-05")
    answer = anybody(marketplace, "/credit/red-list")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["RateLimit-Policy"].startswith('"address"')
    assert "not the statutory credit record" in answer.json["notice"]
    chinese = marketplace.client.get("/api/v1/credit/red-list", headers={"Accept-Language": "zh-CN"})
    assert "不是主管部门依法记录的信用信息" in chinese.json["notice"]
    assert chinese.json["items"][0]["honours"][0]["title"] == "无废工厂、绿色工厂"
    for private in (PERSON, "13800000000", "@example.com", "0575", "现场", "120.58"):
        assert private not in answer.get_data(as_text=True)
    assert listed(marketplace, "/credit/red-list", q="荣誉") == []

    officer = marketplace.second_admin()
    withdrawn = officer.post(f"/credit/events/{honours['无废一厂']['id']}/withdraw", {"reason": "x"})
    assert withdrawn.status_code == 200
    assert listed(marketplace, "/credit/red-list") == []


def test_members_see_all_grades_and_the_end_of_evaluations_and_no_codes(marketplace):
    firms = [marketplace.enterprise("recycler", grade=grade, name=f"{grade} 厂") for grade in "DAB"]
    newcomer = marketplace.enterprise("generator", approved=False)
    items = firms[2].get("/credit/grades").json["items"]
    assert [(item["name"], item["grade"], item["score"], item["valid_until"]) for item in items] == [
        ("A 厂", "A", 100, "2028-12-01"), ("B 厂", "B", 80, None), ("D 厂", "D", 50, None),
    ]  # fmt: skip
    assert "score" not in newcomer.get("/credit/grades").json["items"][0]
    assert [item["grade"] for item in firms[0].get("/credit/grades", grade="D").json["items"]] == ["D"]
    assert firms[0].get("/credit/grades", q=firms[1].number[:12]).json["items"] == []
    first = firms[0].get("/credit/grades", limit=1).json
    assert firms[0].get("/credit/grades", limit=2, cursor=first["next"]).json["items"] == items[1:]
    assert marketplace.client.get("/api/v1/credit/grades").status_code == 401
