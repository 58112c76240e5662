"""Everything that ships, checked file by file and against one another."""

from __future__ import annotations

from seed.catalogue.european_list import read_eu
from seed.catalogue.exemptions import read_exemptions
from seed.catalogue.hazardous_waste import read_hazardous
from seed.catalogue.local_codes import read_crosswalks, read_local
from seed.catalogue.regions import read_regions
from seed.catalogue.rows import Catalogue
from seed.catalogue.schemes import read_schemes
from seed.catalogue.solid_waste import read_solid
from seed.catalogue.treatments import read_treatments


def read_catalogue() -> Catalogue:
    """Everything that ships, checked file by file and against one another."""
    hazardous = read_hazardous()
    national = hazardous + read_solid()
    return Catalogue(
        schemes=read_schemes(),
        codes=national + read_eu() + read_local(national=national),
        crosswalks=read_crosswalks(national=national),
        exemptions=read_exemptions(known=hazardous),
        treatments=read_treatments(),
        regions=read_regions(),
    )
