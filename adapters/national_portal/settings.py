"""What differs from agency to agency, and what nobody could prove about the portal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from adapters.kit.identities import NoIdentity
from adapters.kit.port import WebSettings
from adapters.kit.words import LATER_WORDS, MAINTENANCE_WORDS

DEAD_WORDS = (
    "session",
    "phiên",
    "đăng nhập",
    "token",
    "please log in",
    "please login",
    "log in again",
)
"""By which a dead session is known; its true code and sentence are unknown (inferred)."""


class PortalSettings(WebSettings):
    """Where the portal's adapter or a province's proxy stands, and how it is spoken to.

    framing: `enveloped` (session, madonvi, service in the body) or `bare` (an array, no session)
    agency_code: madonvi; username, password: of the login, which only `enveloped` knows
    dstcode, dstcode_in: addresses the portal, as header or query; the test environment wants none
    providerurl: the real backend, where one adapter serves several
    login_path, service_path, progress_path, answer_path: of `enveloped`; empty: as service_path
    create_path, update_path, update_flag: of `bare`; with `query` isUpdating goes into the query
    own_name: the name of this system in our settings, as `origin.system` says it
    require_success_text: a code 0 counts only with "thành công" in the message
    dead_words, later_words, maintenance_words: what an answer that is no success says of a dead
        session, of a later time, and of maintenance
    portal_born: for a dossier born there: the full snapshot, the answer service, or lines alone
    answer_fold: answers say only 2 and 5, as in the one flow where they were seen
    voided: no service takes a dossier back: a `line` says so, or it waits for a human (`park`)
    online_return: HinhThuc for an online hand-over, for which there is no national code
    notes_limit, long_notes: notes that long are refused, or cut with a mark
    component_codes: `send` or `blank`; known_components: only these are sent, if any are named
    fee_types: canonical kind → LoaiPhiLePhi, of which three meanings are seen
    account_id: MaDoiTuong `always` or only for dossiers filed `online`
    other_info: ThongTinKhac tells `nothing` or the `submitter`
    no_identity: what becomes of a citizen without a number that they take, by procedure: `park` or
        `untold`; "*" for all others
    repeat_identity: the owner's number stands in SoGiayToChuHoSo too
    send_agency_code: MaCoQuan beside the agency's name
    supplements: `empty` as every known client sends them, or `filled` (unproven form)
    supplement_dates: `compact` (yyyyMMddHHmmss) or `iso`
    officer_default: NguoiXuLy where nobody is named
    files_url, files_secret: public address of the gateway's files, for files without an own URL
    push_path, push_fields, push_agency: their pushes to us; see `hearing`
    """

    framing: Literal["enveloped", "bare"] = "enveloped"
    username: SecretStr | None = None
    password: SecretStr | None = None
    agency_code: str
    dstcode: str | None = None
    dstcode_in: Literal["header", "query"] = "header"
    providerurl: str | None = None
    login_path: str = "/mapi/login"
    service_path: str = "/mapi/g"
    progress_path: str = ""
    answer_path: str = ""
    create_path: str = "/DongBoHoSoMC"
    update_path: str = "/DongBoHoSoMC"
    update_flag: Literal["path", "query"] = "query"
    own_name: str = "national-portal"
    require_success_text: bool = True
    dead_words: tuple[str, ...] = DEAD_WORDS
    later_words: tuple[str, ...] = LATER_WORDS
    maintenance_words: tuple[str, ...] = MAINTENANCE_WORDS
    portal_born: Literal["snapshot", "answer", "none"] = "snapshot"
    answer_fold: bool = True
    voided: Literal["line", "park"] = "line"
    online_return: str = "0"
    notes_limit: int = Field(2000, ge=1)
    long_notes: Literal["refuse", "cut"] = "refuse"
    component_codes: Literal["send", "blank"] = "send"
    known_components: frozenset[str] = frozenset()
    fee_types: Mapping[str, str] = Field(
        default_factory=lambda: {"phi": "1", "le_phi": "1", "tax": "1", "other": "1"}
    )
    account_id: Literal["always", "online"] = "always"
    other_info: Literal["nothing", "submitter"] = "nothing"
    no_identity: NoIdentity = Field(default_factory=dict)
    repeat_identity: bool = False
    send_agency_code: bool = True
    supplements: Literal["empty", "filled"] = "empty"
    supplement_dates: Literal["compact", "iso"] = "compact"
    officer_default: str = "Bộ phận tiếp nhận và trả kết quả"
    files_url: str | None = None
    files_secret: SecretStr | None = None
    push_path: str = "nhanhsdvcqg"
    push_fields: Mapping[str, str] = Field(default_factory=dict)
    push_agency: str | None = None
    session_seconds: float = 600.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.framing == "enveloped" and (self.username is None or self.password is None):
            raise ValueError("the enveloped framing needs a username and a password")
        if (self.files_url is None) != (self.files_secret is None):
            raise ValueError("files_url and files_secret go together")
        return self

    @property
    def words(self) -> Mapping[str, Sequence[str]]:
        """Give the lists of words under the names by which rows of answers know them."""
        return {
            "dead": self.dead_words,
            "later": self.later_words,
            "maintenance": self.maintenance_words,
        }
