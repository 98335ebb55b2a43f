"""An identity provider in memory: it signs what it is told to, and can be away."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from gateway.access.issuer import Issuer, IssuerUnavailable, read_issuer
from gateway.access.signing_keys import SigningKeys
from gateway.access.tokens import REGISTRY, People

NOW = 1_800_000_000.0
URL = "https://id.example/realms/ward"
TABLE: dict[str, Any] = {
    "issuer": URL,
    "audience": "lienthong",
    "agencies_claim": "agencies",
    "roles": {"officers": ["officer"], "auditors": ["auditor"]},
    "agencies": {"officers": ["H99.14"]},
}
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
OKP = OKPKey.generate_key("Ed25519", {"kid": "okp"})
STRANGER = RSAKey.generate_key(2048, {"kid": "rsa"})


@dataclass
class FakeIssuer:
    """What the world of `People` is made of; both clocks stand still unless they are moved."""

    keys: list[Key] = field(default_factory=lambda: [RSA, EC, OKP])
    away: bool = False
    fetched: list[str] = field(default_factory=list)
    registered: list[tuple[str, str]] = field(default_factory=list)
    now: float = NOW
    ticks: float = 0.0
    about: dict[str, Any] = field(default_factory=dict)
    more_keys: list[dict[str, Any]] = field(default_factory=list)

    async def fetch(self, address: str) -> bytes:
        """Give the discovery document or the keys."""
        self.fetched.append(address)
        if self.away:
            raise IssuerUnavailable
        if address.endswith("/.well-known/openid-configuration"):
            return json.dumps({"issuer": URL, "jwks_uri": f"{URL}/jwks", **self.about}).encode()
        public = [key.as_dict(private=False) for key in self.keys]
        return json.dumps({"keys": [*self.more_keys, *public]}).encode()

    async def register(self, name: str, environment: str) -> int:
        """Give a number to a person."""
        self.registered.append((name, environment))
        return len(self.registered)

    def signing_keys(self) -> SigningKeys:
        """Make the cache of keys over it."""
        return SigningKeys(URL, self.fetch, lambda: self.ticks)

    def people(self, issuer: Issuer | None = None) -> People:
        """Make what is tested over it."""
        settings = issuer or read_issuer(TABLE)
        return People(settings, self.signing_keys(), self.register, lambda: self.now)


def claims(**change: Any) -> dict[str, Any]:
    """Write the claims of an officer, with changes; None takes one away."""
    usual = {
        "iss": URL,
        "aud": "lienthong",
        "sub": "u-17",
        "exp": NOW + 300,
        "iat": NOW,
        "groups": ["officers"],
    }
    return {name: value for name, value in (usual | change).items() if value is not None}


def signed(content: dict[str, Any], key: Key = RSA, alg: str = "RS256", **header: Any) -> str:
    """Sign claims."""
    head = {"alg": alg, "typ": "JWT", "kid": key.kid, **header}
    shown = {name: value for name, value in head.items() if value is not None}
    return jwt.encode(shown, content, key, registry=REGISTRY)


def forged(content: dict[str, Any], alg: str, secret: bytes = b"") -> str:
    """Write a token by hand, as somebody without the issuer's key would."""

    def coded(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    head = json.dumps({"alg": alg, "typ": "JWT", "kid": "rsa"}).encode()
    body = f"{coded(head)}.{coded(json.dumps(content).encode())}"
    mac = hmac.digest(secret, body.encode(), hashlib.sha256) if secret else b""
    return f"{body}.{coded(mac)}"
