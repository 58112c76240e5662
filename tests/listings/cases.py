"""Cases of the routes of listings and their import."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.licences.cases import PermitSamples
from tests.listings.photos import send_photo
from tests.listings.sheets import SUPPLY, csv_of, send
from tests.marketplace import ACID, listing_terms
from tests.uploaded_files.made import PNG

ONE = "/listings/<uuid:listing_id>"
PHOTO = f"{ONE}/photos/<int:number>"
TWO_CODES = [{"scheme": "cn-hw", "code": "HW34"}, {"scheme": "cn-hw", "code": "HW17"}]


class ListingSamples(PermitSamples):
    @cached_property
    def supply(self):
        """Open, of the owner."""
        return self.marketplace.supply(self.owner)

    @cached_property
    def draft(self):
        return self.marketplace.supply(self.owner, publish=False)

    @cached_property
    def demand(self):
        """Open, of the partner, and lawful for `supply`."""
        assert self.partners_licence
        return self.marketplace.demand(self.partner)

    @cached_property
    def exempt_demand(self):
        """Open, of the owner, who need not hold a licence for it."""
        assert self.exemption
        return self.marketplace.demand(self.owner, exemption_item=1)

    @cached_property
    def paused(self):
        listing = self.marketplace.supply(self.owner)
        assert self.owner.post(f"/listings/{listing['id']}/pause").status_code == 200
        return listing

    @cached_property
    def pictured(self):
        """A draft of the owner with a photo."""
        listing = self.marketplace.supply(self.owner, publish=False)
        assert send_photo(self.owner, listing).status_code == 201
        return listing

    @cached_property
    def listing_import(self):
        return send(self.owner, csv_of(SUPPLY)).json


def neighbours(samples):
    supply, draft = f"/listings/{samples.supply['id']}", f"/listings/{samples.draft['id']}"
    photos = f"/listings/{samples.pictured['id']}/photos"
    return {
        ("GET", "/listings/<uuid:listing_id>"): (draft, HIDDEN, HIDDEN),
        ("GET", "/listings/<uuid:listing_id>/history"): (f"{draft}/history", HIDDEN, HIDDEN),
        ("POST", "/listings/<uuid:listing_id>/copy"): (f"{draft}/copy", HIDDEN, FORBIDDEN),
        ("PATCH", "/listings/<uuid:listing_id>"): (supply, HIDDEN, FORBIDDEN),
        ("POST", "/listings/<uuid:listing_id>/publish"): (f"{draft}/publish", HIDDEN, FORBIDDEN),
        ("POST", "/listings/<uuid:listing_id>/withdraw"): (f"{supply}/withdraw", HIDDEN, FORBIDDEN),
        ("POST", "/listings/<uuid:listing_id>/exemption-review"): (
            f"/listings/{samples.exempt_demand['id']}/exemption-review", FORBIDDEN, FORBIDDEN),
        ("POST", f"{ONE}/pause"): (f"{supply}/pause", HIDDEN, FORBIDDEN),
        ("POST", f"{ONE}/resume"): (f"{supply}/resume", HIDDEN, FORBIDDEN),
        ("POST", f"{ONE}/photos"): (photos, HIDDEN, FORBIDDEN),
        ("GET", f"{ONE}/photos"): (photos, HIDDEN, HIDDEN),
        ("GET", PHOTO): (f"{photos}/1", HIDDEN, HIDDEN),
        ("DELETE", PHOTO): (f"{photos}/1", HIDDEN, FORBIDDEN),
        ("GET", "/listings/imports/<uuid:import_id>"): (
            f"/listings/imports/{samples.listing_import['id']}", HIDDEN, FORBIDDEN),
    }  # fmt: skip


def writes(samples):
    owner, admin = samples.owner, samples.admin
    to_withdraw = samples.marketplace.supply(owner)["id"]
    return {
        ("POST", "/listings"): (owner, "/listings", listing_terms(kind="supply", title="x", waste=ACID)),
        ("POST", "/listings/import"): (owner, "/listings/import", csv_of({**SUPPLY, "数量": "1201"})),
        ("PATCH", "/listings/<uuid:listing_id>"): (
            owner, f"/listings/{samples.supply['id']}", {"title": "新"}),
        ("POST", "/listings/publish"): (
            owner, "/listings/publish", {"ids": [samples.marketplace.supply(owner, publish=False)["id"]]}),
        ("POST", "/listings/<uuid:listing_id>/copy"): (owner, f"/listings/{samples.supply['id']}/copy", None),
        ("POST", "/listings/<uuid:listing_id>/publish"): (
            owner, f"/listings/{samples.draft['id']}/publish", {}),
        ("POST", "/listings/<uuid:listing_id>/withdraw"): (owner, f"/listings/{to_withdraw}/withdraw", {}),
        ("POST", f"{ONE}/pause"): (owner, f"/listings/{samples.marketplace.supply(owner)['id']}/pause", None),
        ("POST", f"{ONE}/resume"): (owner, f"/listings/{samples.paused['id']}/resume", None),
        ("POST", f"{ONE}/photos"): (owner, f"/listings/{samples.draft['id']}/photos", PNG),
        ("DELETE", PHOTO): (owner, f"/listings/{samples.pictured['id']}/photos/1", None),
        ("POST", "/listings/<uuid:listing_id>/exemption-review"): (
            admin, f"/listings/{samples.exempt_demand['id']}/exemption-review",
            {"decision": "accept", "reason": "x"}),
    }  # fmt: skip


def grow(samples):
    """A supply and a demand of the owner, and a demand of a newcomer who may take the supply."""
    marketplace = samples.marketplace
    marketplace.supply(samples.owner)
    for receiver in (samples.owner, marketplace.recycler()):
        marketplace.demand(receiver, accepts=TWO_CODES)


CASES = Cases(
    samples=ListingSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={
        "/listings": 4,
        "/listings/template.xlsx": 2,
        "/listings/export": 4,
        "/listings/imports/<uuid:import_id>": 2,
        "/listings/<uuid:listing_id>": 3,
        "/listings/<uuid:listing_id>/history": 3,
        f"{ONE}/photos": 3,
        PHOTO: 3,
    },
    example_fields={
        ("POST", "/listings"): {
            "title": "稀硫酸 20%", "price_cny_per_t": -150.0, "max_distance_km": 200,
            "location": {"lon": 120.87, "lat": 30.12, "crs": "wgs84"}, "form": "liquid", "packaging": "tank",
            "composition": [{"component": "H2SO4", "min": 18, "max": 22, "unit": "%"}],
        },
        ("PATCH", "/listings/<uuid:listing_id>"): {"title": "稀硫酸 25%", "price_cny_per_t": -120.0},
        ("POST", "/listings/<uuid:listing_id>/withdraw"): {"reason": "已自行利用"},
        ("POST", "/listings/<uuid:listing_id>/exemption-review"): {"reason": "检测报告符合豁免条件"},
    },
    faulty_bodies={
        ("POST", "/listings"): {
            "kind": "supply", "title": "稀硫酸 20%", "waste": {"scheme": "cn-hw", "code": "900-349-34"},
            "quantity_t": "1200", "min_lot": 20,
            "available_from": "2026-12-01", "available_until": "2027-05-31",
        },
        ("POST", "/listings/import"): csv_of({**SUPPLY, "付款方": "", "起始日期": "next month"}),
    },
)  # fmt: skip
