"""Cases of the routes of law."""

from tests.cases import Cases

CASES = Cases(
    paths=lambda samples: {
        "/legal-bases": "/legal-bases",
        "/legal-bases/<basis_id>": "/legal-bases/eco-code-476-2",
    },
    statements={"/legal-bases": 2, "/legal-bases/<basis_id>": 2},
    queries={"/legal-bases": {"on": "2026-08-15", "q": "476"}},
)
