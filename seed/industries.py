"""Who makes what and who takes what around Shaoxing, as tables. The demo city is drawn from them.

Prices are CNY/t from the supplier's side: a range (low, high), or None where it is left to negotiation.
"""

from __future__ import annotations

from dataclasses import dataclass

from seed.city import Component

Range = tuple[float, float]


@dataclass(frozen=True)
class Park:
    """An industrial area: its district and a plausible middle, WGS-84 degrees.

    Its firms lie up to 0.03 times `spread` degrees east or west of it and 0.025 times north or south, all
    within the district.
    """

    place: str
    region: int
    lon: float
    lat: float
    spread: float = 1.0


@dataclass(frozen=True)
class Waste:
    """A waste that an industry has to offer; tonnes and price are ranges; carried as (form, packaging)."""

    code: str
    title: str
    tonnes: Range
    price: Range | None
    carried: tuple[str, str] = ("solid", "bulk")
    composition: tuple[Component, ...] = ()


@dataclass(frozen=True)
class Industry:
    """Generators of one trade: how many, where, and their wastes."""

    key: str
    trade: str
    count: int
    parks: tuple[str, ...]
    wastes: tuple[Waste, ...]
    small: bool = False

    @property
    def posts(self) -> tuple[int, int]:
        """How many of its wastes a firm of the trade has on offer, at least and at most."""
        least, most = (1, 2) if self.small else (2, 4)
        return min(least, len(self.wastes)), min(most, len(self.wastes))


@dataclass(frozen=True)
class Want:
    """What a receiver asks for: codes separated by `;`, an R or D operation, tonnes and price."""

    accepts: str
    title: str
    treatment: str
    tonnes: Range
    price: Range | None
    exemption_item: int | None = None
    requires: tuple[Component, ...] = ()


@dataclass(frozen=True)
class Trade:
    """Receivers of one trade. `licence`: the categories it is licensed for; empty, it needs none."""

    key: str
    trade: str
    count: int
    parks: tuple[str, ...]
    licence: str
    wants: tuple[Want, ...]


def scheme_of(code: str) -> str:
    """`cn-hw` for HWnn and NNN-NNN-NN, `cn-sw` for SWnn and NNN-NNN-SNN."""
    return "cn-sw" if code.startswith("SW") or "-S" in code else "cn-hw"


PARKS = {
    "paojiang": Park("越城袍江", 330602, 120.63, 30.06),
    "gaobu": Park("越城皋埠", 330602, 120.67, 30.00),
    "binhai": Park("柯桥滨海", 330603, 120.65, 30.17, spread=0.5),
    "qianqing": Park("柯桥钱清", 330603, 120.41, 30.10),
    "hangzhouwan": Park("上虞杭州湾", 330604, 120.89, 30.14),
    "caoe": Park("上虞曹娥", 330604, 120.86, 30.02),
    "diankou": Park("诸暨店口", 330681, 120.28, 29.89),
    "zhuji": Park("诸暨城西", 330681, 120.21, 29.72),
    "shengzhou": Park("嵊州", 330683, 120.80, 29.61),
    "xinchang": Park("新昌", 330624, 120.88, 29.50),
    "qiantang": Park("杭州钱塘", 330114, 120.50, 30.29),
    "xiaoshan": Park("杭州萧山", 330109, 120.32, 30.18),
    "fuyang": Park("杭州富阳", 330111, 119.97, 30.06),
    "zhenhai": Park("宁波镇海", 330211, 121.62, 29.98),
    "beilun": Park("宁波北仑", 330206, 121.83, 29.92),
    "yuyao": Park("余姚", 330281, 121.16, 30.06),
    "cixi": Park("慈溪", 330282, 121.25, 30.19),
    "haiyan": Park("海盐", 330424, 120.93, 30.53),
    "haining": Park("海宁", 330481, 120.69, 30.50),
    "pinghu": Park("平湖", 330482, 121.03, 30.66),
    "jindong": Park("金华金东", 330703, 119.72, 29.10),
    "yongkang": Park("永康", 330784, 120.04, 28.90),
    "jiaojiang": Park("台州椒江", 331002, 121.42, 28.68),
    "luqiao": Park("台州路桥", 331004, 121.36, 28.57),
    "jinshan": Park("上海金山", 310116, 121.32, 30.74),
    "fengxian": Park("上海奉贤", 310120, 121.46, 30.89),
    "wujiang": Park("苏州吴江", 320509, 120.64, 31.12),
    "changshu": Park("常熟", 320581, 120.78, 31.67),
}

_BAY = ("hangzhouwan", "hangzhouwan", "hangzhouwan", "paojiang")
_DYEING = ("binhai", "binhai", "binhai", "qianqing", "paojiang", "paojiang", "gaobu", "xiaoshan", "haining")
_METAL = ("diankou", "diankou", "shengzhou", "xinchang", "xinchang", "zhuji", "yuyao", "cixi", "yongkang")
_CITY = ("paojiang", "gaobu", "qianqing", "caoe", "zhuji", "shengzhou", "xinchang")
_NEAR = ("qiantang", "xiaoshan", "fuyang", "zhenhai", "beilun", "yuyao", "haiyan", "pinghu", "jindong")
_ACROSS = ("jinshan", "fengxian", "wujiang", "changshu")

_LIQUID, _DRUMS, _SLURRY = ("liquid", "tank"), ("liquid", "drum"), ("sludge", "tank")
_BAGS, _CRATES, _BALES, _SILO = ("solid", "bag"), ("solid", "box"), ("solid", "pallet"), ("powder", "tank")
_SLUDGE = ("sludge", "bulk")


def _pct(component: str, low: float | None, high: float | None) -> Component:
    return Component(component, low, high, "%")


INDUSTRIES = (
    Industry(
        "dyeing",
        "印染",
        70,
        _DYEING,
        (
            Waste(
                "SW07",
                "染整污泥 含水率60%",
                (200, 3000),
                (-260, -90),
                _SLUDGE,
                composition=(_pct("H2O", 55, 65),),
            ),
            Waste(
                "SW07",
                "印染污泥 含水率80%",
                (300, 5000),
                (-320, -150),
                _SLUDGE,
                composition=(_pct("H2O", 75, 82),),
            ),
            Waste(
                "900-351-35",
                "丝光废碱液",
                (60, 1500),
                (-220, 40),
                _LIQUID,
                composition=(_pct("NaOH", 4, 9),),
            ),
            Waste(
                "900-350-35",
                "煮炼废碱液",
                (40, 800),
                (-260, -40),
                _LIQUID,
                composition=(_pct("NaOH", 2, 6),),
            ),
            Waste("900-299-12", "过期失效染料", (1, 25), (-3200, -1600), _BAGS),
            Waste("900-255-12", "着色废颜料", (1, 20), (-3000, -1500), _BAGS),
            Waste("900-041-49", "沾染染料的废包装桶", (1, 30), (-2600, -900), _BAGS),
            Waste("SW14", "废布边角料", (20, 400), (150, 900), _BAGS),
        ),
    ),
    Industry(
        "dyechem",
        "染料化工",
        22,
        _BAY,
        (
            Waste(
                "900-349-34",
                "副产稀硫酸 30%",
                (200, 3000),
                (-280, -80),
                _LIQUID,
                composition=(_pct("H2SO4", 26, 34),),
            ),
            Waste(
                "900-349-34",
                "废硫酸 50%",
                (100, 2500),
                (-420, -120),
                _LIQUID,
                composition=(_pct("H2SO4", 45, 55),),
            ),
            Waste(
                "264-011-12",
                "染料中间体废盐",
                (50, 1800),
                (-2800, -1300),
                _BAGS,
                composition=(_pct("NaCl", 85, 95),),
            ),
            Waste("264-011-12", "染料生产废母液", (30, 600), (-2600, -1200), _LIQUID),
            Waste("264-012-12", "染料废水处理污泥", (50, 900), (-2400, -1100), _SLUDGE),
            Waste("900-013-11", "酯化精馏残渣", (20, 500), (-2600, -1100), _DRUMS),
            Waste("SW11", "中和副产石膏", (200, 4000), (-90, 10)),
            Waste("900-039-49", "脱色废活性炭", (10, 200), (-2600, -1000), _BAGS),
        ),
    ),
    Industry(
        "pharma",
        "医药化工",
        26,
        ("hangzhouwan", "xinchang", "xinchang", "caoe", "jiaojiang"),
        (
            Waste("271-001-02", "原料药蒸馏残余物", (10, 300), (-3000, -1600), _DRUMS),
            Waste("271-002-02", "合成废母液", (20, 600), (-2800, -1400), _LIQUID),
            Waste("271-003-02", "废脱色过滤介质", (5, 120), (-2800, -1500), _BAGS),
            Waste(
                "900-402-06",
                "废甲苯溶剂",
                (10, 400),
                (-900, 600),
                _DRUMS,
                composition=(_pct("toluene", 70, 90),),
            ),
            Waste(
                "900-404-06",
                "废甲醇溶剂",
                (20, 600),
                (-800, 500),
                _LIQUID,
                composition=(_pct("methanol", 60, 85),),
            ),
            Waste("900-401-06", "废二氯甲烷", (10, 300), (-1500, 100), _DRUMS),
            Waste("900-407-06", "溶剂釜底残渣", (5, 90), (-3000, -1700), _DRUMS),
            Waste("900-039-49", "VOCs治理废活性炭", (2, 60), (-3000, -1100), _BAGS),
        ),
    ),
    Industry(
        "metal",
        "五金机械",
        56,
        _METAL,
        (
            Waste("900-006-09", "废切削液", (2, 120), (-1800, -700), _DRUMS),
            Waste("900-006-09", "含乳化液金属屑 已压滤", (10, 300), (300, 1400)),
            Waste("900-200-08", "研磨油泥", (2, 80), (-1600, -400), _DRUMS),
            Waste("900-218-08", "废液压油", (1, 40), (400, 2400), _DRUMS),
            Waste("900-217-08", "废齿轮润滑油", (1, 30), (400, 2400), _DRUMS),
            Waste("336-064-17", "磷化除油废渣", (3, 150), (-2200, -900), _SLUDGE),
            Waste("SW17", "冲压废钢边料", (20, 800), (1200, 2400)),
            Waste("900-001-S17", "废钢铁", (20, 600), (1200, 2300)),
        ),
    ),
    Industry(
        "plating",
        "表面处理",
        16,
        ("diankou", "paojiang", "shengzhou", "cixi", "luqiao"),
        (
            Waste("336-063-17", "电镀综合污泥", (20, 500), (-1900, -500), _SLUDGE),
            Waste(
                "336-054-17",
                "镀镍槽渣污泥",
                (5, 200),
                (-600, 1500),
                _SLUDGE,
                composition=(_pct("Ni", 2, 6),),
            ),
            Waste("336-069-17", "镀铬污泥", (5, 150), (-2200, -900), _SLUDGE),
            Waste(
                "313-001-34",
                "酸洗废盐酸",
                (50, 1200),
                (-500, -120),
                _LIQUID,
                composition=(_pct("HCl", 5, 12),),
            ),
            Waste("900-300-34", "清洗废酸液", (20, 500), (-520, -150), _LIQUID),
        ),
    ),
    Industry(
        "power",
        "热电",
        12,
        ("binhai", "hangzhouwan", "paojiang", "zhuji", "shengzhou", "xinchang"),
        (
            Waste("SW02", "粉煤灰", (2000, 20000), (-20, 90), _SILO),
            Waste("SW03", "锅炉炉渣", (1500, 15000), (-30, 60)),
            Waste("SW06", "脱硫石膏", (1000, 9000), (-40, 50)),
            Waste("772-007-50", "废钒钛系脱硝催化剂", (10, 120), (-1500, 200), _BAGS),
        ),
    ),
    Industry(
        "construction",
        "建设工程",
        28,
        _CITY,
        (
            Waste("SW70", "地铁工程渣土", (5000, 60000), (-60, -10)),
            Waste("SW71", "钻孔工程泥浆", (2000, 20000), (-110, -40), _SLURRY),
            Waste("SW72", "工程垃圾 混凝土块", (500, 8000), (-70, 10)),
            Waste("SW73", "旧厂房拆除垃圾", (800, 15000), (-80, 15)),
            Waste("SW74", "装修垃圾", (200, 4000), (-150, -50)),
        ),
    ),
    Industry(
        "farm",
        "农业合作社",
        16,
        ("caoe", "shengzhou", "xinchang", "zhuji", "yuyao"),
        (
            Waste("SW80", "打捆稻秸秆", (60, 1200), (80, 320), _BALES),
            Waste("SW80", "茶枝与油菜秸秆", (30, 500), (40, 220), _BALES),
            Waste("SW82", "鸡粪 已初步发酵", (50, 900), (-60, 120)),
            Waste("SW81", "竹木修剪枝条", (30, 500), (-40, 160)),
        ),
    ),
    Industry(
        "brewing",
        "黄酒酿造",
        8,
        ("gaobu", "paojiang", "qianqing"),
        (
            Waste("SW13", "黄酒糟", (100, 2000), (120, 480)),
            Waste("SW13", "米浆水沉渣", (50, 800), (20, 180), _SLUDGE),
            Waste("SW07", "酿造废水污泥", (50, 700), (-260, -90), _SLUDGE),
        ),
    ),
    Industry(
        "workshop",
        "汽修服务",
        90,
        _CITY,
        (
            Waste("900-214-08", "废机油", (0.3, 1.0), (200, 1800), _DRUMS),
            Waste("900-249-08", "废机油桶与含油包装", (0.1, 0.8), (-1500, -300), _BAGS),
            Waste("900-052-31", "废铅蓄电池", (0.2, 1.0), (3000, 7500), _CRATES),
            Waste("900-041-49", "沾染废物", (0.1, 0.6), (-4000, -1500), _BAGS),
        ),
        small=True,
    ),
    Industry(
        "hardware",
        "五金加工",
        62,
        _METAL,
        (
            Waste("900-006-09", "废切削液", (0.2, 1.0), (-2600, -1000), _DRUMS),
            Waste("900-218-08", "废液压油", (0.1, 0.6), (200, 1800), _DRUMS),
            Waste("900-249-08", "含油包装与油桶", (0.1, 0.5), (-1500, -300), _BAGS),
            Waste("SW17", "车床废铁屑", (0.3, 1.0), (900, 1900), _BAGS),
        ),
        small=True,
    ),
    Industry(
        "printing",
        "印刷包装",
        46,
        _CITY,
        (
            Waste("231-002-16", "废显影液定影液", (0.1, 0.6), (-3200, -1400), _DRUMS),
            Waste("900-253-12", "丝网印刷油墨渣", (0.1, 0.7), (-4200, -1800), _DRUMS),
            Waste("900-041-49", "沾墨废抹布与墨桶", (0.1, 0.8), (-4000, -1500), _BAGS),
        ),
        small=True,
    ),
    Industry(
        "laboratory",
        "检测技术",
        42,
        _CITY,
        (
            Waste("900-047-49", "检测化验室废液", (0.1, 0.9), (-6000, -2500), _DRUMS),
            Waste("900-404-06", "实验室废溶剂", (0.1, 0.4), (-3500, -1200), _DRUMS),
            Waste("900-041-49", "沾染耗材与试剂瓶", (0.1, 0.4), (-5000, -2000), _CRATES),
        ),
        small=True,
    ),
    Industry(
        "coating",
        "家具喷涂",
        40,
        ("paojiang", "qianqing", "zhuji", "shengzhou", "caoe"),
        (
            Waste("900-252-12", "喷漆漆渣", (0.2, 1.0), (-3600, -1500), _BAGS),
            Waste("900-039-49", "喷漆房废活性炭", (0.2, 1.0), (-3200, -1200), _BAGS),
            Waste("900-041-49", "废油漆桶", (0.1, 0.9), (-2800, -900), _BAGS),
        ),
        small=True,
    ),
    Industry(
        "fuel",
        "加油站",
        20,
        _CITY,
        (
            Waste("900-221-08", "油罐清洗油泥", (0.2, 1.0), (-3000, -1200), _DRUMS),
            Waste("900-041-49", "含油吸附棉", (0.1, 0.3), (-4000, -1500), _BAGS),
        ),
        small=True,
    ),
    Industry(
        "household",
        "环卫服务",
        24,
        _CITY,
        (
            Waste("SW61", "家庭厨余垃圾", (600, 9000), (-260, -120), _SLUDGE),
            Waste("SW64", "居民其他垃圾", (2000, 24000), (-240, -130)),
            Waste("SW62", "分拣可回收物 废纸与塑料", (100, 1500), (300, 1200), _BALES),
            Waste("SW63", "居民大件垃圾 旧家具", (80, 900), (-320, -120)),
        ),
    ),
)

_ALL = _CITY + _BAY + _NEAR

RECEIVERS = (
    Trade(
        "acid",
        "酸再生",
        4,
        ("hangzhouwan", "paojiang", "zhenhai", "haiyan", "qiantang"),
        "HW34",
        (
            Want("HW34", "收废酸 再生硫酸", "R6", (2000, 20000), (-320, -90)),
            Want("313-001-34;900-300-34", "收酸洗废液 制氯化铁", "R6", (1000, 9000), (-380, -100)),
            Want(
                "900-349-34",
                "收废硫酸 浓度40%以上",
                "R6",
                (800, 6000),
                (-260, 60),
                None,
                (_pct("H2SO4", 40, None),),
            ),
        ),
    ),
    Trade(
        "lye",
        "碱液综合利用",
        3,
        ("binhai", "paojiang", "xiaoshan"),
        "HW35",
        (
            Want("HW35", "收废碱液 回收烧碱", "R6", (800, 8000), (-240, 30)),
            Want("900-351-35;900-350-35", "收废碱 污水中和剂", "R5", (600, 5000), (-180, 20), 21),
        ),
    ),
    Trade(
        "incinerator",
        "固废处置",
        7,
        ("hangzhouwan", "binhai", "zhuji", "xinchang", *_NEAR[:5]),
        "HW02;HW06;HW08;HW11;HW12;HW49",
        (
            Want("HW11;HW12", "焚烧处置精馏残渣与染料废物", "D10", (800, 9000), (-2900, -1300)),
            Want("HW02", "焚烧处置医药废物", "D10", (600, 6000), (-3000, -1500)),
            Want("HW49;900-407-06", "焚烧处置沾染废物与釜残", "D10", (300, 4000), (-3200, -1000)),
            Want("264-011-12;264-012-12", "处置染料废盐与污泥", "D9", (500, 6000), (-2700, -1200)),
        ),
    ),
    Trade(
        "solvent",
        "溶剂回收",
        4,
        ("hangzhouwan", "caoe", "qiantang", "zhenhai", "jiaojiang", "pinghu"),
        "HW06",
        (
            Want("HW06", "收各类废有机溶剂 精馏再生", "R2", (500, 6000), (-900, 500)),
            Want("900-402-06;900-404-06", "收废甲苯甲醇", "R2", (300, 4000), (-500, 700)),
            Want("900-401-06", "收废二氯甲烷", "R2", (200, 2000), (-1200, 200)),
        ),
    ),
    Trade(
        "oil",
        "润滑油再生",
        6,
        ("paojiang", "diankou", "xinchang", "yuyao", "beilun", "fuyang"),
        "HW08;HW09",
        (
            Want("HW08", "收废矿物油", "R9", (300, 5000), (100, 2600)),
            Want("900-214-08;900-217-08;900-218-08", "收废润滑油液压油", "R9", (200, 3000), (600, 2800)),
            Want("HW09;900-200-08", "收废乳化液与油泥", "R9", (300, 4000), (-1600, -500)),
        ),
    ),
    Trade(
        "metals",
        "金属资源化",
        4,
        ("diankou", "shengzhou", "paojiang", "fuyang", "luqiao", "yongkang"),
        "HW17;HW34;HW50",
        (
            Want("HW17", "收表面处理污泥 回收金属", "R4", (500, 9000), (-1700, -300)),
            Want("336-054-17", "收含镍污泥", "R4", (200, 3000), (-200, 1900), None, (_pct("Ni", 1.5, None),)),
            Want("772-007-50", "收废脱硝催化剂 再生", "R8", (100, 900), (-900, 400)),
        ),
    ),
    Trade(
        "swarf",
        "金属冶炼",
        2,
        ("zhuji", "diankou", "yongkang"),
        "",
        (
            Want("900-200-08;900-006-09", "收已压滤含油金属屑", "R4", (300, 5000), (500, 1700), 9),
            Want("SW17;900-001-S17", "收废钢铁", "R4", (1000, 20000), (1300, 2600)),
        ),
    ),
    Trade(
        "carbon",
        "活性炭再生",
        2,
        ("hangzhouwan", "caoe", "haiyan"),
        "HW49",
        (Want("900-039-49", "收废活性炭 热再生", "R7", (200, 3000), (-2200, -700)),),
    ),
    Trade(
        "battery",
        "铅蓄电池回收",
        2,
        ("zhuji", "jindong"),
        "HW31",
        (Want("900-052-31", "收废铅蓄电池", "R4", (500, 6000), (4500, 8200)),),
    ),
    Trade(
        "brick",
        "新型建材",
        5,
        ("binhai", "qianqing", "zhuji", "shengzhou", "xinchang", "caoe", "xiaoshan", "fuyang"),
        "",
        (
            Want("SW07", "收印染污泥 掺烧制砖", "R5", (2000, 20000), (-240, -70)),
            Want("SW02;SW03", "收粉煤灰炉渣 制砌块", "R5", (5000, 40000), (-10, 110)),
            Want("SW70", "收工程渣土 烧结砖", "R5", (8000, 90000), (-45, 0)),
        ),
    ),
    Trade(
        "cement",
        "水泥",
        2,
        ("zhuji", "shengzhou", "fuyang", "jindong", "haining"),
        "",
        (
            Want("SW06;SW11", "收脱硫石膏与副产石膏 作缓凝剂", "R5", (4000, 30000), (-20, 70)),
            Want("SW02;SW03", "收粉煤灰炉渣 作混合材", "R5", (9000, 60000), (10, 120)),
            Want("SW07", "水泥窑协同处置污泥", "R5", (3000, 25000), (-280, -110)),
        ),
    ),
    Trade(
        "aggregate",
        "建筑垃圾资源化",
        4,
        _CITY,
        "",
        (
            Want("SW72;SW73;SW74", "收建筑垃圾 生产再生骨料", "R5", (9000, 90000), (-60, 20)),
            Want("SW70", "收渣土 场地回填", "R10", (20000, 200000), (-35, 0)),
            Want("SW71", "收工程泥浆 固化制土", "R5", (6000, 50000), (-90, -25)),
        ),
    ),
    Trade(
        "straw",
        "生物质",
        3,
        ("caoe", "shengzhou", "xinchang", "zhuji", "yuyao", "haiyan"),
        "",
        (
            Want("SW80;SW81", "收秸秆枝条 制成型燃料", "R1", (600, 9000), (120, 380)),
            Want("SW80", "收秸秆 食用菌基料", "R3", (300, 4000), (160, 420)),
            Want("SW82", "收畜禽粪 制有机肥", "R3", (400, 6000), (-20, 160)),
        ),
    ),
    Trade(
        "recycle",
        "再生资源",
        4,
        _ALL,
        "",
        (
            Want("SW17", "收可再生工业废料", "R4", (600, 9000), (1100, 2500)),
            Want("SW14", "收废布边角 开松再生", "R3", (200, 4000), (300, 1100)),
            Want("SW62;SW63", "收可回收物与大件垃圾 分拣拆解", "R3", (500, 9000), (-200, 1300)),
        ),
    ),
    Trade(
        "feed",
        "饲料",
        1,
        ("gaobu", "qianqing", "shengzhou"),
        "",
        (Want("SW13", "收黄酒糟 制饲料", "R3", (500, 8000), (200, 560)),),
    ),
    Trade(
        "cofiring",
        "垃圾发电",
        2,
        ("binhai", "zhuji", "xinchang"),
        "",
        (
            Want("SW64", "焚烧发电 居民其他垃圾", "R1", (20000, 200000), (-230, -110)),
            Want("SW07;SW81", "掺烧污泥与枝条", "R1", (3000, 30000), (-300, -120)),
        ),
    ),
    Trade(
        "kitchen",
        "餐厨资源化",
        2,
        ("binhai", "zhuji"),
        "",
        (Want("SW61", "收厨余垃圾 厌氧产沼", "R3", (8000, 60000), (-250, -110)),),
    ),
    Trade(
        "faraway",
        "环保科技",
        2,
        _ACROSS,
        "HW06;HW08;HW17",
        (
            Want("HW06;HW08", "收废溶剂与废油", "R2", (400, 5000), (-600, 900)),
            Want("SW07;SW02", "收污泥粉煤灰 制陶粒", "R5", (3000, 30000), (-230, 40)),
            Want("HW17", "收表面处理污泥", "R4", (300, 5000), (-1500, -300)),
        ),
    ),
)
