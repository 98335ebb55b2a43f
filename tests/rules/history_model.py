"""What a history adds up to, written from the page of the dossier and from nothing else.

Plain dictionaries, and everything is worked out anew each time: from all events that were taken, in
the order in which they happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

Said = dict[str, Any]

LEADS_TO = {
    "accepted": "accepted",
    "refused": "refused",
    "supplement_requested": "awaiting_supplement",
    "withdrawal_requested": "withdrawal_requested",
    "stopped": "stopped",
    "resumed": "processing",
    "finished": "finished",
    "returned": "returned",
    "reopened": "processing",
}
"""The state that a kind leads to, where it states none; all others leave it as it is."""
RESTORES = {
    "supplement_received": "awaiting_supplement",
    "fee_paid": "awaiting_payment",
    "fee_waived": "awaiting_payment",
}
WAITING = ("awaiting_supplement", "awaiting_payment")
LIFE = {"accepted": 0, "refused": 2, "stopped": 2, "finished": 3, "returned": 4}
"""Stages of life, all else being 1; of a refusal and a stop neither follows the other."""
GOES_ON = {"resumed": ["stopped"], "reopened": ["refused", "finished", "returned"]}
"""May come before or after these on one day: whatever arrived first was first."""
END_OF_DAY = "T17:00:00+07:00"
LISTS = ("components", "results", "fees")


def standing(events: Sequence[Said]) -> list[Said]:
    """Leave out what is superseded, as if it had not happened; the newest is asked first."""
    gone: set[str] = set()
    for one in reversed(events):
        if one["ref"] not in gone and "supersedes" in one:
            gone.add(one["supersedes"])
    return [one for one in events if one["ref"] not in gone]


def ordered(events: Sequence[Said]) -> list[Said]:
    """Sort by when it happened, ties by arrival, the registration first.

    A day stands behind the last of its day that comes no later in the life of a dossier.
    """
    days = [one for one in events if len(one["occurred_at"]) == len("2026-03-02")]
    placed = sorted((one for one in events if one not in days), key=lambda one: one["occurred_at"])
    for one in days:
        before = [
            at
            for at, other in enumerate(placed, start=1)
            if other["occurred_at"][:10] < one["occurred_at"]
            or (other["occurred_at"][:10] == one["occurred_at"] and _precedes(events, other, one))
        ]
        placed.insert(max(before, default=0), one)
    return sorted(placed, key=lambda one: one["kind"] != "registered")


def _precedes(events: Sequence[Said], other: Said, one: Said) -> bool:
    """Tell whether another event of its day was before this one, of which only the day is known."""
    ended = other["kind"] in GOES_ON.get(one["kind"], ())
    return _stage(other) <= _stage(one) or (ended and events.index(other) < events.index(one))


def _stage(one: Said) -> int:
    return LIFE.get(one["kind"], 1)


def told(posted: Said, events: Sequence[Said]) -> Said:
    """Give the dossier that a post and the events taken since add up to."""
    held: Said = {
        "status": "submitted",
        "waited_from": "submitted",
        "received_at": None,
        "due": None,
        "refused_at": None,
        "finished_at": None,
        "returned_at": None,
        "handling": None,
        "notes": posted.get("notes"),
        "summary": posted.get("summary"),
        "official_code": None,
        "codes": [],
        "return": None,
        "voided": False,
        "supplements": [],
        **{name: {one["id"]: dict(one) for one in posted.get(name, ())} for name in LISTS},
    }
    for event in ordered(standing(events)):
        _tell(held, event)
    del held["waited_from"]
    return held


def _tell(held: Said, event: Said) -> None:
    for name in LISTS:
        for one in event.get(name, ()):
            _state(held[name].setdefault(one["id"], {}), one)
    kind, when = event["kind"], moment(event["occurred_at"])
    if "due" in event:
        held["due"] = moment(event["due"]["at"])
    _own(held, event, kind)
    _round(held, event.get("supplement", {}), kind, when)
    _move(held, event, kind, when)
    _correct(held, event.get("patch", {}))


def _round(held: Said, note: Said, kind: str, when: str) -> None:
    """Open a round of supplements, or close the newest that is open."""
    rounds = held["supplements"]
    if kind == "supplement_requested":
        rounds.append({"requested_at": when, "received_at": None, "done": False, **note})
    still = [one for one in rounds if not one["done"]]
    if kind == "supplement_received" and still:
        still[-1] |= {"received_at": when, "done": True, **note}


def _correct(held: Said, patch: Said) -> None:
    """Replace what a patch states, whole."""
    for name, value in patch.items():
        if name in LISTS:
            held[name] = {one["id"]: one for one in value}
        else:
            held[name] = moment(value["at"]) if name == "due" else value


def _own(held: Said, event: Said, kind: str) -> None:
    """Take what only events of this kind say."""
    if kind in {"fee_paid", "fee_waived"} and event["fee_id"] in held["fees"]:
        held["fees"][event["fee_id"]]["state"] = kind.removeprefix("fee_")
    if kind in {"accepted", "reopened"} and "received_at" in event:
        held["received_at"] = moment(event["received_at"])
    if kind == "transferred":
        held["handling"] = event["transfer"]["to"]["code"]
    held["official_code"] = event.get("official_code", held["official_code"])
    held["codes"] = sorted({*held["codes"], *(one["value"] for one in event.get("codes", ()))})
    if kind == "returned":
        held["return"] = event["hand_over"]["note"]
    if kind == "voided":
        held["voided"] = True


def _state(held: Said, said: Said) -> None:
    """Merge a part: what it does not state stays."""
    for name, value in said.items():
        if name == "files":
            files = {one["id"]: one for one in held.get("files", ())}
            for one in value:
                files[one["id"]] = files.get(one["id"], {}) | one
            held["files"] = list(files.values())
        else:
            held[name] = value


def _move(held: Said, event: Said, kind: str, when: str) -> None:
    before = held["status"]
    after = event.get("status") or LEADS_TO.get(kind, before)
    if kind in RESTORES and "status" not in event and before == RESTORES[kind]:
        after = held["waited_from"]
    held["status"] = after
    if after not in WAITING:
        held["waited_from"] = after
    for state, name, stands in (
        ("refused", "refused_at", ("refused",)),
        ("finished", "finished_at", ("finished", "returned")),
        ("returned", "returned_at", ("returned",)),
    ):
        if after == state and (before != state or kind == state):
            held[name] = when
        if after not in stands:
            held[name] = None


def moment(text: str) -> str:
    """Give a time as it is given out: a day is the end of the working day."""
    return text if len(text) > len("2026-03-02") else text + END_OF_DAY


def shown(dossier: Said) -> Said:
    """Reduce a dossier, as JSON, to what the model tells."""
    return {
        "status": dossier["status"],
        "received_at": dossier.get("received_at"),
        "due": (dossier.get("due") or {}).get("at"),
        "refused_at": dossier.get("refused_at"),
        "finished_at": dossier.get("finished_at"),
        "returned_at": dossier.get("returned_at"),
        "handling": (dossier["agencies"].get("handling") or {}).get("code"),
        "notes": dossier.get("notes"),
        "summary": dossier.get("summary"),
        "official_code": dossier.get("official_code"),
        "codes": sorted(one["value"] for one in dossier["codes"]),
        "return": (dossier.get("return") or {}).get("note"),
        "voided": dossier["voided"],
        "supplements": dossier["supplements"],
        **{name: {one["id"]: one for one in dossier[name]} for name in LISTS},
    }


def differences(held: Said, wanted: Said) -> Iterator[str]:
    """Name what is held otherwise than the model says; defaults beside what is stated are none."""
    for name, value in wanted.items():
        yield from _differ(held.get(name), value, name)


def _differ(held: Any, wanted: Any, at: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(held, dict):
        if at in LISTS and held.keys() != wanted.keys():
            yield f"{at}: {sorted(held)} for {sorted(wanted)}"
        for name, value in wanted.items():
            yield from _differ(held.get(name), value, f"{at}.{name}")
    elif isinstance(wanted, list) and isinstance(held, list) and len(held) == len(wanted):
        for index, (one, other) in enumerate(zip(held, wanted, strict=True)):
            yield from _differ(one, other, f"{at}[{index}]")
    elif held != wanted:
        yield f"{at}: {held!r} for {wanted!r}"
