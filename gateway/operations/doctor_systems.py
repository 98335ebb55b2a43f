"""The way to each system, and on request the login: a part of the doctor's findings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from adapters.kit.driver import Conversation
from adapters.kit.files import Folder
from adapters.kit.http import HttpTransport
from adapters.kit.port import FolderSettings, WebSettings
from adapters.kit.session import SessionCache
from adapters.kit.sql import OdbcDatabase
from gateway.dossiers.systems import System
from gateway.operations.findings import Finding
from gateway.settings import Settings, SettingsError
from schemas.outcome import Uncertain, Unreachable

MOST_SHOWN = 10
"""Names of files that a finding shows."""


async def systems(
    settings: Settings, configured: Sequence[System | SettingsError], *, login: bool
) -> list[Finding]:
    """Look at every configured system; with `login` also log in, which may end an older session."""
    if not configured:
        return [Finding(True, "no systems are configured: dossiers are kept and not delivered")]
    found: list[Finding] = []
    for system in configured:
        if isinstance(system, SettingsError):
            found.append(Finding(False, str(system)))
        elif isinstance(system.settings, WebSettings):
            found += await _web(system, system.settings, settings, login=login)
        elif isinstance(system.settings, FolderSettings):
            found.append(_usable(system, system.settings.folder))
            found += _unread(system, system.settings.folder)
            found += await _database(system)
    return found


async def _web(
    system: System, own: WebSettings, settings: Settings, *, login: bool
) -> list[Finding]:
    """Take the way that conversations take: the proxy, the private CA, the deadline."""
    address = urlsplit(own.base_url)
    config, off = system.config, system.config.mode == "off"
    way = f" through {urlsplit(config.proxy).hostname}" if config.proxy else ""
    what = f"{config.name} ({config.adapter}, {config.mode}) at {address.netloc}{way}"
    try:
        transport = HttpTransport(
            own.base_url,
            exchange_seconds=min(system.facts.exchange, 10.0),
            ca_file=config.ca_file,
            proxy=config.proxy,
        )
    except OSError as error:
        return [Finding(off, f"{config.name}: ca_file {config.ca_file}: {error.strerror or error}")]
    try:
        why = await transport.reach()
        found = [Finding(why is None or off, f"{what} {'can be reached' if why is None else why}")]
        if why is None and login and system.adapter.session is not None and not off:
            found.append(await _login(system, transport))
    finally:
        await transport.close()
    return [*found, *_files(system, settings)]


async def _login(system: System, transport: HttpTransport) -> Finding:
    """Log in once, as a conversation does."""
    session = system.adapter.session
    conversation = Conversation(
        adapter=system.adapter,
        settings=system.settings,
        session_cache=SessionCache(session.seconds if session is not None else 0),
        seconds=system.facts.conversation,
        transport=transport,
    )
    refused = await conversation.run_login()
    if isinstance(refused, (Unreachable, Uncertain)):
        # A line that was cut says nothing about a credential: some end it after a front page.
        refused = await conversation.run_login()
    if refused is None:
        return Finding(True, f"{system.name} takes our credentials")
    return Finding(
        False, f"{system.name} does not take our login: {getattr(refused, 'why', refused)}"
    )


def _files(system: System, settings: Settings) -> Iterator[Finding]:
    """Say whether a system that fetches files by itself will find them."""
    url, secret = (getattr(system.settings, name, None) for name in ("files_url", "files_secret"))
    if url is None or secret is None:
        return
    same = settings.files_secret == secret.get_secret_value()
    said = "is the gateway's" if same else "is NOT the gateway's LIENTHONG_FILES_SECRET"
    yield Finding(
        same, f"{system.name}: files are at {urlsplit(str(url)).netloc}; files_secret {said}"
    )


def _unread(system: System, folder: Path) -> Iterator[Finding]:
    """Name the files beside exports that no pattern finds, such as those in other capitals."""
    if system.adapter.reads is None or not folder.is_dir():
        return
    patterns = system.adapter.reads(system.settings)
    names = Folder(folder).unread(patterns)
    if names:
        shown = ", ".join(names[:MOST_SHOWN]) + (" …" if len(names) > MOST_SHOWN else "")
        yield Finding(
            False,
            f"{system.name}: nobody reads {len(names)} files ({shown}); read are "
            f"{', '.join(patterns)}, and capitals count",
        )


async def _database(system: System) -> list[Finding]:
    """Log in to the database whose view is read, and ask it nothing."""
    ask, off = system.adapter.database, system.config.mode == "off"
    stated = ask(system.settings) if ask is not None else None
    if stated is None:
        return []
    why = await OdbcDatabase(stated).reach()
    said = "takes our login" if why is None else f"does not take our login: {why}"
    return [Finding(why is None or off, f"{system.name}: its database {said}")]


def _usable(system: System, folder: Path) -> Finding:
    """Say whether a folder that both sides see is there, and may be written to."""
    config = system.config
    what = f"{config.name} ({config.adapter}, {config.mode}) in {folder}"
    if not folder.is_dir():
        return Finding(config.mode == "off", f"{what}: there is no such folder")
    may = os.access(folder, os.R_OK | os.W_OK)
    said = f"{what} can {'' if may else 'not '}be read and written"
    return Finding(may or config.mode == "off", said)
