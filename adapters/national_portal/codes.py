"""Code tables of the national portal's classic dialect, line by line against its contract."""

from __future__ import annotations

from types import MappingProxyType

from schemas.catalogue.statuses import NUMBER
from schemas.status import Kind, Status

TRANG_THAI = MappingProxyType({status: str(number) for status, number in NUMBER.items()})
KENH_THUC_HIEN = MappingProxyType({"direct": "1", "online": "2", "post": "3"})
LOAI_DOI_TUONG = MappingProxyType(
    {
        "citizen": "1",
        "business": "2",
        "household_business": "2",  # the classic list has no kind of its own for it
        "state_agency": "3",
        "organisation": "4",
    }
)
LOAI_DINH_DANH = MappingProxyType({"personal_number": "1", "old_id_card": "2"})
HINH_THUC = MappingProxyType({"counter": "0", "post": "1"})
HINH_THUC_THU = MappingProxyType({"reception": "1", "supplement": "2", "result": "4"})
TAI_SU_DUNG = MappingProxyType({"none": "0", "component": "1", "result": "2"})

TRA_LOI = MappingProxyType(
    {
        Status.SUBMITTED: None,  # they have it: it was filed there
        Status.ACCEPTED: "2",
        Status.PROCESSING: "2",
        Status.AWAITING_PAYMENT: "2",
        Status.FINISHED: "2",
        Status.RETURNED: "2",
        Status.AWAITING_SUPPLEMENT: "5",
        Status.REFUSED: "5",
        Status.WITHDRAWAL_REQUESTED: "5",
        Status.STOPPED: "5",
    }
)
"""States of an answer in the one flow where answers were seen: taken on, or sent back."""

NOTHING_NEW = frozenset({Kind.REGISTERED, Kind.PROGRESS})
"""Kinds that need no answer while a dossier that was filed there waits to be taken on."""

POINTERS = (
    ("nội dung xử lý", "/events"),
    ("người xử lý", "/events"),
    ("trích yếu", "/summary"),
    ("định danh", "/owner/identities"),
    ("ghi chú", "/notes"),
    ("thủ tục", "/procedure/code"),
    ("chủ hồ sơ", "/owner/name"),
    ("ngày tiếp nhận", "/received_at"),
    ("mã hồ sơ", "/official_code"),
)
"""Where a phrase of their refusals points in the canonical dossier (observed wording)."""
