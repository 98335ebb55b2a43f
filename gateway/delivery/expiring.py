"""When what a system needs ends: its certificate, our CA file, and credentials as far as told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time

import structlog

from adapters.kit.http import HttpTransport, ca_expiry
from gateway.dossiers.systems import System
from gateway.watch import metrics

log = structlog.get_logger()

EVERY = 3600.0
"""Seconds between two looks."""


async def watch_expiry(ways: Sequence[tuple[System, HttpTransport]]) -> None:
    """Look once an hour until cancelled; a system that cannot be reached says nothing new."""
    while True:
        for system, transport in ways:
            await look(system, transport)
        await asyncio.sleep(EVERY)


async def look(system: System, transport: HttpTransport) -> None:
    """Show the ends that are known of one system."""
    config = system.config
    if config.credential_until is not None:
        end = datetime.combine(config.credential_until, time.max, UTC)
        metrics.expires(system.name, "credential", end.timestamp())
    try:
        if config.ca_file is not None:
            ends = await asyncio.to_thread(ca_expiry, config.ca_file)
            metrics.expires(system.name, "ca_file", ends)
        found = await transport.certificate_expiry()
    except (OSError, ValueError) as error:
        log.warning("expiry_unknown", system=system.name, error=type(error).__name__)
        return
    if found is not None:
        metrics.expires(system.name, "certificate", found)
