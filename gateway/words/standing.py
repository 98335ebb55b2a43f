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
    "trouble": ("lỗi gần nhất", "last error"),
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
        "{at}: {dossiers} hồ sơ sắp trễ hẹn mà hệ thống chưa được báo",
        "{at}: {dossiers} dossiers at risk of being late before a system is told",
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
