"""An event: something that happened to a dossier, in the words of whoever recorded it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from schemas.base import Instant, Part, Text50, Text100, Text200, Text500, Text1000, Text20000
from schemas.parts import (
    AgencyRef,
    Component,
    Due,
    Fee,
    File,
    Flag,
    Officer,
    OtherPaper,
    Result,
)
from schemas.status import Kind, Status


class IssuedForm(Part):
    """One of the seven forms that a one-stop counter hands out."""

    form: Literal["01", "02", "03", "04", "05", "06", "07"] = Field(title="Mẫu")
    number: Text100 | None = Field(None, title="Số")
    signed_by: Officer | None = Field(None, title="Người ký")
    file: File | None = Field(None, title="Tệp")


class SupplementNote(Part):
    """What a supplement request asks for, or what came in answer to one."""

    stage: Literal["intake", "processing"] | None = Field(None, title="Giai đoạn")
    content: Text1000 | None = Field(None, title="Nội dung bổ sung")
    reply_by: Instant | None = Field(None, title="Hạn bổ sung")
    receipt_note: Text1000 | None = Field(None, title="Thông tin tiếp nhận bổ sung")
    papers: tuple[OtherPaper, ...] = Field((), title="Giấy tờ cần bổ sung", max_length=50)
    due_after: Instant | None = Field(None, title="Ngày hẹn trả mới")
    rule: Literal["extend", "restart"] | None = Field(None, title="Cách tính lại thời hạn")


class Transfer(Part):
    """From which authority to which a dossier goes."""

    from_: AgencyRef = Field(alias="from", title="Cơ quan chuyển")
    to: AgencyRef = Field(title="Cơ quan nhận")


class HandOver(Part):
    """How and to whom the result is handed over."""

    method: Literal["counter", "post", "online"] | None = Field(None, title="Hình thức trả")
    note: Text500 | None = Field(None, title="Thông tin trả kết quả")
    tracking: Text100 | None = Field(None, title="Mã bưu gửi")
    received_by: Text200 | None = Field(None, title="Người nhận")


class OtherCode(Part):
    """A further code of the same dossier, and who gave it."""

    value: Text100 = Field(title="Mã")
    kind: Literal["portal", "local", "receipt", "interlinked", "other"] = Field(title="Loại mã")
    issuer: Text100 | None = Field(None, title="Nơi cấp")
    at: Instant | None = Field(None, title="Cấp lúc")


class NewEvent(Part):
    """An event as commune software posts it; which fields a kind needs is in `rules.lifecycle`."""

    ref: Text100 = Field(
        title="Mã sự kiện của phần mềm nguồn",
        description="unique in its dossier: a repeated post is recognised by it",
        examples=["buoc-2"],
    )
    kind: Kind = Field(title="Loại sự kiện")
    occurred_at: Instant = Field(title="Thời điểm xảy ra")
    action: Text500 | None = Field(
        None, title="Hành động", description="default: the Vietnamese name of the kind"
    )
    note: Text20000 | None = Field(None, title="Ý kiến, ghi chú")
    officer: Officer | None = Field(None, title="Người xử lý")
    department: Text200 | None = Field(None, title="Phòng, ban xử lý")
    step_started_at: Instant | None = Field(None, title="Bắt đầu bước")
    step_due_at: Instant | None = Field(None, title="Hạn của bước")
    status: Status | None = Field(
        None, title="Trạng thái sau sự kiện", description="absent: as the table says"
    )
    reason: Text1000 | None = Field(None, title="Lý do")
    approver: Officer | None = Field(None, title="Người phê duyệt")
    form: IssuedForm | None = Field(None, title="Mẫu đã ban hành")
    received_at: Instant | None = Field(None, title="Ngày tiếp nhận")
    due: Due | None = Field(None, title="Ngày hẹn trả")
    supplement: SupplementNote | None = Field(None, title="Bổ sung")
    transfer: Transfer | None = Field(None, title="Chuyển hồ sơ")
    hand_over: HandOver | None = Field(None, title="Trả kết quả")
    components: tuple[Component, ...] = Field((), title="Thành phần hồ sơ", max_length=200)
    results: tuple[Result, ...] = Field((), title="Kết quả", max_length=50)
    fees: tuple[Fee, ...] = Field((), title="Phí, lệ phí", max_length=50)
    fee_id: Text50 | None = Field(None, title="Khoản thu")
    official_code: Text50 | None = Field(None, title="Mã hồ sơ")
    codes: tuple[OtherCode, ...] = Field((), title="Mã khác", max_length=20)
    target: Text100 | None = Field(None, title="Hồ sơ liên quan")
    supersedes: Text100 | None = Field(
        None, title="Thay cho sự kiện", description="the ref of the event that this one corrects"
    )
    patch: dict[str, Any] | None = Field(
        None, title="Nội dung đính chính", description="a JSON merge patch (RFC 7396)"
    )


class Event(NewEvent):
    """An event as the gateway keeps it, numbered within its dossier."""

    action: Text500 = Field(title="Hành động")
    seq: Annotated[int, Strict(), Field(ge=1)] = Field(title="Số thứ tự đến")
    recorded_at: Instant = Field(title="Ghi nhận lúc")
    status: Status = Field(title="Trạng thái sau sự kiện")
    late: Flag = Field(False, title="Đến muộn", description="older than one that came before it")
    inferred: Flag = Field(False, title="Suy ra", description="a difference between snapshots")


def order(event: Event) -> tuple[datetime, int]:
    """Sort key of a history: by what the clock said, ties by arrival."""
    return event.occurred_at, event.seq
