"""Random histories, as an office and its clerks' clocks might make them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Said = dict[str, Any]
OFFICER = {"name": "Cán bộ Mẫu"}
FEES = [{"id": "p1", "name": "Lệ phí", "kind": "le_phi", "amount": 8000}]


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
    }


TIMES = st.builds(
    lambda day, minute: f"2026-03-{day:02}T{8 + minute // 60:02}:{minute % 60:02}:00+07:00",
    st.integers(2, 9),
    st.integers(0, 539),
)
DAYS = st.integers(20, 25).map(lambda day: f"2026-03-{day}")
"""Days of their own, so that only the lifecycle orders them."""
WHEN = st.one_of(TIMES, TIMES, TIMES, DAYS)


@st.composite
def components(draw: st.DrawFn) -> list[Said]:
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


def _accepted(draw: st.DrawFn) -> Said:
    return {"received_at": draw(WHEN), "due": {"at": draw(WHEN)}}


def _result(draw: st.DrawFn) -> Said:
    number = {"number": draw(st.sampled_from("12"))} if draw(st.booleans()) else {}
    return {"results": [{"id": draw(st.sampled_from("rs")), "name": "Giấy phép"} | number]}


def _moved(draw: st.DrawFn) -> Said:
    return {"due": {"at": draw(WHEN)}, "reason": "x", "approver": OFFICER}


def _progress(draw: st.DrawFn) -> Said:
    states = st.sampled_from([None, None, "processing", "awaiting_payment"])
    status = draw(states)
    return {"action": "Thẩm định"} | ({"status": status} if status else {})


def _taken_back(draw: st.DrawFn) -> Said:
    return {"reason": "ghi nhầm", "approver": OFFICER, "supersedes": draw(st.integers(0, 11))}


def _transfer(draw: st.DrawFn) -> Said:
    to = draw(st.sampled_from(["H99.14.06", "H99.14.07"]))
    return {"transfer": {"from": {"code": "H99.14.05"}, "to": {"code": to}}}


def _corrected(draw: st.DrawFn) -> Said:
    return {"reason": "x", "patch": {"notes": draw(st.sampled_from(["một", "hai"]))}}


def _plain(**said: Any) -> Any:
    return lambda _: dict(said)


NOTE = {"content": "thiếu bản sao", "stage": "processing"}
KINDS: dict[str, Any] = {
    "accepted": _accepted,
    "progress": _progress,
    "refused": _plain(reason="thiếu"),
    "supplement_requested": _plain(supplement=NOTE),
    "supplement_received": _plain(),
    "fee_paid": _plain(fee_id="p1"),
    "fee_waived": _plain(fee_id="p1"),
    "due_changed": _moved,
    "transferred": _transfer,
    "withdrawal_requested": _plain(),
    "stopped": _plain(reason="theo đơn"),
    "resumed": _plain(reason="theo đơn"),
    "finished": _result,
    "returned": _plain(hand_over={"note": "đã trao"}),
    "reopened": lambda draw: {"reason": "x", "approver": OFFICER, "received_at": draw(WHEN)},
    "corrected": _corrected,
    "taken_back": _taken_back,
    "voided": _plain(reason="nhầm"),
}
USUAL = ["accepted", "progress", "progress", "supplement_requested", "supplement_received"]
USUAL += ["fee_paid", "finished", "returned", "taken_back", "due_changed"]


@st.composite
def events(draw: st.DrawFn, most: int = 12) -> list[Said]:
    """Make events in order of arrival, which is not the one in which they happened."""
    kinds = st.one_of(st.sampled_from(USUAL), st.sampled_from(sorted(KINDS)))
    made: list[Said] = []
    for number, kind in enumerate(draw(st.lists(kinds, min_size=1, max_size=most))):
        said = KINDS[kind](draw)
        if "supersedes" in said:
            if not number:
                continue
            said["supersedes"] = f"e{said['supersedes'] % number}"
        one: Said = {"ref": f"e{number}", "kind": "corrected" if kind == "taken_back" else kind}
        one |= {"occurred_at": draw(WHEN), **said}
        if draw(st.booleans()) and kind != "taken_back":
            one["components"] = draw(components())
        made.append(one)
    return made
