"""The official catalogues as checked rows: one `read_...` function a file, the first bad row refused.

Every reader takes a path, so that an operator can load another edition or a fuller table in place of the
file that ships; `SeedError` then says which line of that file to mend.
"""

from seed.catalogue.european_list import read_eu
from seed.catalogue.everything import read_catalogue
from seed.catalogue.exemptions import STAGES, read_exemptions
from seed.catalogue.files import (
    DATA,
    EU,
    EXEMPTIONS,
    HAZARDOUS,
    LOCAL,
    OPERATIONS,
    OPERATIONS_ZH,
    OUTLINE_CODES,
    REGIONS,
    SOLID,
)
from seed.catalogue.hazardous_waste import HAZARD, HW_CATEGORY, HW_CODE, read_hazardous
from seed.catalogue.local_codes import ISW_CODE, read_crosswalks, read_local
from seed.catalogue.outlines import Outlines, read_outlines, read_successors
from seed.catalogue.regions import ADCODE, read_regions
from seed.catalogue.rows import (
    EVIDENCE,
    NEVER_TRADED,
    Catalogue,
    CodeRow,
    CrosswalkRow,
    ExemptionRow,
    RegionRow,
    SchemeRow,
    TreatmentRow,
)
from seed.catalogue.schemes import read_schemes
from seed.catalogue.solid_waste import SW_CATEGORY, SW_CODE, read_solid
from seed.catalogue.treatments import OPERATION, read_treatments
from seed.table import SeedError

__all__ = [
    "ADCODE",
    "DATA",
    "EU",
    "EVIDENCE",
    "EXEMPTIONS",
    "HAZARD",
    "HAZARDOUS",
    "HW_CATEGORY",
    "HW_CODE",
    "ISW_CODE",
    "LOCAL",
    "NEVER_TRADED",
    "OPERATION",
    "OPERATIONS",
    "OPERATIONS_ZH",
    "OUTLINE_CODES",
    "REGIONS",
    "SOLID",
    "STAGES",
    "SW_CATEGORY",
    "SW_CODE",
    "Catalogue",
    "CodeRow",
    "CrosswalkRow",
    "ExemptionRow",
    "Outlines",
    "RegionRow",
    "SchemeRow",
    "SeedError",
    "TreatmentRow",
    "read_catalogue",
    "read_crosswalks",
    "read_eu",
    "read_exemptions",
    "read_hazardous",
    "read_local",
    "read_outlines",
    "read_regions",
    "read_schemes",
    "read_solid",
    "read_successors",
    "read_treatments",
]
