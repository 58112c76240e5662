"""Cases of the routes of working days."""

from tests.cases import Cases

TABLE = "/working-days"
DEADLINE = "/working-days/deadline"
SPRING = {
    "items": [
        {"day": "2027-02-08", "working": False, "name": "春节", "source": "国办发明电〔2026〕9号"},
        {"day": "2027-02-14", "working": True, "name": "调休上班", "source": "国办发明电〔2026〕9号"},
    ],
    "complete_years": [2027],
}

CASES = Cases(
    writes=lambda samples: {("PUT", TABLE): (samples.admin, TABLE, SPRING)},
    statements={TABLE: 2, DEADLINE: 2},
    queries={DEADLINE: {"day": "2026-12-28", "days": 5}},
)
