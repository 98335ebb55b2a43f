"""Code tables of iGate 2.0, as observed; whatever differs by province is a setting instead."""

from __future__ import annotations

from types import MappingProxyType

GENDER = MappingProxyType({"male": 1, "female": 2, "other": 3})
APPLY_METHOD = MappingProxyType({"direct": 0, "online": 1, "post": 2})
RECEIVING_KIND = MappingProxyType({"counter": 0, "post": 1, "online": 2})
PAPER_TYPE = MappingProxyType({"original": 1, "copy": 2, "electronic": 3})
VIETNAMESE = 228
"""Their number of the language."""

POINTERS = (
    ("identitynumber", "/owner/identities"),
    ("fullname", "/owner/name"),
    ("birthday", "/owner/birth"),
    ("phonenumber", "/owner/phone"),
    ("procedure", "/procedure/code"),
    ("agency", "/agencies/competent"),
    ("accepteddate", "/received_at"),
    ("applieddate", "/submitted_at"),
    ("appointmentdate", "/due/at"),
    ("dossierformfile", "/components"),
    ("dossierfee", "/fees"),
    ("dossierstatus", "/status"),
    ("code", "/official_code"),
)
"""Where a field name or a word of their errors points in the canonical dossier (observed)."""
