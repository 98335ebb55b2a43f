"""What is exported for others to read: the specification, JSON Schemas, the lifecycle drawn."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from gateway import VERSION
from gateway.intake.answers import Refusal, Whole
from gateway.intake.app import ROUTERS
from gateway.intake.specification import document, edition_30, named
from gateway.rules.lifecycle import DEFAULTS, MUST_CARRY, ONLY_OF, STATES, mermaid
from schemas.catalogue.statuses import LABEL, NUMBER
from schemas.dossier import Content, Dossier, NewDossier
from schemas.event import Event, NewEvent
from schemas.status import Kind

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MODELS: Mapping[str, type[BaseModel]] = {
    "dossier": Dossier,
    "new-dossier": NewDossier,
    "snapshot": Content,
    "event": Event,
    "new-event": NewEvent,
    "whole-dossier": Whole,
    "problem": Refusal,
}


def specification() -> dict[str, Any]:
    """Write the specification of the API without starting a gateway."""
    app = FastAPI(
        title="Liên Thông",
        version=VERSION,
        description="Post a dossier once; it reaches every system that must know of it.",
        generate_unique_id_function=named,
    )
    for router in ROUTERS:
        app.include_router(router)
    return document(app)


def exported() -> dict[str, str]:
    """Give every exported file by its path below `openapi/`."""
    made = specification()
    files = {
        "openapi-3.1.json": _json(made),
        "openapi-3.0.json": _json(edition_30(made)),
        "lifecycle.md": _lifecycle(),
    }
    for name, model in MODELS.items():
        schema = {"$schema": DRAFT, **model.model_json_schema()}
        files[f"schemas/{name}.json"] = _json(schema)
    return files


def write(folder: Path) -> list[str]:
    """Write what is exported; give the names of files that changed."""
    changed = []
    for name, text in exported().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _lifecycle() -> str:
    names = "\n".join(
        f"| {NUMBER[status]} | `{status.value}` | {LABEL[status]} |" for status in NUMBER
    )
    return (
        "# The lifecycle of a dossier\n\n"
        "Drawn from `gateway/rules/lifecycle.py` by `lienthong openapi`. What is marked unusual is "
        "stored and flagged; what is not drawn is refused. From 3, 9 and 10 a `reopened` event "
        "leads back to 2 or 4.\n\n"
        f"| number | state | name |\n|---|---|---|\n{names}\n\n```mermaid\n{mermaid()}\n```\n\n"
        "## What an event carries\n\n"
        "`must`: refused without it. `may`: fields that only some kinds carry; with any other kind "
        "they are refused, because they would change nothing. `state`: which states it may state, "
        "beside the one that stands; `default`: where it states none.\n\n"
        f"| kind | must | may | default | state |\n|---|---|---|---|---|\n{_kinds()}\n"
    )


def _kinds() -> str:
    """Write what each kind of event carries, from the tables."""
    return "\n".join(
        f"| `{kind.value}` | {_list(MUST_CARRY.get(kind, ()))} "
        f"| {_list(name for name in ONLY_OF if kind in ONLY_OF[name])} "
        f"| {DEFAULTS[kind]} | {_list(sorted(STATES[kind]))} |"
        for kind in Kind
    )


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`".replace("|", "` or `") for name in names) or "–"
