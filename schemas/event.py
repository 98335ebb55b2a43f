"""An event: something that happened to a dossier, in the words of whoever recorded it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, Strict, model_validator

from schemas import days
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

    form: Literal["01", "02", "03", "04", "05", "06", "07"] = Field(
        title="Mẫu", description="number of the form"
    )
    number: Text100 | None = Field(None, title="Số", description="number of the paper")
    signed_by: Officer | None = Field(None, title="Người ký", description="who signed it")
    file: File | None = Field(None, title="Tệp", description="its electronic document")


class SupplementNote(Part):
    """What a supplement request asks for, or what came in answer to one."""

    stage: Literal["intake", "processing"] | None = Field(
        None, title="Giai đoạn", description="at intake or in processing"
    )
    content: Text1000 | None = Field(
        None, title="Nội dung bổ sung", description="what is asked for"
    )
    reply_by: Instant | None = Field(
        None, title="Hạn bổ sung", description="until when the citizen may answer"
    )
    receipt_note: Text1000 | None = Field(
        None, title="Thông tin tiếp nhận bổ sung", description="note of the one who took it in"
    )
    papers: tuple[OtherPaper, ...] = Field(
        (), title="Giấy tờ cần bổ sung", max_length=50, description="papers asked for"
    )
    fees: tuple[Fee, ...] = Field(
        (), title="Phí, lệ phí cần nộp", description="fees asked for", max_length=20
    )
    due_after: Instant | None = Field(
        None, title="Ngày hẹn trả mới", description="due time after the round"
    )
    rule: Literal["extend", "restart"] | None = Field(
        None, title="Cách tính lại thời hạn", description="whether the time goes on or begins anew"
    )


class Transfer(Part):
    """From which authority to which a dossier goes."""

    from_: AgencyRef = Field(alias="from", title="Cơ quan chuyển", description="who gives it away")
    to: AgencyRef = Field(title="Cơ quan nhận", description="who gets it")


class HandOver(Part):
    """How and to whom the result is handed over."""

    method: Literal["counter", "post", "online"] | None = Field(
        None, title="Hình thức trả", description="at the counter, by post or online"
    )
    note: Text500 | None = Field(
        None, title="Thông tin trả kết quả", description="anything to know about the hand-over"
    )
    tracking: Text100 | None = Field(
        None, title="Mã bưu gửi", description="tracking number of the post"
    )
    received_by: Text200 | None = Field(None, title="Người nhận", description="who took the result")


class OtherCode(Part):
    """A further code of the same dossier, and who gave it."""

    value: Text100 = Field(title="Mã", description="the code")
    kind: Literal["portal", "local", "receipt", "interlinked", "other", "claimed"] = Field(
        title="Loại mã",
        description="whose kind of code it is; claimed: another dossier has it, a human must look",
    )
    issuer: Text100 | None = Field(None, title="Nơi cấp", description="who gave it")
    at: Instant | None = Field(None, title="Cấp lúc", description="when it was given")


class NewEvent(Part):
    """An event as commune software posts it; which fields a kind needs is in `rules.lifecycle`."""

    ref: Text100 = Field(
        title="Mã sự kiện của phần mềm nguồn",
        description="unique in its dossier: a repeated post is recognised by it",
        examples=["buoc-2"],
    )
    kind: Kind = Field(title="Loại sự kiện", description="what happened")
    occurred_at: Instant = Field(title="Thời điểm xảy ra", description="when it happened")
    action: Text500 | None = Field(
        None, title="Hành động", description="default: the Vietnamese name of the kind"
    )
    note: Text20000 | None = Field(None, title="Ý kiến, ghi chú", description="a further word")
    officer: Officer | None = Field(None, title="Người xử lý", description="who did it")
    department: Text200 | None = Field(
        None, title="Phòng, ban xử lý", description="where it was done"
    )
    step_started_at: Instant | None = Field(
        None, title="Bắt đầu bước", description="when the step began"
    )
    step_due_at: Instant | None = Field(
        None, title="Hạn của bước", description="until when the step should be done"
    )
    status: Status | None = Field(
        None, title="Trạng thái sau sự kiện", description="absent: as the table says"
    )
    reason: Text1000 | None = Field(None, title="Lý do", description="why")
    approver: Officer | None = Field(None, title="Người phê duyệt", description="who approved it")
    form: IssuedForm | None = Field(
        None, title="Mẫu đã ban hành", description="the form that was issued"
    )
    received_at: Instant | None = Field(
        None, title="Ngày tiếp nhận", description="when it was accepted"
    )
    due: Due | None = Field(None, title="Ngày hẹn trả", description="the promised time")
    supplement: SupplementNote | None = Field(
        None, title="Bổ sung", description="what is asked for, or came in"
    )
    transfer: Transfer | None = Field(
        None, title="Chuyển hồ sơ", description="from which authority to which"
    )
    hand_over: HandOver | None = Field(
        None, title="Trả kết quả", description="how the result was handed over"
    )
    components: tuple[Component, ...] = Field(
        (), title="Thành phần hồ sơ", max_length=200, description="papers that came in or changed"
    )
    results: tuple[Result, ...] = Field(
        (), title="Kết quả", max_length=50, description="results of this step"
    )
    fees: tuple[Fee, ...] = Field(
        (), title="Phí, lệ phí", max_length=50, description="fees that were set or changed"
    )
    fee_id: Text50 | None = Field(None, title="Khoản thu", description="the fee that this is about")
    official_code: Text50 | None = Field(
        None, title="Mã hồ sơ", description="the official code, when it becomes known"
    )
    codes: tuple[OtherCode, ...] = Field(
        (), title="Mã khác", max_length=20, description="further codes that become known"
    )
    target: Text100 | None = Field(
        None, title="Hồ sơ liên quan", description="what it is linked with"
    )
    supersedes: Text100 | None = Field(
        None, title="Thay cho sự kiện", description="the ref of the event that this one corrects"
    )
    patch: dict[str, Any] | None = Field(
        None, title="Nội dung đính chính", description="a JSON merge patch (RFC 7396)"
    )
    day_times: tuple[Text200, ...] = Field(
        (),
        title="Chỉ biết ngày",
        max_length=100,
        description="pointers of the times of which only the day is known, also `YYYY-MM-DD`",
    )

    @model_validator(mode="after")
    def _days(self) -> NewEvent:
        days.settle(self, self.day_times)
        return self


class Event(NewEvent):
    """An event as the gateway keeps it, numbered within its dossier."""

    action: Text500 = Field(title="Hành động", description="what was done, never empty")
    seq: Annotated[int, Strict(), Field(ge=1, description="number in order of arrival")] = Field(
        title="Số thứ tự đến"
    )
    recorded_at: Instant = Field(title="Ghi nhận lúc", description="when the gateway stored it")
    status: Status = Field(
        title="Trạng thái sau sự kiện", description="where the dossier stands after it"
    )
    carried: Flag = Field(
        False,
        title="Không nói về trạng thái",
        description="it says nothing of the state itself: the one before it, or the wait, stands",
    )
    late: Flag = Field(False, title="Đến muộn", description="older than one that came before it")
    inferred: Flag = Field(False, title="Suy ra", description="a difference between snapshots")
