"""The ten national states of a dossier: number and label, as the national portal lists them."""

from __future__ import annotations

from types import MappingProxyType

from schemas.status import Status

NUMBER = MappingProxyType(
    {
        Status.SUBMITTED: 1,
        Status.ACCEPTED: 2,
        Status.REFUSED: 3,
        Status.PROCESSING: 4,
        Status.AWAITING_SUPPLEMENT: 5,
        Status.AWAITING_PAYMENT: 6,
        Status.WITHDRAWAL_REQUESTED: 7,
        Status.STOPPED: 8,
        Status.FINISHED: 9,
        Status.RETURNED: 10,
    }
)

LABEL = MappingProxyType(
    {
        Status.SUBMITTED: "Mới đăng ký",
        Status.ACCEPTED: "Được tiếp nhận",
        Status.REFUSED: "Không được tiếp nhận",
        Status.PROCESSING: "Đang xử lý",
        Status.AWAITING_SUPPLEMENT: "Yêu cầu bổ sung giấy tờ",
        Status.AWAITING_PAYMENT: "Yêu cầu thực hiện nghĩa vụ tài chính",
        Status.WITHDRAWAL_REQUESTED: "Công dân yêu cầu rút hồ sơ",
        Status.STOPPED: "Dừng xử lý",
        Status.FINISHED: "Đã xử lý xong",
        Status.RETURNED: "Đã trả kết quả",
    }
)
