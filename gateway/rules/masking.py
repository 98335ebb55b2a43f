"""Shown so that a person can recognise it, and not so that somebody can be known by it."""

from __future__ import annotations

from uuid import UUID


def masked_ref(ref: str) -> str:
    """Give the shape of a client's reference: every digit a 0, every letter an x.

    A reference is whatever the client's software has for a key. Some take the citizen's number or
    name, so no part of it is safe to show as it is.
    """
    return "".join(_shape(sign) for sign in ref)


def _shape(sign: str) -> str:
    if sign.isdecimal():
        return "0"
    return sign if sign.isascii() and not sign.isalnum() and sign.isprintable() else "x"


def masked_id(dossier_id: UUID) -> str:
    """Give the two ends of a dossier's id: enough to compare lines, not enough to look it up."""
    text = str(dossier_id)
    return f"{text[:8]}…{text[-4:]}"
