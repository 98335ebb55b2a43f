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
LIFE = ["accepted", "progress", "refused", "stopped", "finished", "returned"]
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
    """Sort by when it happened, ties by arrival; days within their day by the lifecycle."""
    arrived = list(enumerate(events))

    def place(numbered: tuple[int, Said]) -> tuple[Any, ...]:
        number, one = numbered
        when = one["occurred_at"]
        if len(when) > len("2026-03-02"):
            return (when[:10], 0, when, 0, number)
        stage = LIFE.index(one["kind"]) if one["kind"] in LIFE else 1
        return (when, 1, "", stage, number)

    return [one for _, one in sorted(arrived, key=place)]


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
    if kind == "supplement_requested":
        held["supplements"].append([when, None])
    if kind == "supplement_received":
        for one in reversed(held["supplements"]):
            if one[1] is None:
                one[1] = when
                break
    _move(held, event, kind, when)
    held.update(event.get("patch", {}))


def _own(held: Said, event: Said, kind: str) -> None:
    """Take what only events of this kind say."""
    if kind in {"fee_paid", "fee_waived"} and event["fee_id"] in held["fees"]:
        held["fees"][event["fee_id"]]["state"] = kind.removeprefix("fee_")
    if kind in {"accepted", "reopened"} and "received_at" in event:
        held["received_at"] = moment(event["received_at"])
    if kind == "transferred":
        held["handling"] = event["transfer"]["to"]["code"]
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
        "voided": dossier["voided"],
        "supplements": [
            [one["requested_at"], one.get("received_at")] for one in dossier["supplements"]
        ],
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
