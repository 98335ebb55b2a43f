"""What differs from province to province, and what nobody could prove about iGate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from pydantic import Field, SecretStr

from adapters.kit.communes import Expects
from adapters.kit.identities import NoIdentity
from adapters.kit.port import WebSettings
from adapters.kit.words import LATER_WORDS, MAINTENANCE_WORDS
from schemas.status import Status

DEAD_WORDS = (
    "token",
    "session",
    "phiên",
    "đăng nhập",
    "unauthorized",
    "please log in",
    "please login",
    "log in again",
)
"""By which a dead token is known where it is not told by 401 (inferred)."""


class IgateSettings(WebSettings):
    """One province's iGate; paths, numbers and ids differ from province to province.

    token_url: the Keycloak token endpoint, a path or a whole address
    grant: `password` (an officer's account) or `client_credentials`
    padman, basedata, pattern, fileman: prefixes of the services behind the one host
    pattern_code: the code pattern from which they allocate dossier codes
    status_map: their status number → canonical state, for what they report; others are quarantined
    status_ids: canonical state → their number, for what they are told; others cannot be expressed
    status_path, update_path: not stated by any public source (inferred)
    status_effect: no source says that a state may be told again without a second line in their
        history: it is an `append`, or `keyed` where a province says so
    status_look_up: `state`: after an answer that was lost their look-up says whether a state
        stands; `none`: it is told again
    dead_words, later_words, maintenance_words: what an answer that is no success says of a dead
        session, of a later time, and of maintenance
    files: `upload` or `none`; link_only_files: `refuse` or `skip` files that we have no bytes of
    procedures, agencies: canonical code → their id
    no_identity: what becomes of an owner without a number, by procedure: `park` or `untold`; "*"
        for all others
    communes: the generation of communes that they expect; `as_written` changes nothing
    poll_days, page_size: how far back their search looks, and its page
    """

    token_url: str = "/auth/realms/digo/protocol/openid-connect/token"  # noqa: S105 - an address
    grant: Literal["password", "client_credentials"] = "password"
    client_id: str
    client_secret: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None
    padman: str = "pa"
    basedata: str = "bd"
    pattern: str = "bt"
    fileman: str = "fi"
    pattern_code: str = "dossier"
    status_map: Mapping[str, Status] = Field(
        default_factory=lambda: MappingProxyType(
            {"0": Status.SUBMITTED, "2": Status.PROCESSING, "4": Status.FINISHED}
        )
    )
    status_ids: Mapping[Status, int] = Field(
        default_factory=lambda: MappingProxyType(
            {Status.SUBMITTED: 0, Status.PROCESSING: 2, Status.FINISHED: 4}
        )
    )
    status_path: str = "/{padman}/dossier/{id}/--status"
    update_path: str = "/{padman}/dossier/{id}"
    status_effect: Literal["append", "keyed"] = "append"
    status_look_up: Literal["state", "none"] = "state"
    dead_words: tuple[str, ...] = DEAD_WORDS
    later_words: tuple[str, ...] = LATER_WORDS
    maintenance_words: tuple[str, ...] = MAINTENANCE_WORDS
    files: Literal["upload", "none"] = "upload"
    link_only_files: Literal["refuse", "skip"] = "refuse"
    procedures: Mapping[str, str] = Field(default_factory=dict)
    agencies: Mapping[str, str] = Field(default_factory=dict)
    no_identity: NoIdentity = Field(default_factory=dict)
    communes: Expects = "as_written"
    poll_days: int = Field(default=30, ge=1, le=366)
    page_size: int = Field(default=50, ge=1, le=500)

    @property
    def words(self) -> Mapping[str, Sequence[str]]:
        """Give the lists of words under the names by which rows of answers know them."""
        return {
            "dead": self.dead_words,
            "later": self.later_words,
            "maintenance": self.maintenance_words,
        }
