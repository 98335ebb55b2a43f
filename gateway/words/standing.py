"""How a system stands: what `lienthong status` shows, as (Vietnamese, English)."""

from __future__ import annotations

from typing import Literal

STANDING: dict[str, tuple[str, str]] = {
    "system": ("hệ thống", "system"),
    "gate": ("cổng gửi", "gate"),
    "window": ("đang gửi / cửa sổ", "in flight / window"),
    "ready": ("sẵn sàng", "ready"),
    "waiting": ("chờ gửi lại", "waiting"),
    "asked": ("chờ trả lời", "asked"),
    "parked": ("cần người xử lý", "parked"),
    "untold": ("không gửi theo cài đặt", "not told"),
    "shadowed": ("chạy thử, chưa gửi", "shadowed"),
    "settled": ("đã báo bằng tay", "settled by hand"),
    "oldest": ("cũ nhất", "oldest"),
    "at_risk": ("sắp trễ hẹn", "at risk"),
    "first_due": (
        "{system}: có thể không kịp báo trước hạn; hạn sớm nhất {at} (còn {hours} giờ)",
        "{system}: may not be told in time; the earliest is due {at} ({hours} hours left)",
    ),
    "first_late": (
        "{system}: có hồ sơ đã quá hạn khi chờ báo, sớm nhất {at} ({hours} giờ trước)",
        "{system}: dossiers fell due while they waited, the earliest {at} ({hours} hours ago)",
    ),
    "trouble": ("lỗi gần nhất", "last error"),
    "ago": ("{age} trước", "{age} ago"),
    "open": ("mở", "open"),
    "probing": ("đang thử", "probing"),
    "closed": ("đóng đến {until}", "closed until {until}"),
    "probe_due": ("đóng, sắp thử lại", "closed, a probe is due"),
    "closed_since": (
        "{why} Đóng từ {since}{call}{by}.",
        "{why} Closed since {since}{call}{by}.",
    ),
    "closed_call": (", tại {call}", ", on {call}"),
    "closed_by": (", bởi hồ sơ {by}", ", by dossier {by}"),
    "held": ("{by} giữ lại: {why}", "held by {by}: {why}"),
    "no_reason": ("không nêu lý do", "no reason given"),
    "off": ("không gửi (mode = off)", "switched off"),
    "unconfigured": ("không còn trong tệp hệ thống", "no longer in the systems file"),
    "unstarted": (
        "chưa chạy lần nào với cổng này: {names}",
        "the gateway has not started with these yet: {names}",
    ),
    "whole": (
        "{at}: {dossiers} hồ sơ có thể trễ hẹn trước khi hệ thống được báo",
        "{at}: {dossiers} dossiers may not be told to a system in time",
    ),
    "clock_wrong": (
        "đồng hồ máy này lệch {seconds} giây so với cơ sở dữ liệu",
        "this machine's clock is {seconds} s from the database's",
    ),
    "away": ("không kết nối được cơ sở dữ liệu", "the database cannot be reached"),
}


def standing(code: str, language: Literal["vi", "en"], **values: str) -> str:
    """Say one thing about a system."""
    return STANDING[code][language == "en"].format_map(values)
