"""The files we write: a row per event that is new, each with the dossier as it stands now."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from adapters.commune_files.columns import WORDS, WRITTEN
from adapters.kit import charsets
from adapters.kit.communes import commune
from adapters.kit.port import Step
from schemas.base import VIETNAM
from schemas.dossier import Dossier
from schemas.event import Event
from schemas.identifiers import identities_of
from schemas.outcome import CannotExpress

if TYPE_CHECKING:
    from adapters.commune_files.settings import CommuneSettings

FORMULA = ("=", "+", "-", "@")
"""A cell that begins so is run by spreadsheets."""


def name_of(step: Step, settings: CommuneSettings) -> str:
    """Name the file of a step: the same for every try at the same version."""
    return f"{step.dossier.id}-{step.dossier.version:05d}.{settings.format}"


def body_of(step: Step, settings: CommuneSettings) -> bytes:
    """Write the file of a step, or refuse what its format or charset cannot hold."""
    last = step.events[-1] if step.events else None
    told: list[Event | None] = [one for one in step.events if one.seq > step.remote.line]
    told = told or [last]
    receipt = next((one.value for one in step.dossier.codes if one.kind == "receipt"), None)
    own = step.remote.id or receipt
    rows = [_row(step.dossier, event, own, settings) for event in told]
    text = _xml(rows) if settings.format == "xml" else _csv(rows, settings)
    try:
        return charsets.encode(text, settings.charset, settings.font)
    except charsets.CharsetError as error:
        field = _unfit(rows, settings)
        why = f"the charset of this software cannot hold it: {error.why}"
        raise CannotExpress(field, why) from None


def _unfit(rows: list[dict[str, str]], settings: CommuneSettings) -> str:
    """Name the canonical field that the charset cannot hold."""
    for row in rows:
        for column, text in row.items():
            try:
                charsets.encode(text, settings.charset, settings.font)
            except charsets.CharsetError:
                return WRITTEN[column]
    return ""


def _row(
    of: Dossier, event: Event | None, own: str | None, settings: CommuneSettings
) -> dict[str, str]:
    """Give the text of each column."""
    owner = of.owner
    place = owner.addresses[0] if owner.addresses else None
    unit = commune(place, settings.communes, "/owner/addresses/0") if place is not None else None
    agency = of.agencies.competent

    def moment(at: datetime | None) -> str:
        return "" if at is None else at.astimezone(VIETNAM).strftime(settings.dates_written)

    values: dict[str, Any] = {
        "hoso": str(of.id),
        "phienban": of.version,
        "buoc": event.seq if event is not None else of.version,
        "masukien": event.ref if event is not None else None,
        "loaisukien": event.kind.value if event is not None else None,
        "thoidiem": moment(event.occurred_at if event is not None else None),
        "noidung": event.action if event is not None else None,
        "ghichubuoc": event.note if event is not None else None,
        "lydo": event.reason if event is not None else None,
        "canbo": event.officer.name if event is not None and event.officer is not None else None,
        "trangthai": _word("/status", (event or of).status.value, settings),
        "sobiennhan": own,
        "mahoso": of.official_code,
        "makhac": "; ".join(_further(of)),
        "matthc": of.procedure.local_code or of.procedure.code,
        "tentthc": of.procedure.name,
        "trichyeu": of.summary,
        "ghichu": of.notes,
        "macoquan": agency.code,
        "tencoquan": agency.name,
        "kenh": _word("/channel", of.channel, settings),
        "loaichuhoso": _word("/owner/kind", owner.kind, settings),
        "chuhoso": owner.name,
        "ngaysinh": owner.birth,
        "sodinhdanh": "; ".join(one.number for one in identities_of(owner)),
        "dienthoai": owner.phone,
        "email": owner.email,
        "diachi": place.detail if place is not None else None,
        "maxa": unit.code if unit is not None else None,
        "ngaynop": moment(of.submitted_at),
        "ngaytiepnhan": moment(of.received_at),
        "ngayhentra": moment(of.due.at if of.due is not None else None),
        "ngaytuchoi": moment(of.refused_at),
        "ngayketthuc": moment(of.finished_at),
        "ngaytra": moment(of.returned_at),
        "giayto": "; ".join(part.name for part in of.components if not part.removed),
        "lephi": sum(fee.amount for fee in of.fees if fee.state in {"due", "paid"}),
        "ketqua": "; ".join(one.number or one.name for one in of.results if not one.revoked),
    }
    return {name: _text(values[name], settings) for name in WRITTEN}


def _further(of: Dossier) -> list[str]:
    """List the codes that have no column of their own; another dossier's is told to nobody."""
    return [code.value for code in of.codes if code.kind not in {"receipt", "claimed"}]


def _text(value: Any, settings: CommuneSettings) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if settings.guard_formulas and text.startswith(FORMULA) else text


def _word(pointer: str, canonical: str, settings: CommuneSettings) -> str:
    """Say a canonical word in theirs."""
    table: Mapping[str, str] = settings.words.get(pointer) or WORDS[pointer]
    found = next((theirs for theirs, ours in table.items() if ours == canonical), None)
    if found is None:
        raise CannotExpress(pointer, f"this software has no word for {canonical}")
    return found


def _csv(rows: list[dict[str, str]], settings: CommuneSettings) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(WRITTEN), delimiter=settings.delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _xml(rows: list[dict[str, str]]) -> str:
    root = etree.Element("DanhSach")
    for row in rows:
        one = etree.SubElement(root, "HoSo")
        for name, text in row.items():
            try:
                etree.SubElement(one, name).text = text
            except ValueError:
                why = "holds a control character, which XML cannot carry"
                raise CannotExpress(WRITTEN[name], why) from None
    return etree.tostring(root, encoding="unicode", pretty_print=True)
