"""How a due time was worked out, in words that fit `due.rule`."""

from __future__ import annotations

from schemas.catalogue.duration import Unit

COUNTED: dict[Unit, tuple[str, str]] = {
    Unit.WORKING_DAY: (
        "{amount} ngày làm việc sau ngày tiếp nhận {day}",
        "{amount} working days after the day of reception {day}",
    ),
    Unit.WORKING_HOUR: (
        "{amount} giờ làm việc từ {time} ngày {day}",
        "{amount} working hours from {time} on {day}",
    ),
    Unit.CALENDAR_DAY: (
        "{amount} ngày sau ngày tiếp nhận {day}",
        "{amount} calendar days after the day of reception {day}",
    ),
}

RULES: dict[str, tuple[str, str]] = {
    "same_day": ("trong ngày tiếp nhận {day}", "on the day of reception {day}"),
    "moved": ("nộp quá giờ nên tính sang ngày sau", "came too late for an earlier day"),
    "extend": ("cộng thời gian chờ bổ sung", "extended by the wait"),
    "restart": ("tính lại sau bổ sung", "counted anew after the wait"),
    "day_only": ("chỉ biết ngày tiếp nhận", "of the reception only the day is known"),
    "provisional": ("lịch nghỉ có thể đổi", "days off may change"),
    "invented": ("thời hạn mẫu", "a sample's duration"),
    "no_due_time": ("thủ tục không có thời hạn", "the procedure has no due time"),
    "duration_unknown": ("chưa rõ thời hạn của thủ tục", "the duration is not known"),
    "not_received": ("hồ sơ chưa được tiếp nhận", "the dossier is not received yet"),
    "clock_stands": (
        "đang chờ bổ sung nên chưa tính",
        "a supplement is waited for, so the clock stands",
    ),
}
