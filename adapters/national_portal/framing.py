"""The two framings of one dialect: an envelope with a session, or a bare array behind a proxy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapters.kit.port import Http
from adapters.national_portal.settings import PortalSettings
from schemas.outcome import Effect


def addressed(request: Http, settings: PortalSettings) -> Http:
    """Say for whom a request is, where the way to the portal wants to know."""
    headers, query = dict(request.headers), dict(request.query)
    if settings.dstcode is not None:
        (headers if settings.dstcode_in == "header" else query)["dstcode"] = settings.dstcode
    if settings.providerurl is not None:
        query["providerurl"] = settings.providerurl
    return replace(request, headers=headers, query=query)


def login(settings: PortalSettings) -> Http:
    """Ask for a session."""
    body = {
        "username": settings.username.get_secret_value() if settings.username else "",
        "password": settings.password.get_secret_value() if settings.password else "",
    }
    return addressed(
        Http(method="POST", path=settings.login_path, json=body, effect="read", signed=False),
        settings,
    )


def snapshot(data: dict[str, Any], settings: PortalSettings, *, updating: bool) -> Http:
    """Create or replace one dossier."""
    word = "True" if updating else "False"
    if settings.framing == "bare":
        path = settings.update_path if updating else settings.create_path
        flag = {"isUpdating": word} if settings.update_flag == "query" else {}
        query = {"MaDinhDanhDV": settings.agency_code, **flag}
        return _bare(path, [data], query, "keyed", settings)
    fields = {"isUpdating": word, "data": [data]}
    return _enveloped("DongBoHoSoMC", settings.service_path, fields, "keyed", settings)


def progress(lines: list[dict[str, str]], settings: PortalSettings) -> Http:
    """Append lines to the timeline."""
    path = settings.progress_path or settings.service_path
    if settings.framing == "bare":
        path = settings.progress_path or "/CapNhatTienDoHoSoMC"
        return _bare(path, lines, {"MaDinhDanhDV": settings.agency_code}, "append", settings)
    return _enveloped("CapNhatTienDoHoSoMC", path, {"data": lines}, "append", settings)


def answer(data: dict[str, Any], settings: PortalSettings) -> Http:
    """Answer for a dossier that was born there."""
    path = settings.answer_path or settings.service_path
    if settings.framing == "bare":
        path = settings.answer_path or "/DongBoTrangThaiHoSo"
        return _bare(path, data, {"MaDinhDanhDV": settings.agency_code}, "append", settings)
    return _enveloped("DongBoTrangThaiHoSo", path, {"type": "2", "data": data}, "append", settings)


def _enveloped(
    service: str, path: str, fields: dict[str, Any], effect: Effect, settings: PortalSettings
) -> Http:
    body = {"madonvi": settings.agency_code, "service": service, **fields}
    return addressed(Http(method="POST", path=path, json=body, effect=effect), settings)


def _bare(
    path: str, body: Any, query: dict[str, str], effect: Effect, settings: PortalSettings
) -> Http:
    request = Http(method="POST", path=path, json=body, query=query, effect=effect, signed=False)
    return addressed(request, settings)


def sign(request: Http, session: str) -> Http:
    """Put the session where it travels: into the JSON body."""
    return replace(request, json={"session": session, **request.json})
