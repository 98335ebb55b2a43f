"""People with a token of the identity provider: who it is, and in which roles."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from joserfc import jws, jwt
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jws import JWSRegistry

from gateway.access.issuer import Issuer
from gateway.access.principals import Principal
from gateway.access.roles import Role
from gateway.access.signing_keys import SigningKeys
from gateway.rules.agencies import path_of

log = structlog.get_logger()

ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
"""None with a shared secret: whoever verifies could sign."""
TYPES = frozenset({"", "jwt", "at+jwt"})
"""Of the header `typ`; a logout token or a proof is no credential."""
SKEW = 60
"""Seconds by which two clocks may differ."""
LONGEST = 16 * 1024
LONGEST_SUBJECT = 255
MOST = 10_000
"""People whose number is remembered."""

Register = Callable[[str, str], Awaitable[int]]
"""Gives the number of a person by name and environment, a new one for a newcomer."""


class TokenRefused(Exception):  # noqa: N818 - an answer; its text is one of our own words
    """A token that proves nothing; the text says why, in a word."""


class _Registry(JWSRegistry):
    """What may sign: our list alone decides, and a long header (`x5c`) is no fault."""

    max_header_length = LONGEST

    def get_alg(self, name: str) -> Any:
        """Give an algorithm of the list."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


REGISTRY = _Registry(strict_check_header=False)


class People:
    """Finds who brings a token; the roles and agencies are those of this very token."""

    def __init__(
        self,
        issuer: Issuer,
        keys: SigningKeys,
        register: Register,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep what a token is judged by."""
        self._issuer, self._keys, self._register, self._clock = issuer, keys, register, clock
        self._known: dict[str, int] = {}

    async def find(self, token: str) -> Principal | None:
        """Give the person; None: the token proves nothing. Raises `IssuerUnavailable`."""
        try:
            claims = await self._verified(token)
        except TokenRefused as refused:
            log.info("token_refused", why=str(refused))
            return None
        issuer = self._issuer
        name = issuer.name_of(claims["sub"])
        number = self._known.get(name)
        if number is None:
            number = await self._register(name, issuer.environment)
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[name] = number
        groups = _texts(_claim(claims, issuer.groups_claim))
        return Principal(
            id=number,
            name=name,
            environment=issuer.environment,
            agencies=_agencies(issuer, groups, claims),
            roles=_roles(issuer, groups),
            sort="person",
        )

    async def _verified(self, token: str) -> Mapping[str, Any]:
        header = _header(token)
        if header.get("alg") not in ALGORITHMS:
            raise TokenRefused("algorithm")
        kind = header.get("typ", "")
        if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TYPES:
            raise TokenRefused("type")
        kid = header.get("kid")
        key = await self._keys.find(kid) if kid is None or isinstance(kid, str) else None
        if key is None:
            raise TokenRefused("unknown_key")
        try:
            claims = jwt.decode(token, key, registry=REGISTRY).claims
        except (JoseError, ValueError, TypeError):
            raise TokenRefused("signature") from None
        why = why_not(claims, self._issuer, self._clock())
        if why is not None:
            raise TokenRefused(why)
        return claims


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > LONGEST:
        raise TokenRefused("too_long")
    try:
        return jws.extract_compact(token.encode(), registry=REGISTRY).headers()
    except (JoseError, ValueError, TypeError):
        raise TokenRefused("not_a_token") from None


def why_not(claims: Mapping[str, Any], issuer: Issuer, now: float) -> str | None:
    """Say why claims that are truly the issuer's are not for us or not for now; None: they are."""
    if claims.get("iss") != issuer.url:
        return "issuer"
    audience = claims.get("aud")
    if issuer.audience not in (audience if isinstance(audience, list) else [audience]):
        return "audience"
    times = {name: claims.get(name) for name in ("exp", "nbf", "iat")}
    if not all(one is None or _is_time(one) for one in times.values()):
        return "times"
    ends, begins, made = (times[name] for name in ("exp", "nbf", "iat"))
    if ends is None or ends <= now - SKEW:
        return "expired"
    if max(begins or 0, made or 0) > now + SKEW:
        return "not_yet"
    sub = claims.get("sub")
    if not isinstance(sub, str) or not sub or len(sub) > LONGEST_SUBJECT:
        return "subject"
    return None if sub.isprintable() else "subject"


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Give a claim by its name, or by a path such as `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _texts(value: Any) -> tuple[str, ...]:
    """Read a list of texts; anything else names no group and gives no right."""
    if not isinstance(value, list):
        return ()
    return tuple(one for one in value if isinstance(one, str))


def _roles(issuer: Issuer, groups: tuple[str, ...]) -> frozenset[Role]:
    return frozenset(role for group in groups for role in issuer.roles.get(group, ()))


def _agencies(
    issuer: Issuer, groups: tuple[str, ...], claims: Mapping[str, Any]
) -> tuple[str, ...]:
    """Give the agencies of groups and claim; that somebody serves all of them only we can say."""
    of_groups = [code for group in groups for code in issuer.agencies.get(group, ())]
    claimed = _texts(_claim(claims, issuer.agencies_claim)) if issuer.agencies_claim else ()
    stated = [code for code in claimed if code and code != "*" and path_of(code)[1]]
    return tuple(dict.fromkeys([*of_groups, *stated]))
