"""What the API answers, as models: for the specification; the routes write plain JSON."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from schemas.base import Instant
from schemas.dossier import Dossier, Quality
from schemas.event import Event
from schemas.status import Status


class Warned(BaseModel):
    """What one system will lack, said at once."""

    system: str = Field(title="Hệ thống", description="name of the system")
    code: str = Field(title="Mã", description="what kind of lack it is")
    pointer: str = Field(title="Vị trí", description="JSON pointer to the field")
    detail: str = Field(title="Nội dung", description="in one sentence")


class Rule(BaseModel):
    """How it was counted, in words."""

    vi: str = Field(title="Tiếng Việt", description="in Vietnamese")
    en: str = Field(title="Tiếng Anh", description="in English")


class ExpectedDue(BaseModel):
    """When the result would be due by the procedure catalogue: read only, and kept nowhere."""

    at: Instant | None = Field(
        None, title="Ngày hẹn trả theo quy định", description="absent while the clock stands"
    )
    basis: Literal["counted", "clock_stands"] = Field(
        title="Cơ sở", description="whether it was counted, or a supplement is waited for"
    )
    rule: Rule = Field(title="Cách tính", description="how it was counted, in both languages")
    provisional: bool = Field(
        title="Tạm tính", description="days off may change, or the duration is a sample's"
    )
    stated: Instant | None = Field(
        None, title="Ngày hẹn trả của nguồn", description="what the source promises"
    )
    compared: Literal["same", "earlier", "later"] | None = Field(
        None, title="So với quy định", description="what the source promises is the same, …"
    )


EXPECTED = Field(
    None,
    title="Ngày hẹn trả theo quy định",
    description="absent where the catalogue does not say how long it may take",
)


class Stored(BaseModel):
    """A request that was stored, or was known already."""

    id: UUID = Field(title="Mã trong cổng", description="the dossier's identity in every path")
    version: int = Field(title="Phiên bản", description="number of its last event")
    status: Status = Field(title="Trạng thái", description="where it stands")
    official_code: str | None = Field(None, title="Mã hồ sơ", description="if it is known")
    environment: Literal["live", "sandbox"] = Field(title="Môi trường", description="of the key")
    voided: bool = Field(False, title="Đã hủy", description="it was voided, and counts no more")
    merged_into: UUID | None = Field(None, title="Đã gộp vào", description="the survivor")
    created: bool | None = Field(None, title="Mới", description="a new dossier was opened")
    joined: bool | None = Field(None, title="Đã gộp nguồn", description="it was known by its code")
    event: int | None = Field(None, title="Số sự kiện", description="number of the event")
    events: list[int] | None = Field(None, title="Số sự kiện", description="made of a row")
    stale: bool | None = Field(None, title="Cũ", description="a newer row is held")
    evidence: bool | None = Field(
        None, title="Giữ làm bằng chứng", description="kept aside: the state is somebody else's"
    )
    systems: list[str] = Field(title="Hệ thống", description="who must know of it")
    data_quality: list[Quality] = Field(
        title="Chất lượng dữ liệu", description="what a reader should know"
    )
    warnings: list[Warned] = Field(title="Cảnh báo", description="what systems will lack")
    expected_due: ExpectedDue | None = EXPECTED


class Happened(Event):
    """An event as it is answered: with the system that told it, if one did."""

    origin: str | None = Field(None, title="Nguồn", description="the system that told it")


class Evidenced(BaseModel):
    """What somebody said otherwise."""

    source: str = Field(title="Nguồn", description="client or system")
    ref: str = Field(title="Mã", description="their own name for it")
    why: str = Field(title="Lý do", description="why it moved nothing")
    at: Instant = Field(title="Lúc", description="when it was heard")
    pointers: list[str] = Field(title="Vị trí", description="what differs")
    said: dict[str, Any] = Field(title="Nội dung", description="what was said, as it was")


class Whole(Dossier):
    """A dossier with its history."""

    events: list[Happened] = Field(title="Lịch sử", description="in order of arrival")
    evidence: list[Evidenced] = Field(
        default=[], title="Bằng chứng", description="what was said otherwise"
    )
    merged_into: UUID | None = Field(None, title="Đã gộp vào", description="the survivor")
    expected_due: ExpectedDue | None = EXPECTED


class Line(BaseModel):
    """A dossier in a list."""

    id: UUID = Field(title="Mã trong cổng", description="the dossier's identity")
    ref: str = Field(title="Mã nguồn", description="the first source's own key")
    official_code: str | None = Field(None, title="Mã hồ sơ", description="if it is known")
    status: Status = Field(title="Trạng thái", description="where it stands")
    procedure: str = Field(title="Thủ tục", description="code of the procedure")
    version: int = Field(title="Phiên bản", description="number of its last event")
    updated_at: Instant = Field(title="Thay đổi lúc", description="of the last change")
    voided: bool = Field(title="Đã hủy", description="it was voided, and counts no more")
    merged_into: UUID | None = Field(None, title="Đã gộp vào", description="the survivor")
    expected_due: ExpectedDue | None = EXPECTED


class Page(BaseModel):
    """A page of a list; follow `next` until it is absent, and keep `cursor` to come back."""

    dossiers: list[Line] = Field(title="Hồ sơ", description="oldest change first")
    next: str | None = Field(None, title="Trang sau", description="cursor of the next page")
    cursor: str = Field(
        title="Vị trí đã đọc", description="for `cursor`, at any later time: what changed since"
    )


class Fault(BaseModel):
    """One thing that is wrong."""

    code: str = Field(title="Mã lỗi", description="stable")
    pointer: str = Field(title="Vị trí", description="JSON pointer to the field")
    detail: str = Field(title="Nội dung", description="in the language that was asked for")
    expected: str | None = Field(None, title="Dạng đúng", description="the form expected")
    example: str | None = Field(None, title="Ví dụ", description="an example that passes")


class Refusal(BaseModel):
    """A problem (RFC 9457); more members say more, by its type."""

    type: str = Field(title="Loại", description="urn:lienthong:problem:CODE")
    title: str = Field(title="Tên lỗi", description="in the language that was asked for")
    status: int = Field(title="Mã HTTP", description="HTTP status")
    errors: list[Fault] = Field(
        default=[], title="Các lỗi", description="all that is wrong, together"
    )
