"""Checklists, the policy of inspections, inspections with their answers; their report as a document.

Revision ID: 0060
Revises: 0059b
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0060"
down_revision = "0059b"
branch_labels = None
depends_on = None

SINCE = date(2026, 1, 1)
SOURCE_OF = {
    "hazardous_generator": "our own wording of 20 items; the standard assessment has 30 items of 2 points and three vetoes",
    "general_generator": "our own choice, after the parts that Beijing E-Town assesses: system, reduction, storage, transfer",
    "recycler": "our own choice, after the parts that Beijing E-Town assesses: management, transport, storage",
    "transporter": "our own choice",
}
POLICY_SOURCE = (
    "pass from 85 %, basic from 67.5 %: 34 and 27 of 40 points, near the 50 and 40 of 60 of the standard assessment;"
    " working days, months by grade and the days of a self-report are our own choice"
)
ITEMS = (
    ("hazardous_generator", "M1", "管理体系", "Management", "排污许可证、环评及验收登记的危险废物种类和数量与实际相符", "Permit, impact statement and acceptance cover the kinds and amounts of hazardous waste that really arise", True, "site.defect", "eco-code-534"),
    ("hazardous_generator", "M2", "管理体系", "Management", "危险废物污染环境防治责任制度已建立并上墙公示，责任人明确", "The system of responsibility is set up and posted, and names who is responsible", False, "site.defect", None),
    ("hazardous_generator", "M3", "管理体系", "Management", "危险废物管理计划已备案，内容真实", "The management plan is filed and true", False, "site.defect", "eco-code-532"),
    ("hazardous_generator", "M4", "管理体系", "Management", "台账记录到每个容器，随机三件可追溯至产生环节和去向", "The ledger goes down to the container; three of them are traced to their source and out", False, "site.defect", "eco-code-532"),
    ("hazardous_generator", "M5", "管理体系", "Management", "按期申报，产生、贮存、转移数量平衡", "Declarations are in time, and their balance closes", False, "site.defect", "eco-code-532"),
    ("hazardous_generator", "L1", "标志标签", "Labels", "每个容器和包装物均有危险废物标签，信息完整", "Every container and package has a complete label", False, "site.label", "eco-code-531"),
    ("hazardous_generator", "L2", "标志标签", "Labels", "数字识别码可以扫描，且与台账一致", "Digital ids scan and equal the ledger", False, "site.label", "hj-1276-2022"),
    ("hazardous_generator", "L3", "标志标签", "Labels", "贮存分区标志齐全", "Signs of the zones are complete", False, "site.label", "hj-1276-2022"),
    ("hazardous_generator", "L4", "标志标签", "Labels", "贮存、利用、处置设施标志齐全", "Signs of the facilities are complete", False, "site.label", "hj-1276-2022"),
    ("hazardous_generator", "L5", "标志标签", "Labels", "标签与最近两次转移联单一致", "Labels equal the manifests of the last two loads", False, "site.label", "transfer-measures-2021"),
    ("hazardous_generator", "S1", "贮存", "Storage", "不相容的危险废物分开贮存，未混合", "Incompatible wastes are kept apart and not mixed", True, "site.incompatible_mixed", "eco-code-535"),
    ("hazardous_generator", "S2", "贮存", "Storage", "贮存场所有顶棚，无露天堆放", "Storage has a roof; nothing lies in the open", False, "site.defect", "gb-18597-2023"),
    ("hazardous_generator", "S3", "贮存", "Storage", "地面防渗，设有围堰或泄漏收集设施", "The floor is tight and has a bund or a collection of leaks", False, "site.defect", "gb-18597-2023"),
    ("hazardous_generator", "S4", "贮存", "Storage", "容器完好、加盖，液体留有足够空间", "Containers are whole and closed, with head space above liquids", False, "site.defect", "gb-18597-2023"),
    ("hazardous_generator", "S5", "贮存", "Storage", "贮存量在设计能力以内（贮存点不超过 3 吨），最早入库时间可查", "The amount is within capacity (a storage point holds at most 3 t), and the oldest item is dated", False, "site.defect", "gb-18597-2023"),
    ("hazardous_generator", "F1", "转移与应急", "Transfer and emergency", "应急预案已备案，并按期演练", "The emergency plan is filed and drilled", False, "site.defect", "eco-code-539"),
    ("hazardous_generator", "F2", "转移与应急", "Transfer and emergency", "应急物资齐全，取用方便", "Emergency gear is complete and in reach", False, "site.defect", "gb-18597-2023"),
    ("hazardous_generator", "F3", "转移与应急", "Transfer and emergency", "从业人员培训有记录", "Training of the staff is on record", False, "site.defect", None),
    ("hazardous_generator", "F4", "转移与应急", "Transfer and emergency", "重点环节配备电子地磅、标签打印和视频监控", "Key units have a scale, labels and video", False, "site.defect", "gb-18597-2023"),
    ("hazardous_generator", "F5", "转移与应急", "Transfer and emergency", "只转移给经核实、有相应许可的接收单位", "Transfers go only to receivers that were verified and are licensed", True, "site.defect", "eco-code-534"),
    ("general_generator", "A1", "管理体系", "Management", "工业固体废物管理制度已建立，责任人明确", "The management of industrial waste is set up, and somebody is responsible", False, "site.defect", "eco-code-489"),
    ("general_generator", "A2", "管理体系", "Management", "废物种类、代码和属性判定准确，未将危险废物混为一般固体废物", "Kinds, codes and properties are right; no hazardous waste passes as general waste", True, "site.incompatible_mixed", "eco-code-529"),
    ("general_generator", "A3", "管理体系", "Management", "管理台账完整，全过程可追溯", "The ledger is complete and traceable throughout", False, "site.defect", "eco-code-489"),
    ("general_generator", "B1", "减量化", "Reduction", "有减少产生量的措施和目标", "There are measures and a goal to generate less", False, "site.defect", None),
    ("general_generator", "B2", "减量化", "Reduction", "能够利用的废物优先利用", "What can be used is used first", False, "site.defect", "eco-code-473"),
    ("general_generator", "B3", "减量化", "Reduction", "分类收集，未混入生活垃圾", "It is collected by kind and apart from household waste", False, "site.defect", "eco-code-493"),
    ("general_generator", "C1", "贮存", "Storage", "贮存场所防扬散、防流失、防渗漏", "Storage keeps waste from being blown, washed or leaking away", False, "site.defect", "eco-code-475"),
    ("general_generator", "C2", "贮存", "Storage", "贮存场所标志齐全", "Storage has its signs", False, "site.label", None),
    ("general_generator", "C3", "贮存", "Storage", "贮存量未超过能力，无长期堆存", "The amount is within capacity, nothing lies for years", False, "site.defect", None),
    ("general_generator", "D1", "转移与去向", "Transfer", "受托方资格和能力已核实，合同约定污染防治要求", "Contractors were verified, and contracts have pollution clauses", False, "site.defect", "eco-code-490"),
    ("general_generator", "D2", "转移与去向", "Transfer", "每次转移有记录，数量与台账、合同一致", "Every load is on record and equals ledger and contract", False, "site.defect", "eco-code-489"),
    ("general_generator", "D3", "转移与去向", "Transfer", "无擅自倾倒、堆放、焚烧", "Nothing is dumped, piled up or burned", True, "site.defect", "eco-code-475"),
    ("recycler", "A1", "管理体系", "Management", "经营许可证或者备案在有效期内，接收种类和数量未超出", "The licence or registration is valid and covers the kinds and amounts taken", True, "site.defect", "eco-code-534"),
    ("recycler", "A2", "管理体系", "Management", "接收、利用、处置、产出台账完整，物料平衡", "The ledger of what is taken, used, disposed of and produced is complete and balances", False, "site.defect", "eco-code-532"),
    ("recycler", "A3", "管理体系", "Management", "入厂检测和批次记录齐全", "Incoming loads are tested and kept by batch", False, "site.defect", None),
    ("recycler", "A4", "管理体系", "Management", "产品和次生废物符合标准，去向可查", "Products and secondary waste meet their standards and can be traced", False, "site.defect", "eco-code-473"),
    ("recycler", "A5", "管理体系", "Management", "污染物排放达标，监测数据真实", "Emissions meet their limits, and monitoring is true", False, "site.defect", None),
    ("recycler", "B1", "运输与接收", "Transport", "承运单位、车辆和人员资质有效", "Carriers, vehicles and crews have valid papers", False, "site.defect", "eco-code-537"),
    ("recycler", "B2", "运输与接收", "Transport", "联单及时签收，差异已说明", "Manifests are received in time, and differences explained", False, "site.defect", "transfer-measures-2021"),
    ("recycler", "B3", "运输与接收", "Transport", "过磅、视频记录齐全", "Weighing and video are on record", False, "site.defect", None),
    ("recycler", "C1", "贮存", "Storage", "不相容的废物分开贮存", "Incompatible wastes are kept apart", True, "site.incompatible_mixed", "eco-code-535"),
    ("recycler", "C2", "贮存", "Storage", "贮存设施防雨、防渗，标志齐全", "Storage is roofed and tight and has its signs", False, "site.label", "gb-18597-2023"),
    ("recycler", "C3", "贮存", "Storage", "贮存期限不超过一年，延期已经批准", "Nothing is stored for more than a year without an approved extension", False, "site.defect", "eco-code-535"),
    ("recycler", "C4", "贮存", "Storage", "应急预案、物资和演练齐备", "Emergency plan, gear and drills are in order", False, "site.defect", "eco-code-539"),
    ("transporter", "A1", "资质与管理", "Papers", "道路运输经营许可有效，范围覆盖所运废物", "The transport permit is valid and covers what is carried", True, "site.defect", "eco-code-537"),
    ("transporter", "A2", "资质与管理", "Papers", "车辆证照、保险有效，与实际车辆一致", "Papers and insurance of the vehicles are valid and fit the vehicles", False, "site.defect", "eco-code-537"),
    ("transporter", "A3", "资质与管理", "Papers", "驾驶员、押运员资格有效，培训有记录", "Drivers and escorts are qualified, and trained on record", False, "site.defect", "eco-code-537"),
    ("transporter", "A4", "资质与管理", "Papers", "收集单位的收集范围未超出协作单位许可", "A collector stays within the licence that it collects under", False, "site.defect", "eco-code-534"),
    ("transporter", "B1", "运输过程", "On the road", "一车一单，联单与所载一致", "One manifest a trip, which equals the load", False, "site.defect", "transfer-measures-2021"),
    ("transporter", "B2", "运输过程", "On the road", "卫星定位在线，轨迹完整", "Satellite positioning is on, and tracks are complete", False, "site.defect", "transfer-measures-2021"),
    ("transporter", "B3", "运输过程", "On the road", "不相容的废物未同车混装，未与旅客、食品同载", "Incompatible wastes do not share a vehicle, nor do passengers or food", True, "site.incompatible_mixed", "eco-code-535"),
    ("transporter", "B4", "运输过程", "On the road", "包装完好、标志齐全，无抛洒滴漏", "Packages are whole and labelled; nothing is lost on the way", False, "site.label", "eco-code-475"),
    ("transporter", "C1", "停放与应急", "Parking and emergency", "停放、清洗场所符合要求，未擅自贮存", "Vehicles are parked and washed where they may be; nothing is stored without leave", False, "site.defect", "eco-code-533"),
    ("transporter", "C2", "停放与应急", "Parking and emergency", "随车应急物资齐全", "Emergency gear is on board", False, "site.defect", "eco-code-539"),
    ("transporter", "C3", "停放与应急", "Parking and emergency", "应急预案和演练齐备", "Emergency plan and drills are in order", False, "site.defect", "eco-code-539"),
    ("transporter", "C4", "停放与应急", "Parking and emergency", "运输记录保存完整", "Trips are kept on record", False, "site.defect", None),
)
"""Checklist, code, section (zh, en), text (zh, en), veto, credit rule that a finding suggests, legal basis."""

DOCUMENT_KINDS = ("contract", "settlement", "manifest")


def _document_kinds(*kinds):
    op.drop_constraint(op.f("ck_document_kind"), "document", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.create_check_constraint(op.f("ck_document_kind"), "document", f"kind IN ({listed})")


def upgrade() -> None:
    _document_kinds(*DOCUMENT_KINDS, "inspection")
    op.create_table(
        "inspection_item",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("checklist", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("section_zh", sa.String(), nullable=False),
        sa.Column("section_en", sa.String(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("text_zh", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("most_points", sa.SmallInteger(), nullable=False),
        sa.Column("veto", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("basis", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "checklist IN ('hazardous_generator', 'general_generator', 'recycler', 'transporter')",
            name=op.f("ck_inspection_item_checklist"),
        ),
        sa.CheckConstraint(
            "rule IN ('site.defect', 'site.label', 'site.incompatible_mixed')", name=op.f("ck_inspection_item_rule")
        ),
        sa.CheckConstraint("most_points = 2", name=op.f("ck_inspection_item_most_points")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_inspection_item_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_item")),
        sa.UniqueConstraint(
            "checklist", "code", "valid_from", name=op.f("uq_inspection_item_checklist_code_valid_from")
        ),
    )
    op.create_table(
        "inspection_policy",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("pass_per_mille", sa.SmallInteger(), nullable=False),
        sa.Column("basic_per_mille", sa.SmallInteger(), nullable=False),
        sa.Column("rectification_days", sa.SmallInteger(), nullable=False),
        sa.Column("self_report_days", sa.SmallInteger(), nullable=False),
        sa.Column("months", JSONB(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.CheckConstraint("basic_per_mille BETWEEN 1 AND pass_per_mille", name=op.f("ck_inspection_policy_basic")),
        sa.CheckConstraint("pass_per_mille <= 1000", name=op.f("ck_inspection_policy_pass")),
        sa.CheckConstraint("rectification_days > 0", name=op.f("ck_inspection_policy_rectification_days")),
        sa.CheckConstraint("self_report_days >= 0", name=op.f("ck_inspection_policy_self_report_days")),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_inspection_policy_validity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_policy")),
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("checklist", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("points", sa.SmallInteger(), nullable=True),
        sa.Column("most_points", sa.SmallInteger(), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("finished_by", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("was_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "checklist IN ('hazardous_generator', 'general_generator', 'recycler', 'transporter')",
            name=op.f("ck_inspection_checklist"),
        ),
        sa.CheckConstraint("kind IN ('self', 'district', 'city')", name=op.f("ck_inspection_kind")),
        sa.CheckConstraint("way IN ('site', 'video')", name=op.f("ck_inspection_way")),
        sa.CheckConstraint(
            "status IN ('open', 'rectifying', 'overdue', 'answered', 'closed', 'cancelled')",
            name=op.f("ck_inspection_status"),
        ),
        sa.CheckConstraint("result IN ('pass', 'basic', 'fail')", name=op.f("ck_inspection_result")),
        sa.CheckConstraint("points BETWEEN 0 AND most_points", name=op.f("ck_inspection_points")),
        sa.CheckConstraint(
            "(result IS NULL) = (status IN ('open', 'cancelled'))"
            " AND (result IS NULL) = (points IS NULL) AND (result IS NULL) = (finished_at IS NULL)",
            name=op.f("ck_inspection_finished_has_a_result"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('rectifying', 'overdue', 'answered') OR due_on IS NOT NULL",
            name=op.f("ck_inspection_order_has_a_day"),
        ),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_inspection_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sa.UniqueConstraint("no", name=op.f("uq_inspection_no")),
    )
    op.create_index("ix_inspection_enterprise", "inspection", ["enterprise_id", "id"], unique=False)
    op.create_index(
        "ix_inspection_open",
        "inspection",
        ["enterprise_id", "checklist", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_inspection_due",
        "inspection",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("status = 'rectifying'"),
    )
    op.create_table(
        "inspection_answer",
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.SmallInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("remedy", sa.String(), nullable=True),
        sa.Column("is_corrected", sa.Boolean(), nullable=True),
        sa.Column("recheck_note", sa.String(), nullable=True),
        sa.CheckConstraint(
            "rule IN ('site.defect', 'site.label', 'site.incompatible_mixed')",
            name=op.f("ck_inspection_answer_rule"),
        ),
        sa.CheckConstraint("points BETWEEN 0 AND 2", name=op.f("ck_inspection_answer_points")),
        sa.CheckConstraint("rule IS NULL OR points < 2", name=op.f("ck_inspection_answer_rule_of_a_finding")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_answer_inspection_id")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["inspection_item.id"], name=op.f("fk_inspection_answer_item_id")),
        sa.ForeignKeyConstraint(["event_id"], ["credit_event.id"], name=op.f("fk_inspection_answer_event_id")),
        sa.PrimaryKeyConstraint("inspection_id", "item_id", name=op.f("pk_inspection_answer")),
    )
    _insert_items()
    op.bulk_insert(
        sa.table(
            "inspection_policy",
            *map(sa.column, ("pass_per_mille", "basic_per_mille", "rectification_days", "self_report_days")),
            sa.column("months", JSONB()),
            *map(sa.column, ("source", "valid_from")),
        ),
        [
            {
                "pass_per_mille": 850,
                "basic_per_mille": 675,
                "rectification_days": 15,
                "self_report_days": 90,
                "months": {"A": 24, "B": 12, "C": 6, "D": 3, "E": 1},
                "source": POLICY_SOURCE,
                "valid_from": SINCE,
            }
        ],
    )


def _insert_items() -> None:
    names = (
        "checklist", "code", "section_zh", "section_en", "text_zh", "text_en", "veto", "rule", "basis",
        "position", "most_points", "source", "valid_from",
    )  # fmt: skip
    op.bulk_insert(
        sa.table("inspection_item", *map(sa.column, names)),
        [
            dict(zip(names, (*item, place, 2, SOURCE_OF[item[0]], SINCE), strict=True))
            for place, item in enumerate(ITEMS, start=1)
        ],
    )


def downgrade() -> None:
    for table in ("inspection_answer", "inspection", "inspection_policy", "inspection_item"):
        op.drop_table(table)
    op.execute("DELETE FROM document WHERE kind = 'inspection'")
    _document_kinds(*DOCUMENT_KINDS)
