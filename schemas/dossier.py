"""The canonical dossier: what every system is told, in one form."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, Strict

from schemas.base import Date, Instant, Part, Text50, Text100, Text200, Text500, Text1000, Text20000
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

    ref: Text100 = Field(title="Mã của phần mềm nguồn", examples=["2026/0417"])
    system: Text100 | None = Field(None, title="Phần mềm nguồn")
    as_of: Instant | None = Field(None, title="Dữ liệu tính đến")


class Origin(Part):
    """The system in which a dossier was born; it is never asked to create it again."""

    system: Text100 = Field(title="Nơi phát sinh", examples=["national-portal"])
    code: Text100 | None = Field(None, title="Mã tại nơi phát sinh")
    at: Instant | None = Field(None, title="Phát sinh lúc")


class Known(Part):
    """A system that already holds the dossier when the gateway takes it over."""

    system: Text100 = Field(title="Hệ thống đã có hồ sơ")
    ref: Text100 | None = Field(None, title="Mã tại hệ thống đó")
    as_of: Instant = Field(title="Biết đến thời điểm")
    status: Status | None = Field(None, title="Trạng thái tại hệ thống đó")


class Related(Part):
    """A tie to another dossier."""

    relation: Literal["group", "follows", "replaces", "duplicate_of"] = Field(title="Quan hệ")
    code: Text100 = Field(title="Mã hoặc id")


class Decision(Part):
    """The publication under which a procedure stood at reception."""

    decision: Text100 = Field(title="Quyết định công bố")
    effective_from: Date | None = Field(None, title="Hiệu lực từ")


class Coded(Part):
    """A code with its name."""

    code: Text50 = Field(title="Mã")
    name: Text500 | None = Field(None, title="Tên")


class Procedure(Part):
    """The administrative procedure (thủ tục hành chính) that a dossier is filed under."""

    code: Text50 = Field(title="Mã thủ tục hành chính", examples=["1.001193"])
    local_code: Text50 | None = Field(None, title="Mã thủ tục tại địa phương")
    name: Text1000 | None = Field(None, title="Tên thủ tục")
    version: Decision | None = Field(None, title="Phiên bản công bố")
    case: Coded | None = Field(None, title="Trường hợp")
    online_service: Text50 | None = Field(None, title="Mã dịch vụ công")
    field: Coded | None = Field(None, title="Lĩnh vực")


class Form(Part):
    """The application form, as data."""

    schema_: Text100 = Field(alias="schema", title="Mẫu tờ khai")
    version: Text50 | None = Field(None, title="Phiên bản")
    data: dict[str, Any] = Field(title="Nội dung tờ khai")


class Lookup(Part):
    """A database that was asked about the owner."""

    code: Text50 = Field(title="Mã cơ sở dữ liệu", examples=["1"])
    at: Instant | None = Field(None, title="Tra cứu lúc")
    found: Flag | None = Field(None, title="Có kết quả")


class Verification(Part):
    """What was confirmed about the owner; absent means unknown, which is not no."""

    vneid_account: Flag | None = Field(None, title="Tài khoản VNeID đã xác thực")
    databases: tuple[Lookup, ...] = Field((), title="Cơ sở dữ liệu đã tra cứu", max_length=20)


class Supplement(Part):
    """One round of asking the citizen for more; built from events."""

    no: Annotated[int, Strict()] = Field(title="Lần")
    stage: Literal["intake", "processing"] | None = Field(None, title="Giai đoạn")
    requested_at: Instant = Field(title="Ngày yêu cầu")
    requested_by: Officer | None = Field(None, title="Người yêu cầu")
    content: Text1000 | None = Field(None, title="Nội dung yêu cầu")
    reply_by: Instant | None = Field(None, title="Hạn bổ sung")
    received_at: Instant | None = Field(None, title="Ngày tiếp nhận bổ sung")
    received_by: Officer | None = Field(None, title="Người tiếp nhận bổ sung")
    receipt_note: Text1000 | None = Field(None, title="Thông tin tiếp nhận")
    done: Flag = Field(False, title="Đã bổ sung")
    papers: tuple[OtherPaper, ...] = Field((), title="Giấy tờ bổ sung", max_length=50)
    due_before: Instant | None = Field(None, title="Ngày hẹn trả trước")
    due_after: Instant | None = Field(None, title="Ngày hẹn trả mới")
    rule: Literal["extend", "restart"] | None = Field(None, title="Cách tính lại thời hạn")


class Quality(Part):
    """Something a reader of the data should know about it."""

    code: Text50 = Field(title="Cờ chất lượng", examples=["late"])
    pointer: Text200 | None = Field(None, title="Vị trí")
    since: Instant | None = Field(None, title="Từ lúc")
    by: Text100 | None = Field(None, title="Ghi bởi")


class Content(Part):
    """What a client may say about a dossier."""

    schema_version: Literal["1.0"] = Field("1.0", title="Phiên bản lược đồ")
    source: Source = Field(title="Nguồn")
    official_code: Text50 | None = Field(None, title="Mã hồ sơ", examples=["H99.14.05-260302-0007"])
    codes: tuple[OtherCode, ...] = Field((), title="Mã khác của hồ sơ", max_length=20)
    origin: Origin | None = Field(None, title="Nơi phát sinh", description="default: the client")
    related: tuple[Related, ...] = Field((), title="Hồ sơ liên quan", max_length=20)
    procedure: Procedure = Field(title="Thủ tục hành chính")
    summary: Text1000 | None = Field(None, title="Trích yếu")
    notes: Text20000 | None = Field(None, title="Ghi chú")
    agencies: Agencies = Field(title="Cơ quan")
    owner: Party = Field(title="Chủ hồ sơ")
    submitter: Submitter | None = Field(None, title="Người nộp", description="absent: the owner")
    assisted_by: Officer | None = Field(None, title="Người hỗ trợ")
    form: Form | None = Field(None, title="Tờ khai")
    channel: Literal["direct", "online", "post"] = Field(title="Kênh thực hiện")
    status: Status = Field(Status.SUBMITTED, title="Trạng thái")
    submitted_at: Instant = Field(title="Ngày nộp hồ sơ")
    received_at: Instant | None = Field(None, title="Ngày tiếp nhận")
    due: Due | None = Field(None, title="Ngày hẹn trả")
    refused_at: Instant | None = Field(None, title="Ngày từ chối")
    finished_at: Instant | None = Field(None, title="Ngày kết thúc xử lý")
    returned_at: Instant | None = Field(None, title="Ngày trả kết quả")
    return_: HandOver | None = Field(None, alias="return", title="Trả kết quả")
    components: tuple[Component, ...] = Field((), title="Thành phần hồ sơ", max_length=200)
    other_papers: tuple[OtherPaper, ...] = Field((), title="Giấy tờ khác", max_length=100)
    results: tuple[Result, ...] = Field((), title="Kết quả giải quyết", max_length=50)
    fees: tuple[Fee, ...] = Field((), title="Phí, lệ phí", max_length=50)
    verification: Verification | None = Field(None, title="Xác thực")
    extensions: dict[str, dict[str, Any]] | None = Field(
        None, title="Dữ liệu riêng", description="by namespace, at most 32 kB; never delivered"
    )


class NewDossier(Content):
    """A dossier as commune software posts it, with its history and who knows it already."""

    events: tuple[NewEvent, ...] = Field((), title="Lịch sử", max_length=200)
    known_in: tuple[Known, ...] = Field((), title="Hệ thống đã có hồ sơ", max_length=10)


class Dossier(Content):
    """A dossier as the gateway keeps it; version n is how it stands after event n."""

    id: UUID = Field(title="Mã trong cổng", description="UUIDv7, the identity in every path")
    version: Annotated[int, Strict(), Field(ge=1)] = Field(title="Phiên bản")
    environment: Literal["live", "sandbox"] = Field(title="Môi trường")
    supplements: tuple[Supplement, ...] = Field((), title="Các lần bổ sung")
    voided: Flag = Field(False, title="Đã hủy")
    data_quality: tuple[Quality, ...] = Field((), title="Chất lượng dữ liệu")
