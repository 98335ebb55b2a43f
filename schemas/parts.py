"""The parts a dossier is made of: agencies, parties, addresses, papers, results, fees."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, Strict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import (
    DATE_ONLY,
    Country,
    Date,
    Instant,
    Part,
    PartialDate,
    Text20,
    Text35,
    Text50,
    Text100,
    Text200,
    Text500,
    Text1000,
    Text2000,
    Text4000,
    office_day_end,
)

Count = Annotated[int, Strict(), Field(ge=0, le=9999)]
Amount = Annotated[int, Strict(), Field(ge=0, le=10**12)]
Flag = Annotated[bool, Strict()]
Code = Text50
Name = Text500
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class AgencyRef(Part):
    """An authority, by its identification code, its full name, or both; never converted by rule."""

    code: Text35 | None = Field(None, title="Mã định danh cơ quan", examples=["H99.14.05"])
    scheme: Literal["qd20", "qcvn102", "tax", "local"] | None = Field(
        None, title="Hệ mã", description="which list the code is from"
    )
    name: Name | None = Field(
        None,
        title="Tên cơ quan",
        description="with the province, because names repeat",
        examples=["UBND xã Trần Văn Thời, tỉnh Cà Mau"],
    )
    as_of: Date | None = Field(None, title="Theo danh mục ngày")

    @model_validator(mode="after")
    def _known_somehow(self) -> AgencyRef:
        if self.code is None and self.name is None:
            raise PydanticCustomError("agency_unknown", "needs a code or a name")
        return self


class Agencies(Part):
    """The authorities that have a hand in one dossier; they are often not the same."""

    competent: AgencyRef = Field(title="Cơ quan có thẩm quyền", description="decides the routing")
    receiving: AgencyRef | None = Field(
        None, title="Cơ quan tiếp nhận", description="as it was at reception; unit of the code"
    )
    helped: AgencyRef | None = Field(None, title="Nơi hỗ trợ nộp hồ sơ")
    handling: AgencyRef | None = Field(None, title="Cơ quan đang giải quyết")
    returning: AgencyRef | None = Field(None, title="Nơi trả kết quả")


class Verified(Part):
    """Who confirmed an identity, and when."""

    by: Text100 = Field(title="Nguồn xác thực")
    at: Instant | None = Field(None, title="Thời điểm xác thực")


class Identity(Part):
    """A number that identifies a person or a body; a check digit only ever warns."""

    kind: Literal[
        "personal_number",
        "old_id_card",
        "passport",
        "tax_code",
        "business_registration",
        "agency_code",
        "foreign_id",
        "other",
    ] = Field(title="Loại định danh")
    number: Text50 = Field(title="Số định danh", examples=["001399000000"])
    document: Text100 | None = Field(None, title="Loại giấy tờ")
    issued_on: Date | None = Field(None, title="Ngày cấp")
    issued_by: Name | None = Field(None, title="Nơi cấp")
    verified: Verified | None = Field(None, title="Đã xác thực")


class Unit(Part):
    """An administrative unit as the source wrote it."""

    code: Text20 | None = Field(None, title="Mã", examples=["32095"])
    name: Text200 | None = Field(None, title="Tên", examples=["Xã Trần Văn Thời"])


class Address(Part):
    """A place, with the generation of administrative units in which it is written."""

    kind: Literal["permanent", "temporary", "current", "contact"] = Field(
        "contact", title="Loại địa chỉ"
    )
    detail: Text500 | None = Field(None, title="Số nhà, đường, thôn, ấp")
    commune: Unit | None = Field(None, title="Xã, phường, đặc khu")
    district: Unit | None = Field(None, title="Quận, huyện (trước 01/7/2025)")
    province: Unit | None = Field(None, title="Tỉnh, thành phố")
    country: Country | None = Field(
        None, title="Quốc gia", description="ISO 3166-1 alpha-2", examples=["VN"]
    )
    generation: Literal["before_2025_07", "from_2025_07", "unknown"] = Field(
        "unknown", title="Thế hệ địa giới", description="`unknown` is the honest default"
    )
    as_of: Date | None = Field(None, title="Theo danh mục ngày")


class NameParts(Part):
    """A personal name as it is split in the source; splitting one is a guess."""

    family: Text100 = Field(title="Họ")
    middle: Text200 | None = Field(None, title="Chữ đệm")
    given: Text100 = Field(title="Tên")


class Representative(Part):
    """Who acts for a body."""

    name: Name = Field(title="Người đại diện")
    position: Text200 | None = Field(None, title="Chức vụ")
    identities: tuple[Identity, ...] = Field((), title="Giấy tờ", max_length=10)


class Party(Part):
    """A person or a body with a part in the dossier."""

    kind: Literal["citizen", "business", "household_business", "state_agency", "organisation"] = (
        Field(title="Loại đối tượng")
    )
    name: Name = Field(title="Tên", examples=["Lò Thị Mẫu Thử"])
    name_parts: NameParts | None = Field(None, title="Họ, chữ đệm, tên")
    birth: PartialDate | None = Field(
        None, title="Ngày sinh", description="YYYY, YYYY-MM or YYYY-MM-DD: a date, without a zone"
    )
    sex: Literal["male", "female", "other"] | None = Field(None, title="Giới tính")
    nationality: Country | None = Field(None, title="Quốc tịch", examples=["VN"])
    account_id: Text100 | None = Field(None, title="Mã tài khoản điện tử (TechID)")
    representative: Representative | None = Field(None, title="Người đại diện")
    identities: tuple[Identity, ...] = Field((), title="Giấy tờ định danh", max_length=10)
    addresses: tuple[Address, ...] = Field((), title="Địa chỉ", max_length=10)
    phone: Text50 | None = Field(None, title="Số điện thoại")
    email: Text200 | None = Field(None, title="Thư điện tử")
    fax: Text50 | None = Field(None, title="Fax")


class Submitter(Party):
    """Who hands the dossier in, where that is not the owner."""

    relation: Literal["self", "authorised", "guardian", "post"] = Field(
        "self", title="Quan hệ với chủ hồ sơ"
    )
    authority: Text500 | None = Field(None, title="Giấy ủy quyền")


class Officer(Part):
    """An official, as the citizen may see them."""

    name: Text200 = Field(title="Họ tên")
    title: Text200 | None = Field(None, title="Chức danh")


class File(Part):
    """An electronic document, by reference: its bytes are uploaded apart or stay at the source."""

    id: Text100 = Field(title="Mã tệp")
    name: Text4000 = Field(title="Tên tệp", examples=["to-khai.pdf"])
    media_type: Text100 | None = Field(None, title="Kiểu tệp", examples=["application/pdf"])
    size: Annotated[int, Strict(), Field(ge=0)] | None = Field(None, title="Kích thước (byte)")
    sha256: Sha256 | None = Field(None, title="Mã băm SHA-256", description="of POST /v1/files")
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)] | None = (
        Field(None, title="Địa chỉ tải")
    )
    signed: Flag | None = Field(None, title="Đã ký số")
    removed: Flag = Field(False, title="Đã gỡ")

    @model_validator(mode="after")
    def _found_somewhere(self) -> File:
        if self.sha256 is None and self.url is None and not self.removed:
            raise PydanticCustomError("file_nowhere", "needs sha256 or url")
        return self


class Component(Part):
    """A paper that the procedure asks for."""

    id: Code = Field(title="Mã thành phần của phần mềm nguồn", description="stable")
    code: Text100 | None = Field(None, title="Mã giấy tờ")
    name: Text2000 = Field(title="Tên giấy tờ")
    originals: Count | None = Field(None, title="Số bản chính")
    copies: Count | None = Field(None, title="Số bản sao")
    electronic: Flag | None = Field(None, title="Bản điện tử")
    digitised: Flag | None = Field(None, title="Được số hóa")
    reuse: Literal["none", "component", "result"] | None = Field(None, title="Được tái sử dụng")
    reused_from: Text100 | None = Field(None, title="Tái sử dụng từ hồ sơ")
    from_national_store: Flag | None = Field(None, title="Lấy từ kho dữ liệu quốc gia")
    replaced_by_result: Text100 | None = Field(None, title="Mã kết quả thay thế")
    files: tuple[File, ...] = Field((), title="Tệp đính kèm", max_length=50)
    removed: Flag = Field(False, title="Đã gỡ")


class OtherPaper(Part):
    """A paper that came along without being asked for."""

    name: Text2000 = Field(title="Tên giấy tờ")
    quantity: Count | None = Field(None, title="Số lượng")
    kind: Text100 | None = Field(None, title="Loại")


class Result(Part):
    """What the citizen gets in the end."""

    id: Code = Field(title="Mã kết quả của phần mềm nguồn")
    code: Text100 | None = Field(None, title="Mã kết quả của thủ tục")
    name: Text2000 = Field(title="Tên giấy tờ kết quả")
    number: Text100 | None = Field(None, title="Số, ký hiệu")
    summary: Text1000 | None = Field(None, title="Trích yếu")
    issued_on: Date | None = Field(None, title="Ngày ban hành")
    issued_by: AgencyRef | None = Field(None, title="Cơ quan ban hành")
    signed_by: Officer | None = Field(None, title="Người ký")
    signed_at: Instant | None = Field(None, title="Thời điểm ký")
    valid_until: Date | None = Field(None, title="Có giá trị đến")
    scope: Text200 | None = Field(None, title="Phạm vi hiệu lực")
    holder: Party | None = Field(None, title="Chủ sở hữu")
    form: Literal["electronic", "paper", "none_required"] | None = Field(None, title="Hình thức")
    files: tuple[File, ...] = Field((), title="Tệp kết quả", max_length=50)
    supersedes: Code | None = Field(None, title="Thay thế kết quả")
    revoked: Flag = Field(False, title="Bị thu hồi")


class Paid(Part):
    """How and when a fee was paid."""

    at: Instant = Field(title="Thời điểm thanh toán")
    means: Literal["cash", "bank", "national_portal", "agency_gateway"] = Field(
        title="Hình thức thanh toán"
    )
    reference: Text100 | None = Field(None, title="Mã giao dịch")
    receipt: Text100 | None = Field(None, title="Số biên lai")


class Fee(Part):
    """A fee or charge, in whole đồng."""

    id: Code = Field(title="Mã khoản thu của phần mềm nguồn")
    code: Code | None = Field(None, title="Mã phí, lệ phí")
    name: Text500 = Field(title="Tên khoản thu")
    kind: Literal["phi", "le_phi", "tax", "other"] = Field(title="Loại khoản thu")
    phase: Literal["reception", "supplement", "result"] | None = Field(None, title="Lúc thu")
    amount: Amount = Field(title="Số tiền (đồng)")
    state: Literal["due", "paid", "waived", "refunded", "cancelled"] = Field(
        "due", title="Trạng thái"
    )
    paid: Paid | None = Field(None, title="Thanh toán")


class Due(Part):
    """When the citizen was promised the result; `none` where the procedure has no due time."""

    at: Instant | None = Field(None, title="Ngày hẹn trả")
    precision: Literal["instant", "day"] = Field("instant", title="Độ chính xác")
    none: Flag = Field(False, title="Thủ tục không có thời hạn")
    stated_by: Text100 | None = Field(None, title="Nơi ấn định")
    rule: Text200 | None = Field(None, title="Cách tính")
    first_at: Instant | None = Field(
        None, title="Ngày hẹn trả đầu tiên", description="set by the gateway"
    )

    @model_validator(mode="before")
    @classmethod
    def _day_to_instant(cls, data: Any) -> Any:
        """Let a date alone mean the end of that office's working day, and say so."""
        at = data.get("at") if isinstance(data, dict) else None
        if not isinstance(at, str) or not DATE_ONLY.fullmatch(at.strip()):
            return data
        try:
            day = date.fromisoformat(at.strip())
        except ValueError:
            return data
        return data | {"at": office_day_end(day), "precision": "day"}

    @model_validator(mode="after")
    def _one_or_none(self) -> Due:
        if (self.at is None) == (not self.none):
            raise PydanticCustomError("due_unclear", "needs either `at` or `none: true`")
        return self
