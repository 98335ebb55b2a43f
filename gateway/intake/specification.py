"""The specification of the API: OpenAPI 3.1, and a 3.0 edition for generators of clients.

Bodies are read by hand, so their models are put into the components here. In the 3.0 edition "X or
null" becomes X: what is absent is simply left out, and generators make empty classes of unions.
"""

from __future__ import annotations

import copy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.intake.administering import ClientChange, NewClient, NewKey
from gateway.intake.answers import Page, Refusal, Stored, Whole
from gateway.intake.handing import ClientHandOver
from gateway.intake.posts import Joining, Judging
from gateway.intake.sessions import GivenSession, LogIn, NewPassword
from schemas.dossier import Content, NewDossier
from schemas.event import NewEvent

REFERENCE = "#/components/schemas/{model}"
POSTED: tuple[type[BaseModel], ...] = (
    NewDossier,
    NewEvent,
    Content,
    Joining,
    Judging,
    ClientHandOver,
    LogIn,
    NewPassword,
    NewClient,
    ClientChange,
    NewKey,
)
ANSWERED: tuple[type[BaseModel], ...] = (Stored, Whole, Page, Refusal, GivenSession)
ANSWERS = {
    "postDossier": Stored,
    "postEvent": Stored,
    "postSnapshot": Stored,
    "mergeDossiers": Stored,
    "judgeSource": Stored,
    "getDossier": Whole,
    "searchDossiers": Page,
    "logIn": GivenSession,
    "changePassword": GivenSession,
}
EXAMPLES: dict[str, Any] = {
    "postDossier": {
        "source": {"ref": "2026/0417"},
        "official_code": "H99.14.05-260302-0007",
        "procedure": {"code": "2.000635", "name": "Cấp bản sao Trích lục hộ tịch"},
        "agencies": {"competent": {"code": "H99.14.05", "name": "UBND xã Bản Thử"}},
        "owner": {
            "kind": "citizen",
            "name": "Lò Thị Mẫu Thử",
            "identities": [{"kind": "personal_number", "number": "001399000000"}],
        },
        "channel": "direct",
        "submitted_at": "2026-03-02T08:15:00+07:00",
    },
    "postEvent": {
        "ref": "buoc-2",
        "kind": "accepted",
        "occurred_at": "2026-03-02T09:00:00+07:00",
        "received_at": "2026-03-02T09:00:00+07:00",
        "due": {"at": "2026-03-05"},
    },
}
NULL = {"type": "null"}


def named(route: APIRoute) -> str:
    """Name an operation by its function."""
    return route.name


def document(app: FastAPI) -> dict[str, Any]:
    """Write the specification in OpenAPI 3.1."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.clear()  # the framework's own errors are never answered: ours are problems
    for models, mode in ((POSTED, "validation"), (ANSWERED, "serialization")):
        _, found = models_json_schema(
            [(model, mode) for model in models],  # type: ignore[misc]
            ref_template=REFERENCE,
        )
        for name, schema in found["$defs"].items():
            schemas.setdefault(name, schema)
    made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path in made["paths"].values():
        for operation in path.values():
            _describe(operation)
    return made


def _describe(operation: dict[str, Any]) -> None:
    """Give an operation a short name, its answers, and an example of its body."""
    name = _camel(operation["operationId"])
    operation["operationId"] = name
    open_ = name in {"healthz", "readyz", "getMetrics", "hear", "getPublicFile", "logIn"}
    operation["security"] = [] if open_ else [{"key": []}]
    answers = operation.setdefault("responses", {})
    model = ANSWERS.get(name)
    if model is not None:
        reference = {"$ref": REFERENCE.format(model=model.__name__)}
        for status, answer in answers.items():
            if status.startswith("2"):
                answer["content"] = {"application/json": {"schema": reference}}
    answers.pop("422", None)
    answers["default"] = {
        "description": "A problem",
        "content": {
            "application/problem+json": {"schema": {"$ref": REFERENCE.format(model="Refusal")}}
        },
    }
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and name in EXAMPLES:
        body["example"] = EXAMPLES[name]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def edition_30(made: dict[str, Any]) -> dict[str, Any]:
    """Give the 3.0 edition of a 3.1 document."""
    found: dict[str, Any] = _older(copy.deepcopy(made))
    found["openapi"] = "3.0.3"
    return found


def _older(value: Any) -> Any:
    if isinstance(value, list):
        return [_older(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _older(one) for name, one in value.items()}
    if isinstance(made.get("anyOf"), list):
        made = _one_of(made)
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if isinstance(made.get("examples"), list):
        made.setdefault("example", made.pop("examples")[0])
    for name in ("exclusiveMinimum", "exclusiveMaximum"):
        limit = made.get(name)
        if isinstance(limit, int) and not isinstance(limit, bool):
            made[name.replace("exclusive", "").lower()] = limit
            made[name] = True
    if "$ref" in made and len(made) > 1:  # in 3.0 nothing may stand beside a reference
        made["allOf"] = [{"$ref": made.pop("$ref")}]
    return made


def _one_of(made: dict[str, Any]) -> dict[str, Any]:
    """Turn "X or null" into X, with what stood beside it."""
    kinds = [one for one in made.pop("anyOf") if one != NULL]
    if len(kinds) != 1:
        return made | {"anyOf": kinds}
    made.pop("default", None) if made.get("default", 0) is None else None
    return {**kinds[0], **made}
