"""Whose tokens people bring, and what their groups mean here: the table `[oidc]`, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gateway.access.principals import Environment
from gateway.access.roles import Role
from gateway.settings import SettingsError

TABLE = frozenset(
    {
        "issuer",
        "audience",
        "groups_claim",
        "agencies_claim",
        "environment",
        "roles",
        "agencies",
        "ca_file",
        "proxy",
    }
)
LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
"""Where an issuer may be without TLS: nobody stands between."""


class IssuerUnavailable(Exception):  # noqa: N818 - a state of theirs, not a mistake
    """The identity provider gave no keys, so nobody's token can be judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """An identity provider, and what its claims mean here.

    url: the issuer as it names itself in its tokens; audience: as whom it knows this gateway
    groups_claim: the claim with the groups of a person, inner ones after dots
    agencies_claim: the claim with codes of agencies, if the issuer knows them
    roles, agencies: by group
    """

    url: str
    audience: str
    groups_claim: str = "groups"
    agencies_claim: str | None = None
    environment: Environment = "live"
    roles: Mapping[str, frozenset[Role]]
    agencies: Mapping[str, tuple[str, ...]]
    ca_file: str | None = None
    proxy: str | None = None

    @property
    def place(self) -> str:
        """The issuer without its scheme: what tells its people from those of another one."""
        return self.url.partition("://")[2].rstrip("/")

    def name_of(self, sub: str) -> str:
        """Give the name under which a person of this issuer acts here."""
        return f"person:{sub}@{self.place}"


def read_issuer(table: Mapping[str, Any]) -> Issuer:
    """Read the table `[oidc]`; raise SettingsError for what cannot be right."""
    unknown = set(table) - TABLE
    if unknown:
        raise SettingsError(f"oidc: unknown setting {min(unknown)!r}")
    environment = table.get("environment", "live")
    if environment not in ("live", "sandbox"):
        raise SettingsError(f"oidc.environment: {environment!r} is neither live nor sandbox")
    return Issuer(
        url=_url(table),
        audience=_text(table, "audience"),
        groups_claim=_text(table, "groups_claim", "groups"),
        agencies_claim=_optional(table, "agencies_claim"),
        environment=environment,
        roles={group: _roles(group, named) for group, named in _groups(table, "roles")},
        agencies={group: tuple(codes) for group, codes in _groups(table, "agencies")},
        ca_file=_optional(table, "ca_file"),
        proxy=_optional(table, "proxy"),
    )


def _text(table: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if value is None:
        raise SettingsError(f"oidc: `{key}` is missing")
    if not isinstance(value, str) or not value:
        raise SettingsError(f"oidc.{key}: must be a text")
    return value


def _optional(table: Mapping[str, Any], key: str) -> str | None:
    return _text(table, key) if key in table else None


def _url(table: Mapping[str, Any]) -> str:
    url = _text(table, "issuer")
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
    if not safe or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(f"oidc.issuer: {url!r} is not an https address")
    return url


def _groups(table: Mapping[str, Any], key: str) -> list[tuple[str, list[str]]]:
    found = table.get(key, {})
    if not isinstance(found, Mapping):
        raise SettingsError(f"oidc.{key}: must be a table: GROUP = [ … ]")
    for group, values in found.items():
        if not isinstance(values, list) or not all(isinstance(one, str) and one for one in values):
            raise SettingsError(f"oidc.{key}.{group}: must be a list of texts")
    return list(found.items())


def _roles(group: str, named: list[str]) -> frozenset[Role]:
    astray = set(named) - set(Role)
    if astray:
        known = ", ".join(Role)
        raise SettingsError(f"oidc.roles.{group}: {min(astray)!r} is none of {known}")
    return frozenset(Role(name) for name in named)
