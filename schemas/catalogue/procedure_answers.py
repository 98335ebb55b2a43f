"""The procedure catalogue as the national portal answers it: `LayThuTuc`, `LayDanhSachTTHC`.

Both answer `{error_code, message, result: [...]}`; the second only codes and names. Names are in
UPPERCASE, numbers may come as text, lists may be absent. The answers carry no day from which a
procedure stands (NGAYHIEULUC belongs to its legal bases), so that is always absent and said so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from schemas.catalogue.answer_words import CHANNELS, PASSED_OVER, READ, UNITS
from schemas.catalogue.duration import Duration, Unit
from schemas.catalogue.finding import Finding, Unreadable, checked
from schemas.catalogue.procedure_rows import NEEDED
from schemas.catalogue.procedures import Charge, Named, Paper, ProcedureVersion
from schemas.marks import composed

PUBLIC = "1"
GROUPED = re.compile(r"\d{1,3}([.,]\d{3})+")
WHOLE = re.compile(r"(\d{1,15})([.,]0{1,2})?")
Answer = tuple[tuple[ProcedureVersion, ...], tuple[Finding, ...]]


def read(text: str, units: Mapping[str, Unit] = UNITS) -> Answer:
    """Read a reply, its list or one procedure; raise `Unreadable` if there is none in it.

    `units`: what DONVITINH means, by its words in lower case.
    """
    try:
        found = json.loads(text.removeprefix("\ufeff"))
        # Only now, as letters may have been written by their numbers.
        found = json.loads(composed(json.dumps(found, ensure_ascii=False)))
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"this is not JSON{where}") from None
    place = ""
    if isinstance(found, dict) and "result" in found:
        code = str(found.get("error_code", "0"))
        if code not in {"0", "00"}:
            raise Unreadable("error_code: the portal answered an error, not procedures")
        found, place = found["result"], "/result"
    rows = found if isinstance(found, list) else [found]
    versions: list[ProcedureVersion] = []
    findings: list[Finding] = []
    for number, row in enumerate(rows):
        made, more = _procedure(row, f"{place}/{number}", units)
        versions += [made] if made is not None else []
        findings += more
    if not rows:
        raise Unreadable("result: there is no procedure in it")
    return tuple(versions), tuple(findings)


def _procedure(
    row: Any, place: str, units: Mapping[str, Unit]
) -> tuple[ProcedureVersion | None, list[Finding]]:
    if not isinstance(row, dict):
        return None, [Finding(place, "", "is not an object", lost=True)]
    findings = [
        Finding(place, str(name)[:50], "is not a field of these answers")
        for name in sorted(set(row) - READ - PASSED_OVER)
    ]
    public = _text(row.get("TRANGTHAI"))
    if public not in {None, PUBLIC}:
        return None, [*findings, Finding(place, "TRANGTHAI", "it is not public", lost=True)]
    given: dict[str, Any] = {"code": _text(row.get("MATTHC")), "name": _text(row.get("TENTTHC"))}
    given |= {"decision": _text(row.get("QUYETDINH")), "source": "dichvucong.gov.vn"}
    reader = _Reader(row, place, units)
    given |= reader.parts()
    stated = {name: value for name, value in given.items() if value is not None}
    made, found = checked(ProcedureVersion, stated, place, "", NEEDED)
    if made is not None:
        if "decision" not in stated:
            found.append(Finding(place, "QUYETDINH", "is not stated as text"))
        found.append(Finding(place, "effective_from", "these answers do not state it"))
    return made, [*findings, *reader.findings, *found]


class _Reader:
    """Reads the lists of one procedure, and collects what is wrong with them."""

    def __init__(self, row: Mapping[str, Any], place: str, units: Mapping[str, Unit]) -> None:
        self.row, self.place, self.units = row, place, units
        self.findings: list[Finding] = []

    def parts(self) -> dict[str, Any]:
        """Give every part that the answer states."""
        fields = [
            {"code": _text(one.get("MALINHVUC")), "name": _text(one.get("TENLINHVUC"))}
            for _, one in self.items(self.row, "LINHVUCTHUCHIEN")
        ]
        if len(fields) != 1 or fields[0]["code"] is None:
            self.say("LINHVUCTHUCHIEN", "does not state one field, so none is taken")
        papers, cases = self.papers()
        durations, fees = self.ways()
        return {
            "field": fields[0] if len(fields) == 1 and fields[0]["code"] else None,
            "levels": self.named("CAPTHUCHIEN", "CAPTHUCHIEN", "TENCAP"),
            "results": self.named("KETQUATHUCHIEN", "MAKETQUA", "TENKETQUA"),
            "papers": papers,
            "cases": cases,
            "fees": fees,
            "duration": self.one(durations),
        }

    def items(self, row: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give the objects of a list; an absent list is empty, everything else is reported."""
        listed = row.get(name)
        if listed in (None, ""):
            return
        if not isinstance(listed, list):
            self.say(name, "is not a list")
            return
        for number, one in enumerate(listed):
            if isinstance(one, dict):
                yield f"{name}/{number}", one
            else:
                self.say(f"{name}/{number}", "is not an object")

    def say(self, field: str, reason: str) -> None:
        """Report."""
        self.findings.append(Finding(self.place, field, reason))

    def take(self, model: type[BaseModel], given: Mapping[str, Any], at: str) -> list[BaseModel]:
        """Make a part of what is stated; what is wrong with it is reported."""
        stated = {name: value for name, value in given.items() if value is not None}
        made, found = checked(model, stated, self.place, at, frozenset())
        self.findings += [Finding(one.place, one.field, one.reason) for one in found]
        return [made] if made is not None else []

    def named(self, name: str, code: str, called: str) -> list[BaseModel]:
        """Read a list of codes with names."""
        return [
            made
            for at, one in self.items(self.row, name)
            for made in self.take(
                Named, {"code": _text(one.get(code)), "name": _text(one.get(called))}, at
            )
        ]

    def papers(self) -> tuple[list[BaseModel], list[BaseModel]]:
        """Read the papers of every case, and the cases."""
        papers, cases = [], []
        for at, group in self.items(self.row, "THANHPHANHOSO"):
            case = _text(group.get("TRUONGHOP"))
            cases += self.take(Named, {"name": case}, at) if case else []
            for inner, one in self.items(group, "GIAYTO"):
                given = {"code": _text(one.get("MAGIAYTO")), "name": _text(one.get("TENGIAYTO"))}
                given |= {"case": case, "originals": _text(one.get("SOBANCHINH"))}
                given |= {"copies": _text(one.get("SOBANSAO"))}
                papers += self.take(Paper, given, f"{at}/{inner}")
        return papers, cases

    def ways(self) -> tuple[list[Duration | None], list[BaseModel]]:
        """Read the durations and fees of every channel."""
        durations: list[Duration | None] = []
        fees: list[BaseModel] = []
        for at, way in self.items(self.row, "CACHTHUCTHUCHIEN"):
            channel = CHANNELS.get(_text(way.get("KENH")) or "")
            if channel is None:
                self.say(f"{at}/KENH", "is none of 1, 2, 3")
            for inner, time in self.items(way, "THOIGIAN"):
                durations.append(self.duration(time, f"{at}/{inner}"))
                for last, fee in self.items(time, "PHILEPHI"):
                    fees += self.fee(fee, channel, f"{at}/{inner}/{last}")
        return durations, fees

    def duration(self, time: Mapping[str, Any], at: str) -> Duration | None:
        """Read how long it may take; what could mean two things is not taken."""
        amount, word = _text(time.get("THOIGIANGIAIQUYET")), _text(time.get("DONVITINH"))
        if amount is None or word is None:
            self.say(f"{at}/THOIGIANGIAIQUYET", "is not stated with its unit")
            return None
        unit = self.units.get(word.lower())
        if unit is None:
            self.say(f"{at}/DONVITINH", "is a word whose meaning is not settled")
            return None
        given = {"amount": amount.replace(",", "."), "unit": unit}
        made, found = checked(Duration, given, self.place, at, frozenset({"amount", "unit"}))
        self.findings += [Finding(one.place, one.field, one.reason) for one in found]
        if made is not None and not made.amount:
            self.say(f"{at}/THOIGIANGIAIQUYET", "is 0, which may mean at once or not stated")
            return None
        return made

    def one(self, durations: list[Duration | None]) -> Duration | None:
        """Give the one duration that all channels agree on."""
        if durations and len(set(durations)) == 1 and durations[0] is not None:
            return durations[0]
        many = len(set(durations) - {None}) > 1
        why = (
            "gives several durations, so none" if many else "does not settle the duration, so none"
        )
        self.say("CACHTHUCTHUCHIEN", f"{why} is taken and no due time can be worked out")
        return None

    def fee(self, fee: Mapping[str, Any], channel: str | None, at: str) -> list[BaseModel]:
        """Read a fee; an amount that could be two numbers is not taken."""
        said = _text(fee.get("SOTIEN"))
        amount = _whole(said) if said is not None else None
        if amount is None:
            why = "is not stated" if said is None else "could be more than one number, or is none"
            self.say(f"{at}/SOTIEN", why)
        given = {"code": _text(fee.get("MAPHILEPHI")), "name": _text(fee.get("MOTA"))}
        given |= {"unit": _text(fee.get("DONVI")), "channel": channel}
        return self.take(Charge, {**given, "amount": amount}, at)


def _text(value: Any) -> str | None:
    """Give a text or number as one line of text; empty means absent, and anything else too."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    whole = isinstance(value, float) and value.is_integer()
    return " ".join(str(int(value) if whole else value).split()) or None


def _whole(text: str) -> int | None:
    """Give a whole number; 15.000 may be fifteen thousand or fifteen, so it is none."""
    if GROUPED.fullmatch(text):
        return None
    found = WHOLE.fullmatch(text)
    return int(found.group(1)) if found is not None else None
