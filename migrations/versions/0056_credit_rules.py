"""Credit rules say how grave an event is, for how many months it counts, who records it, if it is public.

A new version of the table has all rules of the design. What a deployment has changed in its own table stays:
codes and points of the version in force, and bases other than those of 0022.

No score changes today: events of before keep counting for 24 months, and only the merits among them count as
recorded by the platform, so that none of their deductions falls under the cap of what the platform records.

Revision ID: 0056
Revises: 0055
"""

import json
from typing import Any, NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

ADMIN, REGULATOR, SYSTEM = "admin", "regulator", "system"
LIGHT, GENERAL, SERIOUS = "light", "general", "serious"
MERIT = None
AXES = {
    "law": "law", "manifest": "manifests", "reporting": "reporting", "site": "site",
    "fulfilment": "fulfilment", "incident": "incidents",
}  # fmt: skip
CODE_IN_FORCE = "2026-08-15"
TRANSFER, CODE = "transfer-measures-2021", "eco-code-{}".format
DECISION = "处罚决定书 / penalty decision"
NO_PENALTY = "不予行政处罚决定书 / decision not to punish"
JUDGMENT = "生效刑事判决 / final criminal judgment"
FINDING = "调查认定文书 / finding of the authority"
INSPECTION = "现场检查记录 / record of an inspection"
OWN_RECORD = "平台记录 / record of the platform"
RECEIPT = "国家系统回执或导入数据，否则为平台记录 / national receipt or feed, else record of the platform"
SAMPLE = "接收单位抽样检测 / sample of the receiver"


class Rule(NamedTuple):
    """A rule of the default table; without a basis it is the platform's own."""

    code: str
    points: float
    severity: str | None
    months: int
    recorded_by: str
    evidence: str
    basis: str | None
    title: str
    title_zh: str
    most_per_year: float | None = None
    blocks: bool = False
    public: bool = True
    valid_from: str | None = None

    def as_stored(self) -> dict[str, Any]:
        """The rule as the table keeps it; only what an authority has found may be published."""
        return {
            **self._asdict(),
            "axis": AXES[self.code.partition(".")[0]],
            "public": self.public and self.recorded_by == REGULATOR,
            "valid_until": None,
            "repeatable": None,
            "enabled": True,
        }


RULES = (
    Rule("law.penalty_minor", -6, LIGHT, 12, REGULATOR, DECISION, CODE(1056),
         "Minor administrative penalty", "一般行政处罚"),
    Rule("law.penalty_general", -10, GENERAL, 18, REGULATOR, DECISION, CODE(1175),
         "Administrative penalty", "普通程序行政处罚"),
    Rule("law.penalty_major", -15, GENERAL, 24, REGULATOR, DECISION, CODE(1175),
         "Major administrative penalty (fine from CNY 200,000, or refusal to correct)",
         "重大行政处罚（罚款二十万元以上或拒不改正）"),
    Rule("law.penalty_severe", -30, SERIOUS, 24, REGULATOR, DECISION, CODE(1178),
         "Licence revoked or closure ordered", "吊销许可证或责令关闭"),
    Rule("law.illegal_dumping", -60, SERIOUS, 24, REGULATOR, DECISION, CODE(475),
         "Illegal dumping", "非法倾倒", blocks=True),
    Rule("law.unlicensed_handover", -40, SERIOUS, 24, REGULATOR, DECISION, CODE(534),
         "Hazardous waste handed to the unlicensed", "将危险废物交由无许可证单位"),
    Rule("law.unapproved_transfer", -40, SERIOUS, 24, REGULATOR, DECISION, CODE(536),
         "Moved to another province without approval", "未经批准跨省转移"),
    Rule("law.no_advance_notice", -6, LIGHT, 12, REGULATOR, DECISION, CODE("476-2"),
         "Moved to another province without advance notice", "跨省利用未提前报送信息",
         valid_from=CODE_IN_FORCE),
    Rule("law.crime", -100, SERIOUS, 24, REGULATOR, JUDGMENT, None,
         "Environmental crime", "环境犯罪", blocks=True),
    Rule("law.obstruction", -20, GENERAL, 24, REGULATOR, DECISION, CODE(1229),
         "Inspection refused, obstructed or deceived", "拒绝、阻挠检查或弄虚作假"),
    Rule("law.minor_corrected", 0, LIGHT, 12, REGULATOR, NO_PENALTY, CODE(1056),
         "Minor breach, corrected in time, not punished", "轻微违法及时改正不予处罚", public=False),
    Rule("manifest.late_close", -2, LIGHT, 12, SYSTEM, OWN_RECORD, TRANSFER,
         "Manifest closed late", "联单逾期办结", most_per_year=10),
    Rule("manifest.not_run", -20, GENERAL, 24, REGULATOR, DECISION, CODE(536),
         "Hazardous waste moved without a manifest", "未运行转移联单"),
    Rule("manifest.forged", -60, SERIOUS, 24, REGULATOR, DECISION, CODE(536),
         "Forged manifest", "伪造联单", blocks=True),
    Rule("manifest.weight_unexplained", -4, LIGHT, 12, SYSTEM, OWN_RECORD, TRANSFER,
         "Difference of weight not explained", "重量差异未说明"),
    Rule("manifest.mismatch_unreported", -6, GENERAL, 12, REGULATOR, FINDING, TRANSFER,
         "Mismatch of a load not reported", "接收不符未报告"),
    Rule("manifest.wrong_receiver", -15, GENERAL, 24, REGULATOR, FINDING, TRANSFER,
         "Load handed to another than the named receiver", "交付非联单接收人"),
    Rule("manifest.track_missing", -2, LIGHT, 12, SYSTEM, OWN_RECORD, TRANSFER,
         "Track of a load missing", "运输轨迹缺失", most_per_year=6),
    Rule("manifest.outcome_not_told", -1, LIGHT, 12, SYSTEM, OWN_RECORD, TRANSFER,
         "Result of use or disposal not reported to the sender", "未告知利用处置结果", most_per_year=4),
    Rule("manifest.clean_year", 4, MERIT, 12, SYSTEM, OWN_RECORD, None,
         "A year of manifests, all in time", "全年联单按时办结"),
    Rule("reporting.late", -2, LIGHT, 12, SYSTEM, RECEIPT, "hj-1259-2022",
         "Report filed late", "申报逾期", most_per_year=12),
    Rule("reporting.missing", -5, GENERAL, 12, SYSTEM, RECEIPT, CODE(532),
         "Report not filed", "未申报"),
    Rule("reporting.plan_late", -4, LIGHT, 12, SYSTEM, RECEIPT, CODE(532),
         "Management plan filed late", "管理计划逾期备案"),
    Rule("reporting.untrue", -8, GENERAL, 24, REGULATOR, FINDING, CODE(532),
         "Report found untrue", "申报不实"),
    Rule("reporting.ledger_gap", -3, LIGHT, 12, SYSTEM, OWN_RECORD, "hj-1259-2022",
         "Gap in the ledger", "台账缺漏", most_per_year=9),
    Rule("reporting.full_year", 3, MERIT, 12, SYSTEM, OWN_RECORD, None,
         "A year of reports, in time and balanced", "全年按时申报且账实相符"),
    Rule("reporting.warning_unanswered", -3, LIGHT, 12, SYSTEM, OWN_RECORD, None,
         "Warning not answered", "预警未按时答复", most_per_year=9),
    Rule("site.defect", -4, LIGHT, 12, REGULATOR, INSPECTION, CODE(1175),
         "Defect found on site", "现场管理缺陷", most_per_year=16),
    Rule("site.label", -3, LIGHT, 12, REGULATOR, INSPECTION, CODE(531),
         "Label or sign missing or wrong", "标签标志缺失或不规范", most_per_year=9),
    Rule("site.incompatible_mixed", -15, GENERAL, 24, REGULATOR, INSPECTION, CODE(535),
         "Incompatible waste stored together", "不相容危险废物混存"),
    Rule("site.stored_over_year", -10, GENERAL, 24, SYSTEM, OWN_RECORD, CODE(535),
         "Stored over a year by an operator without an extension", "经营单位贮存超过一年且未获批延期"),
    Rule("site.over_capacity", -8, GENERAL, 12, SYSTEM, OWN_RECORD, "gb-18597-2023",
         "Stored over capacity", "超能力贮存"),
    Rule("site.rectification_late", -6, GENERAL, 12, SYSTEM, OWN_RECORD, None,
         "Rectification order not met in time", "逾期未整改"),
    Rule("site.assessed_fail", -20, GENERAL, 24, REGULATOR, "规范化评估结果 / standard assessment", None,
         "Standard assessment failed", "规范化环境管理评估不达标"),
    Rule("site.honour", 3, MERIT, 12, REGULATOR, "主管部门公布名单 / list of the authority", None,
         "Zero-waste or green factory", "无废工厂、绿色工厂", most_per_year=6),
    Rule("fulfilment.withdrawn_after_accept", -3, LIGHT, 12, SYSTEM, OWN_RECORD, None,
         "Withdrew after accepting", "接受后撤回"),
    Rule("fulfilment.cancelled_by_fault", -4, LIGHT, 12, SYSTEM, OWN_RECORD, None,
         "Deal cancelled by own fault", "因自身原因取消交易"),
    Rule("fulfilment.no_show", -3, LIGHT, 12, SYSTEM, OWN_RECORD, None,
         "Did not come for a load", "未按约提货"),
    Rule("fulfilment.not_as_described", -6, GENERAL, 12, ADMIN, SAMPLE, None,
         "Waste not as described", "货物与描述不符"),
    Rule("fulfilment.rated_low", -1, LIGHT, 12, SYSTEM, OWN_RECORD, None,
         "Rated low by trading partners", "交易评价偏低", most_per_year=4),
    Rule("fulfilment.completed", 0.5, MERIT, 24, SYSTEM, OWN_RECORD, None,
         "Deal completed", "完成交易", most_per_year=10),
    Rule("incident.complaint", -3, LIGHT, 12, REGULATOR, FINDING, CODE(54),
         "Complaint upheld", "投诉属实"),
    Rule("incident.accident", -12, GENERAL, 24, REGULATOR, FINDING, CODE(1236),
         "Accident with waste", "固废污染事故"),
    Rule("incident.accident_major", -40, SERIOUS, 24, REGULATOR, FINDING, CODE(1236),
         "Major accident with waste", "重大固废污染事故", blocks=True),
    Rule("incident.spill_in_transport", -10, GENERAL, 24, REGULATOR, FINDING, CODE(537),
         "Spill in transport", "运输途中泄漏遗撒"),
    Rule("incident.unreported", -20, SERIOUS, 24, REGULATOR, FINDING, CODE(1237),
         "Accident not reported", "事故未报告"),
    Rule("incident.emission_exceeded", -6, GENERAL, 12, REGULATOR, "监测数据 / monitoring data", None,
         "Emission limit exceeded", "污染物超标排放"),
)  # fmt: skip
BASES_OF_0022 = {
    "law.penalty_minor": "eco-code-54",
    "law.penalty_major": "eco-code-54",
    "reporting.late": "eco-code-532",
    "site.defect": "eco-code-533",
    "incident.accident": "eco-code-540",
}
"""What 0022 gave rules as their basis and this version says more exactly."""
OURS = ("receive", 6), ("close", 6), ("explain", 4), ("outcome", 90)
"""Steps of a manifest, and after how many days a late one counts: the first working day after the term."""
BEFORE = {"receive": 10, "close": 10, "explain": 10, "outcome": None}
OLD_RECORD = "status = 'recorded'"
ON_RECORD = "status IN ('recorded', 'repaired')"
COLUMNS = (
    ("severity", sa.String(), None),
    ("months", sa.SmallInteger(), "24"),
    ("recorded_as", sa.String(), "'admin'"),
    ("is_public", sa.Boolean(), "false"),
    ("is_self_reported", sa.Boolean(), "false"),
    ("cause", sa.String(), None),
)
"""Name, type, and what the rows of before have; None: nothing, and that is allowed."""
CHECKS = (
    ("severity", "severity IN ('light', 'general', 'serious')"),
    ("recorded_as", "recorded_as IN ('admin', 'regulator', 'system')"),
    ("months", "months > 0"),
)


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        filled = {} if default is None else {"server_default": sa.text(default)}
        op.add_column("credit_event", sa.Column(name, kind, nullable=default is None, **filled))
    for name, condition in CHECKS:
        op.create_check_constraint(op.f(f"ck_credit_event_{name}"), "credit_event", condition)
    _replace_status("status IN ('recorded', 'withdrawn', 'compensation', 'repaired')")
    _index(ON_RECORD)
    version, rules = _rules_in_force()
    _publish(version + 1, _merged(rules))
    _describe_old_events()
    for step, days in OURS:
        _set_deadline(step, BEFORE[step], days)


def _index(condition: str) -> None:
    """What may stand on record once; a repaired entry is not entered again."""
    for name in ("ix_credit_event_document", "ix_credit_event_rule_and_day"):
        op.execute(f"DROP INDEX IF EXISTS {name}")
    op.create_index(
        "ix_credit_event_document", "credit_event", ["document_key"], unique=True,
        postgresql_where=sa.text(condition),
    )  # fmt: skip
    op.create_index(
        "ix_credit_event_rule_and_day", "credit_event", ["enterprise_id", "rule", "effective_on"],
        unique=True,
        postgresql_where=sa.text(f"{condition} AND document_key IS NULL AND NOT is_repeatable"),
    )  # fmt: skip


def _replace_status(condition: str) -> None:
    op.drop_constraint(op.f("ck_credit_event_status"), "credit_event")
    op.create_check_constraint(op.f("ck_credit_event_status"), "credit_event", condition)


def _rules_in_force() -> tuple[int, list[dict[str, Any]]]:
    query = "SELECT version, rules FROM credit_rule_table ORDER BY version DESC LIMIT 1"
    row = op.get_bind().execute(sa.text(query)).one()
    return row.version, row.rules


def _merged(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules of the design, with what the table in force says of its own; its other rules behind them."""
    own = {rule["code"]: rule for rule in rules}
    merged = []
    for rule in RULES:
        new, said = rule.as_stored(), own.pop(rule.code, {})
        if said.get("basis") in (None, BASES_OF_0022.get(rule.code)):
            said = {name: value for name, value in said.items() if name != "basis"}
        told = {name: value for name, value in said.items() if value is not None}
        merged.append({**new, **told})
    return merged + list(own.values())


def _publish(version: int, rules: list[dict[str, Any]]) -> None:
    op.get_bind().execute(
        sa.text(
            "INSERT INTO credit_rule_table (version, rules, created_at)"
            " VALUES (:version, CAST(:rules AS jsonb), now())"
        ),
        {"version": version, "rules": json.dumps(rules, ensure_ascii=False)},
    )


def _describe_old_events() -> None:
    """Old deductions are as grave and as public as their rule is now, those of other rules by points."""
    op.get_bind().execute(
        sa.text("""
            UPDATE credit_event SET
                is_public = coalesce(rule.public, false),
                severity = CASE
                    WHEN rule.code IS NOT NULL THEN rule.severity
                    WHEN old.points_milli > 0 AND old.status <> 'compensation' THEN NULL
                    WHEN abs(old.points_milli) <= 6000 THEN 'light'
                    WHEN abs(old.points_milli) <= 20000 THEN 'general' ELSE 'serious' END,
                recorded_as = CASE
                    WHEN old.rule = 'fulfilment.completed' AND old.points_milli > 0 THEN 'system'
                    ELSE 'admin' END
            FROM credit_event AS old
            LEFT JOIN jsonb_to_recordset(CAST(:rules AS jsonb))
                AS rule(code text, severity text, public boolean) ON rule.code = old.rule
            WHERE old.id = credit_event.id
        """),
        {"rules": json.dumps([rule.as_stored() for rule in RULES])},
    )


def _set_deadline(step: str, before: int | None, after: int | None) -> None:
    """Change our own choice, where nobody has changed it."""
    op.get_bind().execute(
        sa.text(
            "UPDATE manifest_deadline SET recorded_days = :after"
            " WHERE step = :step AND recorded_days IS NOT DISTINCT FROM CAST(:before AS smallint)"
            " AND (CAST(:after AS smallint) IS NULL OR escalated_days < CAST(:after AS smallint))"
        ),
        {"step": step, "before": before, "after": after},
    )


def downgrade() -> None:
    """Repaired entries count again, since nothing else tells them apart. The new version goes, unless events
    refer to it: then its rules stay, without the terms that nobody reads."""
    for step, days in OURS:
        _set_deadline(step, days, BEFORE[step])
    op.execute("UPDATE credit_event SET status = 'recorded' WHERE status = 'repaired'")
    op.execute(
        "DELETE FROM credit_rule_table AS latest WHERE version = (SELECT max(version) FROM credit_rule_table)"
        " AND version > 1 AND created_by IS NULL"
        " AND NOT EXISTS (SELECT FROM credit_event WHERE rule_version = latest.version)"
    )
    op.execute(
        "UPDATE credit_rule_table SET rules = (SELECT jsonb_agg(rule - 'severity' - 'months' - 'recorded_by'"
        " - 'evidence' - 'public' - 'enabled' ORDER BY place)"
        " FROM jsonb_array_elements(rules) WITH ORDINALITY AS r(rule, place))"
    )
    _index(OLD_RECORD)
    _replace_status("status IN ('recorded', 'withdrawn', 'compensation')")
    for name, _ in reversed(CHECKS):
        op.drop_constraint(op.f(f"ck_credit_event_{name}"), "credit_event")
    for name, _, _ in reversed(COLUMNS):
        op.drop_column("credit_event", name)
