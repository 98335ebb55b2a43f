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
    day_of,
    is_day,
)

Count = Annotated[int, Strict(), Field(ge=0, le=9999)]
Amount = Annotated[int, Strict(), Field(ge=0, le=10**12)]
Flag = Annotated[bool, Strict()]
Code = Text50
Name = Text500
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class AgencyRef(Part):
    """An authority, by its identification code, its full name, or both; never converted by rule."""

    code: Text35 | None = Field(
        None,
        title="Mã định danh cơ quan",
        examples=["H99.14.05"],
        description="identification code, as written in its list",
    )
    scheme: Literal["qd20", "qcvn102", "tax", "local"] | None = Field(
        None, title="Hệ mã", description="which list the code is from"
    )
    name: Name | None = Field(
        None,
        title="Tên cơ quan",
        description="with the province, because names repeat",
        examples=["UBND xã Trần Văn Thời, tỉnh Cà Mau"],
    )
    as_of: Date | None = Field(
        None, title="Theo danh mục ngày", description="day of the list that the code is from"
    )

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
    helped: AgencyRef | None = Field(
        None, title="Nơi hỗ trợ nộp hồ sơ", description="where the citizen was helped, if elsewhere"
    )
    handling: AgencyRef | None = Field(
        None,
        title="Cơ quan đang giải quyết",
        description="who handles it now, after a transfer or succession",
    )
    returning: AgencyRef | None = Field(
        None, title="Nơi trả kết quả", description="where the citizen collects the result"
    )


class Verified(Part):
    """Who confirmed an identity, and when."""

    by: Text100 = Field(title="Nguồn xác thực", description="the source that confirmed it")
    at: Instant | None = Field(
        None, title="Thời điểm xác thực", description="when it was confirmed"
    )


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
    ] = Field(title="Loại định danh", description="which kind of number it is")
    number: Text50 = Field(
        title="Số định danh", examples=["001399000000"], description="the number, as text"
    )
    document: Text100 | None = Field(
        None, title="Loại giấy tờ", description="the paper that carries it"
    )
    issued_on: Date | None = Field(None, title="Ngày cấp", description="day of issue")
    issued_by: Name | None = Field(None, title="Nơi cấp", description="who issued it")
    verified: Verified | None = Field(None, title="Đã xác thực", description="who confirmed it")


class Unit(Part):
    """An administrative unit as the source wrote it."""

    code: Text20 | None = Field(
        None, title="Mã", examples=["32095"], description="code of the unit, as written"
    )
    name: Text200 | None = Field(
        None, title="Tên", examples=["Xã Trần Văn Thời"], description="name of the unit, as written"
    )


class Address(Part):
    """A place, with the generation of administrative units in which it is written."""

    kind: Literal["permanent", "temporary", "current", "contact"] = Field(
        "contact", title="Loại địa chỉ", description="what the place is to the party"
    )
    detail: Text500 | None = Field(
        None, title="Số nhà, đường, thôn, ấp", description="house, street, hamlet"
    )
    commune: Unit | None = Field(
        None, title="Xã, phường, đặc khu", description="commune, ward or special zone"
    )
    district: Unit | None = Field(
        None,
        title="Quận, huyện (trước 01/7/2025)",
        description="district, for addresses before July 2025",
    )
    province: Unit | None = Field(None, title="Tỉnh, thành phố", description="province or city")
    country: Country | None = Field(
        None, title="Quốc gia", description="ISO 3166-1 alpha-2", examples=["VN"]
    )
    generation: Literal["before_2025_07", "from_2025_07", "unknown"] = Field(
        "unknown", title="Thế hệ địa giới", description="`unknown` is the honest default"
    )
    as_of: Date | None = Field(
        None, title="Theo danh mục ngày", description="day of the list that the codes are from"
    )


class NameParts(Part):
    """A personal name as it is split in the source; splitting one is a guess."""

    family: Text100 = Field(title="Họ", description="family name")
    middle: Text200 | None = Field(None, title="Chữ đệm", description="middle name")
    given: Text100 = Field(title="Tên", description="given name")


class Representative(Part):
    """Who acts for a body."""

    name: Name = Field(title="Người đại diện", description="full name")
    position: Text200 | None = Field(None, title="Chức vụ", description="position held")
    identities: tuple[Identity, ...] = Field(
        (), title="Giấy tờ", max_length=10, description="numbers that identify the representative"
    )


class Party(Part):
    """A person or a body with a part in the dossier."""

    kind: Literal["citizen", "business", "household_business", "state_agency", "organisation"] = (
        Field(
            title="Loại đối tượng",
            description="citizen, business, household business, state agency or organisation",
        )
    )
    name: Name = Field(title="Tên", examples=["Lò Thị Mẫu Thử"], description="full name")
    name_parts: NameParts | None = Field(
        None, title="Họ, chữ đệm, tên", description="the name as the source split it"
    )
    birth: PartialDate | None = Field(
        None, title="Ngày sinh", description="YYYY, YYYY-MM or YYYY-MM-DD: a date, without a zone"
    )
    sex: Literal["male", "female", "other"] | None = Field(
        None, title="Giới tính", description="as stated in the papers"
    )
    nationality: Country | None = Field(
        None, title="Quốc tịch", examples=["VN"], description="ISO 3166-1 alpha-2"
    )
    account_id: Text100 | None = Field(
        None, title="Mã tài khoản điện tử (TechID)", description="id of the electronic account"
    )
    representative: Representative | None = Field(
        None, title="Người đại diện", description="who acts for a body"
    )
    identities: tuple[Identity, ...] = Field(
        (), title="Giấy tờ định danh", max_length=10, description="numbers that identify the party"
    )
    addresses: tuple[Address, ...] = Field(
        (), title="Địa chỉ", max_length=10, description="places of the party"
    )
    phone: Text50 | None = Field(None, title="Số điện thoại", description="telephone number")
    email: Text200 | None = Field(None, title="Thư điện tử", description="e-mail address")
    fax: Text50 | None = Field(None, title="Fax", description="fax number")


class Submitter(Party):
    """Who hands the dossier in, where that is not the owner."""

    relation: Literal["self", "authorised", "guardian", "post"] = Field(
        "self", title="Quan hệ với chủ hồ sơ", description="what the submitter is to the owner"
    )
    authority: Text500 | None = Field(
        None, title="Giấy ủy quyền", description="the paper that authorises"
    )


class Officer(Part):
    """An official, as the citizen may see them."""

    name: Text200 = Field(title="Họ tên", description="full name")
    title: Text200 | None = Field(None, title="Chức danh", description="title")


class File(Part):
    """An electronic document, by reference: its bytes are uploaded apart or stay at the source."""

    id: Text100 = Field(title="Mã tệp", description="the source's own id of the file")
    name: Text4000 = Field(title="Tên tệp", examples=["to-khai.pdf"], description="file name")
    media_type: Text100 | None = Field(
        None, title="Kiểu tệp", examples=["application/pdf"], description="media type"
    )
    size: Annotated[int, Strict(), Field(ge=0)] | None = Field(
        None, title="Kích thước (byte)", description="size in bytes"
    )
    sha256: Sha256 | None = Field(None, title="Mã băm SHA-256", description="of POST /v1/files")
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)] | None = (
        Field(None, title="Địa chỉ tải", description="where it can be fetched")
    )
    signed: Flag | None = Field(
        None, title="Đã ký số", description="it carries a digital signature"
    )
    removed: Flag = Field(False, title="Đã gỡ", description="it was taken out again")

    @model_validator(mode="after")
    def _found_somewhere(self) -> File:
        if self.sha256 is None and self.url is None and not self.removed:
            raise PydanticCustomError("file_nowhere", "needs sha256 or url")
        return self


class Component(Part):
    """A paper that the procedure asks for."""

    id: Code = Field(title="Mã thành phần của phần mềm nguồn", description="stable")
    code: Text100 | None = Field(
        None, title="Mã giấy tờ", description="code of the paper in the procedure"
    )
    name: Text2000 = Field(title="Tên giấy tờ", description="name of the paper")
    originals: Count | None = Field(None, title="Số bản chính", description="number of originals")
    copies: Count | None = Field(None, title="Số bản sao", description="number of copies")
    electronic: Flag | None = Field(
        None, title="Bản điện tử", description="it came in electronic form"
    )
    digitised: Flag | None = Field(None, title="Được số hóa", description="it was digitised")
    reuse: Literal["none", "component", "result"] | None = Field(
        None, title="Được tái sử dụng", description="whether it reuses a component or a result"
    )
    reused_from: Text100 | None = Field(
        None, title="Tái sử dụng từ hồ sơ", description="the dossier it is reused from"
    )
    from_national_store: Flag | None = Field(
        None,
        title="Lấy từ kho dữ liệu quốc gia",
        description="it was taken from the national store",
    )
    replaced_by_result: Text100 | None = Field(
        None, title="Mã kết quả thay thế", description="code of the result that stands in its place"
    )
    files: tuple[File, ...] = Field(
        (), title="Tệp đính kèm", max_length=50, description="its electronic documents"
    )
    removed: Flag = Field(False, title="Đã gỡ", description="it was taken out again")


class OtherPaper(Part):
    """A paper that came along without being asked for."""

    name: Text2000 = Field(title="Tên giấy tờ", description="name of the paper")
    quantity: Count | None = Field(None, title="Số lượng", description="how many")
    kind: Text100 | None = Field(None, title="Loại", description="its kind, in the source's words")


class Result(Part):
    """What the citizen gets in the end."""

    id: Code = Field(
        title="Mã kết quả của phần mềm nguồn", description="the source's own id of the result"
    )
    code: Text100 | None = Field(
        None, title="Mã kết quả của thủ tục", description="code of the result in the procedure"
    )
    name: Text2000 = Field(title="Tên giấy tờ kết quả", description="name of the result")
    number: Text100 | None = Field(None, title="Số, ký hiệu", description="symbol and number")
    summary: Text1000 | None = Field(
        None, title="Trích yếu", description="what it says, in one sentence"
    )
    issued_on: Date | None = Field(None, title="Ngày ban hành", description="day of issue")
    issued_by: AgencyRef | None = Field(
        None, title="Cơ quan ban hành", description="the authority that issued it"
    )
    signed_by: Officer | None = Field(None, title="Người ký", description="who signed it")
    signed_at: Instant | None = Field(None, title="Thời điểm ký", description="when it was signed")
    valid_until: Date | None = Field(
        None, title="Có giá trị đến", description="last day on which it is valid"
    )
    scope: Text200 | None = Field(None, title="Phạm vi hiệu lực", description="where it is valid")
    holder: Party | None = Field(None, title="Chủ sở hữu", description="for whom it was issued")
    form: Literal["electronic", "paper", "none_required"] | None = Field(
        None, title="Hình thức", description="electronic, on paper, or none required"
    )
    files: tuple[File, ...] = Field(
        (), title="Tệp kết quả", max_length=50, description="its electronic documents"
    )
    supersedes: Code | None = Field(
        None, title="Thay thế kết quả", description="id of the result it replaces"
    )
    revoked: Flag = Field(False, title="Bị thu hồi", description="it was revoked")


class Paid(Part):
    """How and when a fee was paid."""

    at: Instant = Field(title="Thời điểm thanh toán", description="when it was paid")
    means: Literal["cash", "bank", "national_portal", "agency_gateway"] = Field(
        title="Hình thức thanh toán", description="how it was paid"
    )
    reference: Text100 | None = Field(
        None, title="Mã giao dịch", description="reference of the payment"
    )
    receipt: Text100 | None = Field(None, title="Số biên lai", description="number of the receipt")


class Fee(Part):
    """A fee or charge, in whole đồng."""

    id: Code = Field(
        title="Mã khoản thu của phần mềm nguồn", description="the source's own id of the fee"
    )
    code: Code | None = Field(
        None, title="Mã phí, lệ phí", description="code of the fee in the procedure"
    )
    name: Text500 = Field(title="Tên khoản thu", description="name of the fee")
    kind: Literal["phi", "le_phi", "tax", "other"] = Field(
        title="Loại khoản thu", description="charge, fee, tax or other"
    )
    phase: Literal["reception", "supplement", "result"] | None = Field(
        None, title="Lúc thu", description="when it is collected"
    )
    amount: Amount = Field(title="Số tiền (đồng)", description="whole đồng")
    state: Literal["due", "paid", "waived", "refunded", "cancelled"] = Field(
        "due", title="Trạng thái", description="whether it is paid"
    )
    paid: Paid | None = Field(None, title="Thanh toán", description="how it was paid")


class Due(Part):
    """When the citizen was promised the result; `none` where the procedure has no due time."""

    at: Instant | None = Field(
        None,
        title="Ngày hẹn trả",
        description="the promised time; a day alone means the end of its working day",
    )
    precision: Literal["instant", "day"] = Field(
        "instant", title="Độ chính xác", description="whether the time of day is stated"
    )
    none: Flag = Field(
        False,
        title="Thủ tục không có thời hạn",
        description="true where the procedure has no due time",
    )
    stated_by: Text100 | None = Field(None, title="Nơi ấn định", description="who set it")
    rule: Text200 | None = Field(None, title="Cách tính", description="how it was worked out")
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
        return data | {"at": day_of(day), "precision": "day"}

    @model_validator(mode="after")
    def _one_or_none(self) -> Due:
        if (self.at is None) == (not self.none):
            raise PydanticCustomError("due_unclear", "needs either `at` or `none: true`")
        if self.at is not None and is_day(self.at):
            self.__dict__["precision"] = "day"
        return self
