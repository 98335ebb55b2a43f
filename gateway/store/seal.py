"""Sealing: what is secret lies in the database only under a key that is not there.

AES-256-GCM with a fresh nonce each time; the purpose is bound in, so that one sealed thing cannot
be put in another's place.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.settings import Settings, SettingsError

NONCE = 12
KEY = 32


def _seal_key(text: str) -> bytes:
    key = _bytes(text)
    if len(key) != KEY:
        raise SettingsError(
            "LIENTHONG_SEAL_KEY: needs 32 random bytes in base64 (openssl rand -base64 32)"
        )
    return key


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


def audit_key(settings: Settings, *, make: bool) -> bytes | None:
    """Give the key that seals the audit; None: there is none, and nothing can be sealed.

    make: over an embedded database one is made, where there is none
    """
    if settings.audit_key is not None:
        key = _bytes(settings.audit_key)
        if len(key) < KEY:
            raise SettingsError(
                "LIENTHONG_AUDIT_KEY: needs at least 32 random bytes in base64 "
                "(openssl rand -base64 32)"
            )
        return key
    file = settings.data / "audit.key"
    if settings.postgres is None and file.exists():  # a seal key that is set later changes nothing
        return _in_file(file)
    if settings.seal_key is not None:
        made = HKDF(algorithm=hashes.SHA256(), length=KEY, salt=None, info=b"audit")
        return made.derive(_seal_key(settings.seal_key))
    return _in_file(_made(file)) if settings.postgres is None and make else None


def _in_file(file: Path) -> bytes:
    try:
        key = _bytes(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file}: {error}") from None
    if len(key) < KEY:
        raise SettingsError(f"{file}: is no key; it was made once and must not be changed")
    return key


def _made(file: Path) -> Path:
    """Make a key that only its owner reads; of two who make it at once, one wins, whole."""
    draft = file.with_suffix(f".{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(base64.b64encode(os.urandom(KEY)))
        out.flush()
        os.fsync(out.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
    return file


class Seal:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    @classmethod
    def from_text(cls, text: str) -> Seal:
        """Read a key as it is set: 32 bytes in base64; raise SettingsError if it is none."""
        return cls(_seal_key(text))

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
