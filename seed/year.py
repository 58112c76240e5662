"""A year of credit in the demo city: decisions with appeals and repairs, inspections, feeds of other systems.

Days are offsets from `City.today`. What counts is about enterprises with a clean record and an evaluation:
each loses so little that it keeps grade A, and so the grades of the city are those that it was built with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from seed.city import City, DemoEnterprise, credit_grade
from seed.history import STAND_INS
from seed.identities import demo_uscc

AUTHORITY = "绍兴市生态环境局（演示）"
AT_HOME = 3306
"""Prefecture of the regulator that checks on site."""
STRANGER = demo_uscc(330604, 90001)
"""A USCC that nobody in the city has."""


@dataclass(frozen=True)
class DemoDecision:
    """An entry in the record of an enterprise, and the day of the decision; `number` numbers its document.

    Events of rules of fulfilment are recorded by the platform, all others by an officer.
    """

    enterprise_key: str
    rule: str
    note: str
    day: int
    number: int

    @property
    def is_by_platform(self) -> bool:
        return self.rule.startswith("fulfilment.")


@dataclass(frozen=True)
class DemoAppeal:
    """An appeal against a decision; `end` is open, withdrawn, upheld or overturned."""

    decision: DemoDecision
    day: int
    reason: str
    end: str
    end_day: int
    answer: str


@dataclass(frozen=True)
class DemoRepair:
    """A request to repair a decision; `end` is open, checked, granted or refused."""

    decision: DemoDecision
    day: int
    promise: str
    end: str
    end_day: int
    answer: str


@dataclass(frozen=True)
class DemoFinding:
    """An item of a checklist that is not fully met, its credit rule if one is recorded, and its remedy."""

    item: str
    points: int
    note: str
    rule: str | None
    remedy: str


@dataclass(frozen=True)
class DemoInspection:
    """A check; `end` is open, ordered, overdue, answered or closed."""

    enterprise_key: str
    checklist: str
    kind: str
    way: str
    day: int
    findings: tuple[DemoFinding, ...]
    end: str


@dataclass(frozen=True)
class DemoFeedRow:
    """A row of a feed as the other system wrote it; `day` is an offset, or what it wrote instead of a day."""

    reference: str
    uscc: str
    rule: str
    day: int | str
    note: str


@dataclass(frozen=True)
class DemoFeed:
    source: str
    day: int
    rows: tuple[DemoFeedRow, ...]


@dataclass(frozen=True)
class DemoYear:
    appeals: tuple[DemoAppeal, ...] = ()
    repairs: tuple[DemoRepair, ...] = ()
    inspections: tuple[DemoInspection, ...] = ()
    feeds: tuple[DemoFeed, ...] = ()


MINOR, COMPLAINT, FAULT = "law.penalty_minor", "incident.complaint", "fulfilment.cancelled_by_fault"
EMISSION, HONOUR = "incident.emission_exceeded", "site.honour"

APPEALS = (
    (MINOR, "危险废物识别标志设置不规范", -322, -316, "overturned", -301,
     "决定书的当事人是同园区另一企业，地址和法定代表人均不是本企业。",
     "经核对决定书，当事人为同园区另一企业，原记录对象有误。"),
    (FAULT, "因本企业原因取消成交", -287, -280, "upheld", -266,
     "停产检修已提前口头告知接收单位。", "合同约定变更须书面通知，平台无书面记录，维持原记录。"),
    (COMPLAINT, "群众反映厂界异味，经核实属实", -241, -233, "overturned", -219,
     "异味来自相邻河道清淤，附街道出具的说明。", "街道说明和监测数据均指向相邻河道清淤，撤销原记录。"),
    (MINOR, "一般工业固体废物台账记录不完整", -198, -190, "upheld", -176,
     "缺少的两页台账已补齐。", "补齐不影响违法行为成立，可在整改后申请信用修复。"),
    (MINOR, "未按规定公开危险废物信息", -146, -141, "withdrawn", -137,
     "公开内容在集团网站可以查到。", ""),
    (COMPLAINT, "运输车辆出厂遗撒，经核实属实", -103, -97, "overturned", -82,
     "遗撒车辆不属于本企业，附门岗记录和视频截图。", "门岗记录与视频一致，涉事车辆属其他企业，撤销原记录。"),
    (MINOR, "危险废物贮存间门锁损坏", -64, -57, "upheld", -43,
     "门锁当日已更换。", "检查时门锁损坏属实，维持原记录，可申请信用修复。"),
    (COMPLAINT, "夜间装卸噪声扰民，经核实属实", -16, -9, "open", 0,
     "当晚无装卸作业，附地磅记录。", ""),
    (MINOR, "转移台账与联单数量不一致", -13, -5, "open", 0,
     "差异为含水率变化所致，已在联单中说明。", ""),
    (FAULT, "因本企业原因取消成交", -9, -2, "open", 0,
     "取消系主管部门临时停运通知所致，附通知。", ""),
)  # fmt: skip
"""Rule, what was found, day of the decision, day of the appeal, end and its day, reason, answer."""
REPAIRS = (
    (MINOR, "危险废物标签填写不全", -150, -108, "granted", -97,
     "标签已全部更换，并指定专人每周检查。", "核查属实，准予修复。"),
    (MINOR, "未按时更新应急物资清单", -121, -74, "granted", -62,
     "清单已更新，每季度复核一次。", "核查属实，准予修复。"),
    (MINOR, "雨水沟有少量废渣", -95, -55, "refused", -44,
     "雨水沟已清理。", "复查时仍有积渣，整改到位后可再次申请。"),
    (MINOR, "贮存间地面裂缝未及时修补", -70, -11, "checked", -6,
     "地面已重新防渗处理，附施工和检测记录。", "裂缝已修补，防渗检测合格。"),
    (MINOR, "废物分类标识脱落", -47, -4, "open", 0,
     "标识已补齐，并列入每日巡查。", ""),
)  # fmt: skip
"""Rule, what was found, day of the decision, day of the request, end and its day, promise, answer."""

_LABEL = DemoFinding("L1", 1, "两只吨桶标签缺产生日期", "site.label", "已按台账补填并逐桶复核")
_ZONE = DemoFinding("L3", 1, "贮存分区标志褪色", None, "已更换为反光标志")
_BUND = DemoFinding("S3", 1, "围堰内有少量积水", None, "已抽排，并加装雨棚挡板")
_DRILL = DemoFinding("F1", 1, "上年度演练缺总结", None, "已补总结，并列入年度计划")
_LIDS = DemoFinding("S4", 1, "一只废液桶未加盖", "site.defect", "已加盖，并对班组重新培训")
_TRAINING = DemoFinding("F3", 1, "两名新员工无培训记录", None, "已完成培训并考核")
_BATCH = DemoFinding("A3", 1, "一批来料缺入厂检测记录", None, "已补检，并在接收流程中设为必填")
_VIDEO = DemoFinding("B3", 1, "地磅视频只保存 60 天", None, "已扩容至 180 天")
_TRACK = DemoFinding("B2", 1, "一辆车定位离线两天", None, "终端已更换，并设离线提醒")
_GEAR = DemoFinding("C2", 1, "随车吸附棉不足", None, "已按清单补足")
_MIXED = DemoFinding("S1", 0, "酸性废液与碱性废液同区堆放", None, "已分区存放并加设隔墙")
_UNTRACED = DemoFinding("M4", 0, "三桶废液台账无去向记录", None, "已补录并逐桶核对")

INSPECTIONS = (
    ("hazardous_generator", "self", "site", -322, (_ZONE,), "closed"),
    ("hazardous_generator", "district", "site", -312, (_LABEL, _BUND), "closed"),
    ("recycler", "self", "site", -296, (), "closed"),
    ("transporter", "self", "site", -270, (_GEAR,), "closed"),
    ("hazardous_generator", "city", "site", -244, (), "closed"),
    ("recycler", "district", "site", -215, (_BATCH,), "closed"),
    ("hazardous_generator", "self", "site", -187, (_DRILL, _TRAINING), "closed"),
    ("transporter", "district", "site", -159, (_TRACK,), "closed"),
    ("hazardous_generator", "district", "video", -131, (), "closed"),
    ("recycler", "city", "site", -104, (_VIDEO,), "closed"),
    ("hazardous_generator", "city", "site", -76, (_LIDS,), "closed"),
    ("transporter", "self", "video", -52, (), "closed"),
    ("recycler", "self", "site", -33, (_BATCH,), "closed"),
    ("hazardous_generator", "district", "site", -8, (_BUND, _TRAINING), "answered"),
    ("hazardous_generator", "city", "video", -3, (_ZONE, _DRILL), "ordered"),
    ("recycler", "district", "site", -1, (), "open"),
    ("hazardous_generator", "self", "site", -61, (_MIXED,), "closed"),
    ("hazardous_generator", "district", "site", -49, (_BUND, _DRILL), "overdue"),
    ("hazardous_generator", "city", "video", -44, (_ZONE,), "overdue"),
    ("hazardous_generator", "district", "site", -41, (_MIXED, _UNTRACED), "overdue"),
)
"""Checklist, kind, way, day, findings, end; each of another enterprise."""
_FAILING = 0
"""Points of an item that fail the whole: each of those found so is a veto, or is found with one."""


def year_of(rng: Random, city: City) -> DemoYear:
    """The year of a city; the same for the same city and chance."""
    local = [one for one in city.enterprises if one.region // 100 == AT_HOME and one.key not in STAND_INS]
    rng.shuffle(local)
    hazardous = {listing.enterprise_key for listing in city.listings if listing.scheme == "cn-hw"}
    large = [one for one in local if one.key in hazardous and _is_large_generator(one)]
    clean = iter([one for one in large if one.established and not one.credit_events])
    others = iter([one for one in large if one.credit_events and credit_grade(one) == "A"])
    appeals, repairs = tuple(_appeals(clean)), tuple(_repairs(clean))
    return DemoYear(appeals, repairs, tuple(_inspections(local, clean, others)), _feeds(clean, others))


def _is_large_generator(enterprise: DemoEnterprise) -> bool:
    return enterprise.roles == ("generator",) and not enterprise.small_generator


def _appeals(enterprises: Iterator[DemoEnterprise]) -> Iterator[DemoAppeal]:
    for number, (rule, note, day, appeal_day, end, end_day, reason, answer) in enumerate(APPEALS, 1):
        decision = DemoDecision(next(enterprises).key, rule, note, day, number)
        yield DemoAppeal(decision, appeal_day, reason, end, end_day, answer)


def _repairs(enterprises: Iterator[DemoEnterprise]) -> Iterator[DemoRepair]:
    for number, (rule, note, day, ask_day, end, end_day, promise, answer) in enumerate(REPAIRS, 101):
        decision = DemoDecision(next(enterprises).key, rule, note, day, number)
        yield DemoRepair(decision, ask_day, promise, end, end_day, answer)


def _inspections(
    local: Sequence[DemoEnterprise], clean: Iterator[DemoEnterprise], others: Iterator[DemoEnterprise]
) -> Iterator[DemoInspection]:
    """What costs points is about generators with a clean record, but for an officer's check that is failed.

    That costs so much that it is about an enterprise of grade E, which keeps it; all others change no score.
    """
    worst = iter([one for one in local if one.roles == ("generator",) and credit_grade(one) == "E"])
    subjects = {
        "hazardous_generator": others,
        "recycler": iter([one for one in local if one.roles == ("recycler",)]),
        "transporter": iter([one for one in local if one.roles == ("transporter",)]),
    }
    for checklist, kind, way, day, findings, end in INSPECTIONS:
        is_failed = any(finding.points == _FAILING for finding in findings) and kind != "self"
        is_recorded = any(finding.rule for finding in findings) or end == "overdue"
        subject = next(worst if is_failed else clean if is_recorded else subjects[checklist])
        yield DemoInspection(subject.key, checklist, kind, way, day, findings, end)


def _feeds(clean: Iterator[DemoEnterprise], others: Iterator[DemoEnterprise]) -> tuple[DemoFeed, ...]:
    """A list of honours with a code nobody has and a rule nobody knows, and a monthly list that repeats."""
    named = [*(next(others).uscc for _ in range(3)), STRANGER]
    honours = [
        DemoFeedRow(f"LSGC-{number:03}", uscc, HONOUR, -190, "绿色工厂名单")
        for number, uscc in enumerate(named, 1)
    ]
    honours.append(DemoFeedRow("LSGC-005", next(others).uscc, "site.honor", -190, "绿色工厂名单"))
    first, second = next(clean).uscc, next(clean).uscc
    known = DemoFeedRow("JC-0917-01", first, EMISSION, -38, "总排口化学需氧量日均值超标")
    mistyped = second[:-1] + ("1" if second[-1] != "1" else "2")
    monthly = (
        known,
        DemoFeedRow("JC-0917-02", second, EMISSION, -36, "厂界颗粒物小时均值超标"),
        DemoFeedRow("JC-0917-03", mistyped, EMISSION, -35, "总排口氨氮日均值超标"),
        DemoFeedRow("JC-0917-04", second, EMISSION, "待定", "厂界非甲烷总烃超标"),
        known,
        DemoFeedRow(known.reference, known.uscc, EMISSION, -34, known.note),
    )
    return (
        DemoFeed("绿色工厂名单（演示）", -182, tuple(honours)),
        DemoFeed("自动监测超标月报（演示）", -31, monthly),
    )
