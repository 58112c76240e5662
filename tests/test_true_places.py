"""Which files may read where exactly something lies: no other can tell it to anybody."""

import re

from tests.conftest import ROOT

READS = re.compile(r"\.l(?:at|on)\b|\bl\.lat\b|[\"']l(?:at|on)[\"']")
ROUNDED = re.compile(r"\bcoarse|\bshown_km|Supplies|Demands|coarse_place")
READERS = {
    "boards/service/cockpit.py": "seats of districts, which are public",
    "catalogue/service/loader.py": "seats of regions, which are public",
    "catalogue/service/places.py": "says in which district a place lies, to its owner and staff",
    "catalogue/service/regions.py": "converts what its owner sends",
    "console/listing_words.py": "places as listings.present shows them to this reader: rounded for others",
    "console/pages/cockpit.py": "seats of districts, which are public",
    "console/pages/hall.py": "asks for receivers without a point",
    "console/pages/loads.py": "leaves out where the carrier delivered",
    "console/pages/registrations.py": "its owner, or an admin for it, states where a site lies",
    "console/places.py": "draws the places that it is given",
    "console/pages/tracks.py": "the points of one load, for its parties and their staff",
    "enterprises/service/presentation.py": "shown to the enterprise itself and to staff",
    "enterprises/service/profile.py": "its owner changes it; the history is for it and staff",
    "haulage/service/analysis.py": "the points of one load, for its parties",
    "haulage/service/desk.py": "both ends of its own trips, for the carrier",
    "haulage/service/intake.py": "the carrier's own points",
    "haulage/service/places.py": "both ends of a trip, for its carrier",
    "haulage/service/reading.py": "the points of one load, for its parties and their staff",
    "licences/service/permit_tables.py": "columns of holders, which become Demands and so are rounded",
    "listings/schemas.py": "the asker's own point",
    "listings/service/drafting.py": "its owner changes it",
    "listings/service/listing_place.py": "its owner states it",
    "listings/service/listing_search/search.py": "the asker's own point",
    "listings/service/lookup.py": "outlines, of which shown_km makes distances",
    "listings/service/quotas.py": "the owner's own, beside which its listing is placed",
    "listings/service/sheets/exporting.py": "one's own listings, in a file",
    "listings/service/sheets/headings.py": "names of columns",
    "listings/service/sheets/row_checks.py": "its owner sends it",
    "listings/service/sheets/row_to_listing.py": "its owner sends it",
    "listings/service/sheets/template.py": "the example rows of the template",
    "listings/service/sheets/vocabulary.py": "names of columns",
    "manifests/routes.py": "where the carrier says that it delivered",
    "manifests/schemas/moves.py": "where the carrier says that it delivered",
    "manifests/service/carrying.py": "whether its carrier delivered near the receiver",
    "receivers/schemas.py": "the asker's own point",
    "receivers/service/asking.py": "the asker's own point",
    "registrations/service/handing_in.py": "its holder states it",
    "registrations/service/presentation.py": "shown to its holder and to staff",
    "matches/service/learning/training_runs.py": "of recorded outcomes, which are rounded",
}
"""File -> why it may read one without rounding it."""


def test_who_reads_an_exact_place_is_known_or_rounds_it():
    found = {}
    for path in sorted((ROOT / "marketplace").rglob("*.py")):
        name, source = path.relative_to(ROOT / "marketplace").as_posix(), path.read_text(encoding="utf-8")
        if READS.search(source) and not ROUNDED.search(source):
            found[name] = "reads an exact place: round it (matching.coarse, matching.shown_km), or say why"
    assert found.keys() - READERS.keys() == set(), {name: found[name] for name in found.keys() - READERS}
    assert READERS.keys() - found.keys() == set(), "these no longer read one, or round it"
