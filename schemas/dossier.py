"""The canonical dossier: what every system is told, in one form."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, Strict, StringConstraints, model_validator

from schemas import days
from schemas.base import (
    SEEN,
    Date,
    Instant,
    Part,
    Text50,
    Text100,
    Text200,
    Text500,
    Text1000,
    Text20000,
    Text65536,
)
from schemas.event import HandOver, NewEvent, OtherCode
from schemas.parts import (
    Agencies,
    Component,
    Due,
    Fee,
    Flag,
    Officer,
    OtherPaper,
    Party,
    Result,
    Submitter,
)
from schemas.status import Status


class Source(Part):
    """Where a dossier comes from; `ref` makes everything idempotent."""

    ref: Text100 = Field(
        title="Mã của phần mềm nguồn",
        examples=["2026/0417"],
        description="the client's own key for the dossier; the same key again is the same dossier",
    )
    system: Text100 | None = Field(None, title="Phần mềm nguồn", description="name of the software")
    as_of: Instant | None = Field(
        None, title="Dữ liệu tính đến", description="when the row stood so; needed for snapshots"
    )
    raw: Text65536 | None = Field(
        None,
        title="Bản ghi gốc",
        description="the row as the source wrote it; kept and never delivered",
    )


class Origin(Part):
    """The system in which a dossier was born; it is never asked to create it again."""

    system: Text100 = Field(
        title="Nơi phát sinh",
        examples=["national-portal"],
        description="name of the system in which it was born",
    )
    code: Text100 | None = Field(None, title="Mã tại nơi phát sinh", description="its code there")
    at: Instant | None = Field(None, title="Phát sinh lúc", description="when it was born")


class Known(Part):
    """A system that already holds the dossier when the gateway takes it over."""

    system: Text100 = Field(title="Hệ thống đã có hồ sơ", description="name of the system")
    ref: Text100 | None = Field(None, title="Mã tại hệ thống đó", description="its code there")
    as_of: Instant = Field(
        title="Biết đến thời điểm", description="until when that system knows the history"
    )
    status: Status | None = Field(
        None, title="Trạng thái tại hệ thống đó", description="where it stands there"
    )


class Related(Part):
    """A tie to another dossier."""

    relation: Literal["group", "follows", "replaces", "duplicate_of"] = Field(
        title="Quan hệ", description="how the two are tied"
    )
    code: Text100 = Field(title="Mã hoặc id", description="code or id of the other dossier")


class Decision(Part):
    """The publication under which a procedure stood at reception."""

    decision: Text100 = Field(
        title="Quyết định công bố", description="number of the decision that published it"
    )
    effective_from: Date | None = Field(
        None, title="Hiệu lực từ", description="first day on which it was in force"
    )


class Coded(Part):
    """A code with its name."""

    code: Text50 = Field(title="Mã", description="the code")
    name: Text500 | None = Field(None, title="Tên", description="its name")


class Procedure(Part):
    """The administrative procedure (thủ tục hành chính) that a dossier is filed under."""

    code: Text50 = Field(
        title="Mã thủ tục hành chính",
        examples=["1.001193"],
        description="national code of the procedure",
    )
    local_code: Text50 | None = Field(
        None,
        title="Mã thủ tục tại địa phương",
        description="code with the tail of a province or commune",
    )
    name: Text1000 | None = Field(
        None, title="Tên thủ tục", description="name as the source wrote it"
    )
    version: Decision | None = Field(
        None, title="Phiên bản công bố", description="the publication in force at reception"
    )
    case: Coded | None = Field(
        None, title="Trường hợp", description="the case that decides papers and duration"
    )
    online_service: Text50 | None = Field(
        None, title="Mã dịch vụ công", description="code of the online service"
    )
    field: Coded | None = Field(None, title="Lĩnh vực", description="the field of administration")


class Form(Part):
    """The application form, as data."""

    schema_: Text100 = Field(
        alias="schema", title="Mẫu tờ khai", description="name of the form's own schema"
    )
    version: Text50 | None = Field(None, title="Phiên bản", description="version of that schema")
    data: dict[str, Any] = Field(title="Nội dung tờ khai", description="the fields of the form")


class Lookup(Part):
    """A database that was asked about the owner."""

    code: Text50 = Field(
        title="Mã cơ sở dữ liệu", examples=["1"], description="code of the database"
    )
    at: Instant | None = Field(None, title="Tra cứu lúc", description="when it was asked")
    found: Flag | None = Field(None, title="Có kết quả", description="whether something was found")


class Verification(Part):
    """What was confirmed about the owner; absent means unknown, which is not no."""

    vneid_account: Flag | None = Field(
        None,
        title="Tài khoản VNeID đã xác thực",
        description="the account is verified by VNeID; absent: unknown",
    )
    databases: tuple[Lookup, ...] = Field(
        (), title="Cơ sở dữ liệu đã tra cứu", max_length=20, description="databases that were asked"
    )


class Supplement(Part):
    """One round of asking the citizen for more; built from events."""

    no: Annotated[int, Strict()] = Field(title="Lần", description="number of the round")
    stage: Literal["intake", "processing"] | None = Field(
        None, title="Giai đoạn", description="at intake or in processing"
    )
    requested_at: Instant = Field(title="Ngày yêu cầu", description="when it was asked for")
    requested_by: Officer | None = Field(None, title="Người yêu cầu", description="who asked")
    content: Text1000 | None = Field(
        None, title="Nội dung yêu cầu", description="what is asked for"
    )
    reply_by: Instant | None = Field(
        None, title="Hạn bổ sung", description="until when the citizen may answer"
    )
    received_at: Instant | None = Field(
        None, title="Ngày tiếp nhận bổ sung", description="when it was complete"
    )
    received_by: Officer | None = Field(
        None, title="Người tiếp nhận bổ sung", description="who took it in"
    )
    receipt_note: Text1000 | None = Field(
        None, title="Thông tin tiếp nhận", description="note of the one who took it in"
    )
    done: Flag = Field(False, title="Đã bổ sung", description="the round is complete")
    papers: tuple[OtherPaper, ...] = Field(
        (), title="Giấy tờ bổ sung", max_length=50, description="papers asked for"
    )
    fees: tuple[Fee, ...] = Field(
        (), title="Phí, lệ phí bổ sung", description="fees asked for", max_length=20
    )
    due_before: Instant | None = Field(
        None, title="Ngày hẹn trả trước", description="due time before the round"
    )
    due_after: Instant | None = Field(
        None, title="Ngày hẹn trả mới", description="due time after the round"
    )
    rule: Literal["extend", "restart"] | None = Field(
        None, title="Cách tính lại thời hạn", description="whether the time goes on or begins anew"
    )


class Quality(Part):
    """Something a reader of the data should know about it."""

    code: Text50 = Field(title="Cờ chất lượng", examples=["late"], description="code of the flag")
    pointer: Text200 | None = Field(
        None, title="Vị trí", description="JSON pointer to what it is about"
    )
    since: Instant | None = Field(None, title="Từ lúc", description="since when")
    by: Text100 | None = Field(None, title="Ghi bởi", description="who raised it")


Verdict = Literal["on_time", "late", "unknown"]


class Punctuality(Part):
    """Whether the handling ended in time: as the times stand now, and as they stood at the end."""

    now: Verdict = Field(title="Hiện nay", description="by the times as they stand now")
    at_end: Verdict = Field(
        title="Khi kết thúc", description="by the times as they stood when it ended first"
    )


class Content(Part):
    """What a client may say about a dossier."""

    schema_version: Annotated[str, StringConstraints(pattern=r"^1\.[0-9]{1,3}$")] = Field(
        "1.1",
        title="Phiên bản lược đồ",
        description="version of this schema; the newest when absent",
    )
    source: Source = Field(
        title="Nguồn", description="the software that says this, with its own key"
    )
    official_code: Text50 | None = Field(
        None,
        title="Mã hồ sơ",
        examples=["H99.14.05-260302-0007"],
        description="dossier code; fixed once a system was told of it",
    )
    codes: tuple[OtherCode, ...] = Field(
        (),
        title="Mã khác của hồ sơ",
        max_length=20,
        description="further codes of the same dossier",
    )
    origin: Origin | None = Field(None, title="Nơi phát sinh", description="default: the client")
    related: tuple[Related, ...] = Field(
        (), title="Hồ sơ liên quan", max_length=20, description="ties to other dossiers"
    )
    procedure: Procedure = Field(
        title="Thủ tục hành chính", description="the administrative procedure it is filed under"
    )
    summary: Text1000 | None = Field(
        None, title="Trích yếu", description="what is asked for, in one sentence"
    )
    notes: Text20000 | None = Field(
        None, title="Ghi chú", description="notes for those who handle it"
    )
    agencies: Agencies = Field(
        title="Cơ quan", description="the authorities that have a hand in it"
    )
    owner: Party = Field(title="Chủ hồ sơ", description="whose dossier it is")
    submitter: Submitter | None = Field(None, title="Người nộp", description="absent: the owner")
    assisted_by: Officer | None = Field(
        None, title="Người hỗ trợ", description="the officer who helped; not the applicant"
    )
    form: Form | None = Field(None, title="Tờ khai", description="the application form, as data")
    channel: Literal["direct", "online", "post"] = Field(
        title="Kênh thực hiện", description="how it was handed in"
    )
    status: Status = Field(
        Status.SUBMITTED,
        title="Trạng thái",
        description="where it stands; computed from events where there are any",
    )
    submitted_at: Instant = Field(
        title="Ngày nộp hồ sơ", description="when the citizen handed it in"
    )
    received_at: Instant | None = Field(
        None, title="Ngày tiếp nhận", description="when it was accepted; absent before"
    )
    due: Due | None = Field(None, title="Ngày hẹn trả", description="when the result is promised")
    refused_at: Instant | None = Field(
        None, title="Ngày từ chối", description="when it was refused"
    )
    finished_at: Instant | None = Field(
        None, title="Ngày kết thúc xử lý", description="when the handling ended"
    )
    returned_at: Instant | None = Field(
        None, title="Ngày trả kết quả", description="when the result was handed over"
    )
    return_: HandOver | None = Field(
        None, alias="return", title="Trả kết quả", description="how the result is handed over"
    )
    components: tuple[Component, ...] = Field(
        (),
        title="Thành phần hồ sơ",
        max_length=200,
        description="papers that the procedure asks for",
    )
    other_papers: tuple[OtherPaper, ...] = Field(
        (),
        title="Giấy tờ khác",
        max_length=100,
        description="papers that came along without being asked for",
    )
    results: tuple[Result, ...] = Field(
        (), title="Kết quả giải quyết", max_length=50, description="what the citizen gets"
    )
    fees: tuple[Fee, ...] = Field(
        (), title="Phí, lệ phí", max_length=50, description="fees and charges"
    )
    verification: Verification | None = Field(
        None, title="Xác thực", description="what was confirmed about the owner"
    )
    extensions: dict[str, dict[str, Any]] | None = Field(
        None, title="Dữ liệu riêng", description="by namespace, at most 32 kB; never delivered"
    )
    day_times: tuple[Text200, ...] = Field(
        (),
        title="Chỉ biết ngày",
        max_length=200,
        description="pointers of the times of which only the day is known, also `YYYY-MM-DD`",
    )

    @model_validator(mode="after")
    def _days(self) -> Content:
        days.settle(self, self.day_times)
        SEEN.day = False
        return self


class NewDossier(Content):
    """A dossier as commune software posts it, with its history and who knows it already."""

    events: tuple[NewEvent, ...] = Field(
        (), title="Lịch sử", max_length=200, description="its history so far, in any order"
    )
    known_in: tuple[Known, ...] = Field(
        (), title="Hệ thống đã có hồ sơ", max_length=10, description="systems that hold it already"
    )


class Dossier(Content):
    """A dossier as the gateway keeps it; version n is how it stands after event n."""

    id: UUID = Field(title="Mã trong cổng", description="UUIDv7, the identity in every path")
    version: Annotated[int, Strict(), Field(ge=1)] = Field(
        title="Phiên bản", description="number of the last event"
    )
    environment: Literal["live", "sandbox"] = Field(
        title="Môi trường", description="live or sandbox"
    )
    supplements: tuple[Supplement, ...] = Field(
        (), title="Các lần bổ sung", description="rounds of asking the citizen for more"
    )
    punctuality: Punctuality | None = Field(
        None, title="Đúng hạn", description="once it has ended: whether in time"
    )
    voided: Flag = Field(False, title="Đã hủy", description="it was voided, and counts no more")
    data_quality: tuple[Quality, ...] = Field(
        (), title="Chất lượng dữ liệu", description="what a reader should know about the data"
    )
