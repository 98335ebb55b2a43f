"""Words by which systems say that nobody is to blame: defaults of settings.

They are found in any case and spacing; a sentence typed without marks is searched without marks.
"""

from __future__ import annotations

LATER_WORDS = (
    "thử lại sau",
    "thử lại trong",
    "quay lại sau",
    "gửi lại sau",
    "hệ thống bận",
    "hệ thống đang bận",
    "quá tải",
    "tạm thời gián đoạn",
    "tạm thời không",
    "tạm ngừng",
    "bị gián đoạn",
    "try again later",
    "retry later",
    "temporarily",
    "too many requests",
    "server is busy",
    "system is busy",
)
"""Come back later."""
MAINTENANCE_WORDS = ("bảo trì", "bảo dưỡng", "nâng cấp hệ thống", "maintenance")
"""The system is closed for a while."""
