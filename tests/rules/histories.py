"""Random histories, as an office and its clerks' clocks might make them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Said = dict[str, Any]
OFFICER = {"name": "Cán bộ Mẫu"}
FEES = [{"id": "p1", "name": "Lệ phí", "kind": "le_phi", "amount": 8000}]
PAPERS = [{"id": "a", "name": "Tờ khai", "copies": 1}]


def posted() -> Said:
    """Write a dossier that was handed in on 1 March 2026."""
    return {
        "source": {"ref": "1"},
        "procedure": {"code": "1.001193"},
        "agencies": {"competent": {"code": "H99.14.05"}},
        "owner": {"kind": "citizen", "name": "Lò Thị Mẫu Thử"},
        "channel": "direct",
        "submitted_at": "2026-03-01T08:00:00+07:00",
        "fees": FEES,
        "components": PAPERS,
    }


TIMES = st.builds(
    lambda day, minute: f"2026-03-{day:02}T{8 + minute // 60:02}:{minute % 60:02}:00+07:00",
    st.integers(2, 5),
    st.integers(0, 539),
)
DAYS = st.integers(2, 5).map(lambda day: f"2026-03-{day:02}")
"""The same days, so that the lifecycle has to find their places among the times."""
ALIKE = st.builds(
    lambda day, hour: f"2026-03-{day:02}T{hour:02}:00:00+07:00",
    st.integers(2, 5),
    st.sampled_from([9, 15]),
)
"""Times that meet."""
WHEN = st.one_of(TIMES, TIMES, ALIKE, DAYS)


def papers(draw: st.DrawFn) -> list[Said]:
    """Make some papers of which not everything is stated."""
    made: list[Said] = []
    for name in draw(st.lists(st.sampled_from("abc"), unique=True, max_size=2)):
        one: Said = {"id": name, "name": draw(st.sampled_from(["Tờ khai", "Giấy khai sinh"]))}
        if draw(st.booleans()):
            one["copies"] = draw(st.integers(0, 3))
        if draw(st.booleans()):
            one["removed"] = draw(st.booleans())
        if draw(st.booleans()):
            file = {"id": draw(st.sampled_from("xy")), "name": draw(st.sampled_from("mn"))}
            one["files"] = [file | {"url": "https://kho.example.vn/1"}]
        made.append(one)
    return made


def fees(draw: st.DrawFn) -> list[Said]:
    """State fees, of which not all say whether they are paid."""
    made: list[Said] = []
    for name in draw(st.lists(st.sampled_from(["p1", "p2"]), unique=True, max_size=2)):
        one: Said = {"id": name, "name": "Phí", "kind": "phi", "amount": draw(st.integers(0, 9))}
        if draw(st.booleans()):
            one["state"] = draw(st.sampled_from(["due", "paid", "waived", "refunded"]))
        if draw(st.booleans()):
            one["code"] = draw(st.sampled_from("cd"))
        made.append(one)
    return made


def _accepted(draw: st.DrawFn) -> Said:
    return {"received_at": draw(WHEN), "due": {"at": draw(WHEN)}}


def results(draw: st.DrawFn) -> list[Said]:
    """State results of which not everything is stated."""
    one: Said = {"id": draw(st.sampled_from("rs")), "name": "Giấy phép"}
    if draw(st.booleans()):
        one["number"] = draw(st.sampled_from("12"))
    if draw(st.booleans()):
        one["revoked"] = draw(st.booleans())
    return [one]


def _moved(draw: st.DrawFn) -> Said:
    return {"due": {"at": draw(WHEN)}, "reason": "x", "approver": OFFICER}


def _progress(draw: st.DrawFn) -> Said:
    states = st.sampled_from([None, None, "processing", "awaiting_payment", "finished"])
    status = draw(states)
    return {"action": "Thẩm định"} | ({"status": status} if status else {})


def _asked(draw: st.DrawFn) -> Said:
    note = {"content": draw(st.sampled_from(["thiếu bản sao", "mờ"])), "stage": "processing"}
    return {"supplement": note}


def _came_in(draw: st.DrawFn) -> Said:
    note = {"supplement": {"receipt_note": draw(st.sampled_from(["đủ", "thiếu"]))}}
    return draw(st.sampled_from([{}, note, {"status": "processing"}]))


def _fee_asked(draw: st.DrawFn) -> Said:
    fee = {"id": "p2", "name": "Phí", "kind": "phi", "amount": draw(st.integers(0, 9))}
    state = draw(st.sampled_from([{}, {"status": "awaiting_payment"}]))
    return {"fees": [fee], "fee_id": "p2", **state}


def _taken_back(draw: st.DrawFn) -> Said:
    return {"reason": "ghi nhầm", "approver": OFFICER, "supersedes": draw(st.integers(0, 11))}


def _transfer(draw: st.DrawFn) -> Said:
    to = draw(st.sampled_from(["H99.14.06", "H99.14.07"]))
    return {"transfer": {"from": {"code": "H99.14.05"}, "to": {"code": to}}}


def _linked(draw: st.DrawFn) -> Said:
    code = {"official_code": f"H99.14.05-260301-000{draw(st.integers(1, 3))}"}
    other = {"codes": [{"value": f"L{draw(st.integers(1, 3))}", "kind": "local"}]}
    return draw(st.sampled_from([code, other, code | other]))


def _corrected(draw: st.DrawFn) -> Said:
    patches: list[Said] = [
        {"notes": "một"},
        {"notes": None},
        {"summary": "hai"},
        {"components": papers(draw)},
        {"received_at": draw(TIMES)},
        {"due": {"at": draw(TIMES)}},
    ]
    return {"reason": "x", "approver": OFFICER, "patch": draw(st.sampled_from(patches))}


def _reopened(draw: st.DrawFn) -> Said:
    said: Said = {"reason": "x", "approver": OFFICER}
    if draw(st.booleans()):
        said["received_at"] = draw(WHEN)
    if draw(st.booleans()):
        said["due"] = {"at": draw(WHEN)}
    return said


def _plain(**said: Any) -> Any:
    return lambda _: dict(said)


KINDS: dict[str, Any] = {
    "accepted": _accepted,
    "progress": _progress,
    "refused": _plain(reason="thiếu"),
    "supplement_requested": _asked,
    "supplement_received": _came_in,
    "fee_requested": _fee_asked,
    "fee_paid": lambda draw: {"fee_id": draw(st.sampled_from(["p1", "p2"]))},
    "fee_waived": _plain(fee_id="p1"),
    "due_changed": _moved,
    "transferred": _transfer,
    "withdrawal_requested": _plain(),
    "stopped": _plain(reason="theo đơn"),
    "resumed": _plain(reason="theo đơn"),
    "finished": lambda draw: {"results": results(draw)},
    "returned": lambda draw: {"hand_over": {"note": draw(st.sampled_from(["một", "hai"]))}},
    "reopened": _reopened,
    "corrected": _corrected,
    "taken_back": _taken_back,
    "linked": _linked,
    "voided": _plain(reason="nhầm"),
}
USUAL = ["accepted", "progress", "progress", "supplement_requested", "supplement_received"]
USUAL += ["fee_paid", "finished", "returned", "reopened", "stopped", "resumed", "taken_back"]
PAYLOADS = {"components": papers, "results": results, "fees": fees}


@st.composite
def events(draw: st.DrawFn, most: int = 12) -> list[Said]:
    """Make events in order of arrival, which is not the one in which they happened."""
    kinds = st.one_of(st.sampled_from(USUAL), st.sampled_from(sorted(KINDS)))
    clock = draw(st.sampled_from([WHEN, WHEN, DAYS]))
    made: list[Said] = []
    for number, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=most))):
        said = KINDS[kind](draw)
        if "supersedes" in said:
            if not number:
                continue
            said["supersedes"] = f"e{said['supersedes'] % number}"
        elif number and draw(st.integers(0, 11)) == 0:
            said["supersedes"] = f"e{draw(st.integers(0, number - 1))}"
        one: Said = {"ref": f"e{number}", "kind": "corrected" if kind == "taken_back" else kind}
        one |= {"occurred_at": draw(clock), **said}
        for name in draw(st.lists(st.sampled_from(sorted(PAYLOADS)), unique=True, max_size=1)):
            one.setdefault(name, PAYLOADS[name](draw))
        made.append(one)
    return made
