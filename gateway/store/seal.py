"""Sealing: what is secret lies in the database only under a key that is not there.

AES-256-GCM with a fresh nonce each time; the purpose is bound in, so that one sealed thing cannot
be put in another's place.
"""

from __future__ import annotations

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.settings import SettingsError

NONCE = 12
KEY = 32


class Seal:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def from_text(cls, text: str) -> Seal:
        """Read a key as it is set: 32 bytes in base64; raise SettingsError if it is none."""
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY:
            raise SettingsError(
                "LIENTHONG_SEAL_KEY: needs 32 random bytes in base64 (openssl rand -base64 32)"
            )
        return cls(key)

    def close(self, plain: str, purpose: str) -> bytes:
        """Seal a text."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str | None:
        """Open what was sealed; None: by another key, for another purpose, or changed."""
        try:
            plain = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode())
        except InvalidTag:
            return None
        return plain.decode()
