"""`lienthong doctor`, the systems' part: the way to each, and on request the login."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from adapters.kit.driver import Conversation
from adapters.kit.http import Carrier
from adapters.kit.port import FolderSettings, WebSettings
from adapters.kit.session import Keeper
from gateway.commands.doctor_servers import Finding
from gateway.dossiers.systems import Target
from gateway.main.bootstrap import find_target
from gateway.settings import Settings, SettingsError
from schemas.outcome import Uncertain, Unreachable


async def systems(settings: Settings, *, login: bool) -> list[Finding]:
    """Look at every configured system; with `login` also log in, which may end an older session."""
    if not settings.systems:
        return [(True, "no systems are configured: dossiers are kept and not delivered")]
    found: list[Finding] = []
    for config in settings.systems:
        try:
            target = find_target(config, 0)
        except SettingsError as error:
            found.append((False, str(error)))
            continue
        if isinstance(target.settings, WebSettings):
            found += await _web(target, target.settings, settings, login=login)
        elif isinstance(target.settings, FolderSettings):
            found.append(_usable(target, target.settings.folder))
    return found


async def _web(
    target: Target, own: WebSettings, settings: Settings, *, login: bool
) -> list[Finding]:
    """Take the way that conversations take: the proxy, the private CA, the deadline."""
    address = urlsplit(own.base_url)
    config, off = target.config, target.config.mode == "off"
    way = f" through {urlsplit(config.proxy).hostname}" if config.proxy else ""
    what = f"{config.name} ({config.adapter}, {config.mode}) at {address.netloc}{way}"
    try:
        carrier = Carrier(
            own.base_url,
            exchange_seconds=min(target.facts.exchange, 10.0),
            ca_file=config.ca_file,
            proxy=config.proxy,
        )
    except OSError as error:
        return [(off, f"{config.name}: ca_file {config.ca_file}: {error.strerror or error}")]
    try:
        why = await carrier.reach()
        found = [(why is None or off, f"{what} {'can be reached' if why is None else why}")]
        if why is None and login and target.adapter.session is not None and not off:
            found.append(await _login(target, carrier))
    finally:
        await carrier.close()
    return [*found, *_files(target, settings)]


async def _login(target: Target, carrier: Carrier) -> Finding:
    """Log in once, as a conversation does."""
    session = target.adapter.session
    conversation = Conversation(
        adapter=target.adapter,
        settings=target.settings,
        keeper=Keeper(session.seconds if session is not None else 0),
        seconds=target.facts.conversation,
        carrier=carrier,
    )
    refused = await conversation.log_in()
    if isinstance(refused, (Unreachable, Uncertain)):
        # A line that was cut says nothing about a credential: some end it after a front page.
        refused = await conversation.log_in()
    if refused is None:
        return True, f"{target.name} takes our credentials"
    return False, f"{target.name} does not take our login: {getattr(refused, 'why', refused)}"


def _files(target: Target, settings: Settings) -> Iterator[Finding]:
    """Say whether a system that fetches files by itself will find them."""
    url, secret = (getattr(target.settings, name, None) for name in ("files_url", "files_secret"))
    if url is None or secret is None:
        return
    same = settings.files_secret == secret.get_secret_value()
    said = "is the gateway's" if same else "is NOT the gateway's LIENTHONG_FILES_SECRET"
    yield same, f"{target.name}: files are at {urlsplit(str(url)).netloc}; files_secret {said}"


def _usable(target: Target, folder: Path) -> Finding:
    """Say whether a folder that both sides see is there, and may be written to."""
    config = target.config
    what = f"{config.name} ({config.adapter}, {config.mode}) in {folder}"
    if not folder.is_dir():
        return config.mode == "off", f"{what}: there is no such folder"
    may = os.access(folder, os.R_OK | os.W_OK)
    return may or config.mode == "off", f"{what} can {'' if may else 'not '}be read and written"
