"""Labels of the packages of a manifest with hazardous waste; the facts are here, the drawing in documents."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...documents import service as documents
from ...documents.service import wording
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Conflict
from ...events import service as events
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...listings.models import Form
from ...messages.names import Name
from ..models import Manifest, ManifestLine

ID_LENGTH = 37
DAY_PLACE = slice(26, 34)
"""Where a digital id has the day of packing."""
HEADSPACE_FORMS = (Form.LIQUID, Form.SLUDGE)


def labels_svg(actor: Actor, row: Manifest, query: dict[str, Any]) -> str:
    """The labels of a manifest's packages as one sheet of up to 100.

    A line has a label for each of its containers, else for each package, else one. Packages without a digital
    id get theirs now.

    Args:
        query: `line` and `package` choose; `first` is the label of all that the sheet begins with; `volume_l`
            is what the containers hold, which decides the size.

    Raises:
        Conflict: the manifest has no such package of hazardous waste (`no_label`), or the serials of the day
            are used up (`labels_used_up`).
    """
    codes = catalogue.codes_by_id({line.code_id for line in row.lines})
    hazardous = [line for line in row.lines if codes[line.code_id].hazardous]
    chosen = list(islice(_packages(hazardous, query), query["first"] - 1, None))[: documents.MOST_LABELS]
    if not chosen:
        raise Conflict("no_label")
    sender = enterprises.by_id({row.sender_id})[row.sender_id]
    ids = _digital_ids(row, chosen, codes, sender)
    contact = _contact(actor, row, sender)
    categories = catalogue.codes_by_id({code.parent_id for code in codes.values() if code.parent_id})
    return documents.label_sheet(
        [
            _label(line, ids[line.no][package - 1], codes[line.code_id], categories, sender, contact, query)
            for line, package in chosen
        ]
    )


def _packages(lines: Sequence[ManifestLine], query: dict[str, Any]) -> Iterator[tuple[ManifestLine, int]]:
    """Line and number of each package that is asked for, counted from 1 in its line."""
    for line in lines:
        many = len(line.containers) or line.packages or 1
        for package in range(1, min(many, documents.MOST_PACKAGES) + 1):
            if query["line"] in (None, line.no) and query["package"] in (None, package):
                yield line, package


def _digital_ids(
    row: Manifest,
    chosen: Sequence[tuple[ManifestLine, int]],
    codes: dict[int, CatalogueCode],
    sender: Enterprise,
) -> dict[int, Sequence[str]]:
    """The digital ids of the packages of each line: those of its containers, else such as we give."""
    needed = {line.no: (line, package) for line, package in chosen}
    with unit_of_work() as work:
        return {
            no: line.containers
            or documents.digital_ids(
                work, row.id, no, package,
                uscc=sender.uscc, code=codes[line.code_id].code, day=clock.today(),
            )
            for no, (line, package) in needed.items()
        }  # fmt: skip


def _contact(actor: Actor, row: Manifest, sender: Enterprise) -> str:
    """Whom to call, for those who handle the container and for who oversees the sender."""
    handles = actor.enterprise_id in (row.sender_id, row.receiver_id, row.transporter_id)
    if not (handles or enterprises.sees_all_of(actor, sender)):
        return wording.ABSENT
    events.note_read(actor, events.CONTACT, sender.id)
    contact = enterprises.contact_for(sender)
    return f"{contact['name']} {contact['phone']}" if contact else wording.ABSENT


def _label(
    line: ManifestLine,
    digital_id: str,
    code: CatalogueCode,
    categories: dict[int, CatalogueCode],
    sender: Enterprise,
    contact: str,
    query: dict[str, Any],
) -> documents.Label:
    category = categories.get(code.parent_id or 0)
    packages = len(line.containers) or line.packages or 1
    weight = wording.tonnes(line.picked_up_kg or line.quantity_kg)
    return documents.Label(
        digital_id=digital_id,
        name=line.name,
        category=f"{category.code} {category.name_zh}" if category else code.code,
        code=code.code,
        form=wording.in_chinese(Form(line.form) if line.form else None),
        hazards="、".join(wording.in_chinese(Name("hazard", letter)) for letter in _letters(line)),
        main_components=line.component or wording.ABSENT,
        harmful_components=line.component or wording.ABSENT,
        precautions=_precautions(line),
        enterprise=sender.name,
        contact=contact,
        generated_on=_day_of(digital_id),
        weight=f"{weight} 吨" if packages == 1 else f"共 {packages} 件，合计 {weight} 吨",
        volume_l=query["volume_l"],
    )


def _letters(line: ManifestLine) -> list[str]:
    """The hazards of a line, as the catalogue writes them: T, C, I, R, In."""
    return line.hazard.replace(" ", "").split(",") if line.hazard else []


def _precautions(line: ManifestLine) -> str:
    said = [wording.in_chinese(Name("precaution", letter)) for letter in _letters(line)]
    if line.form in HEADSPACE_FORMS:
        said.append(wording.in_chinese(Name("precaution", "headspace")))
    return "；".join(said) or wording.ABSENT


def _day_of(digital_id: str) -> str:
    """The day of packing that a digital id names."""
    day = digital_id[DAY_PLACE]
    is_ours = len(digital_id) == ID_LENGTH and day.isdecimal()
    try:
        return date.fromisoformat(day).isoformat() if is_ours else wording.ABSENT
    except ValueError:
        return wording.ABSENT
