"""People of an identity provider: its keys are fetched here, by the kit's transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from adapters.kit.errors import TransportError
from adapters.kit.http import HttpTransport
from adapters.kit.port import Http
from gateway.access.issuer import Issuer, IssuerUnavailable, read_issuer
from gateway.operations.findings import Finding
from gateway.settings import Settings, SettingsError
from gateway.store import clients
from gateway.store.engine import Store

if TYPE_CHECKING:
    from gateway.access.tokens import People

SECONDS = 5.0
"""For one answer of the issuer; whoever brings a token under a new key waits for two of them."""


def transport_to(issuer: Issuer) -> HttpTransport:
    """Make the way to the issuer; raise SettingsError where its CA cannot be read."""
    try:
        return HttpTransport(
            issuer.url, exchange_seconds=SECONDS, ca_file=issuer.ca_file, proxy=issuer.proxy
        )
    except OSError as error:
        why = error.strerror or error
        raise SettingsError(f"oidc.ca_file: {issuer.ca_file}: {why}") from None


def fetch_by(transport: HttpTransport) -> Callable[[str], Awaitable[bytes]]:
    """Make what gives the body at an address of the issuer."""

    async def fetch(address: str) -> bytes:
        try:
            reply = await transport.exchange(Http(method="GET", path=address, effect="read"))
        except TransportError:
            raise IssuerUnavailable from None
        if reply.status != 200:
            raise IssuerUnavailable
        return reply.body

    return fetch


async def examine_issuer(settings: Settings) -> list[Finding]:
    """Look at the table `[oidc]`, and whether its issuer gives keys, the way people need them."""
    if settings.oidc is None:
        return []
    from gateway.access.signing_keys import SigningKeys  # noqa: PLC0415 - as below

    try:
        issuer = read_issuer(settings.oidc)
        transport = transport_to(issuer)
    except SettingsError as error:
        return [Finding(False, str(error))]
    try:
        await SigningKeys(issuer.url, fetch_by(transport)).find("")
    except IssuerUnavailable:
        return [Finding(False, f"oidc: {issuer.place} cannot be reached, or gives no keys")]
    finally:
        await transport.close()
    return [Finding(True, f"oidc: {issuer.place} gives its keys")]


def people_of(issuer: Issuer, transport: HttpTransport, store: Store) -> People:
    """Give what finds the people of an issuer."""
    from gateway.access.signing_keys import SigningKeys  # noqa: PLC0415 - as below
    from gateway.access.tokens import People  # noqa: PLC0415 - without an issuer there is no need

    async def register(name: str, environment: str) -> int:
        return await store.write(
            lambda connection: clients.of_person(connection, name, environment)
        )

    return People(issuer, SigningKeys(issuer.url, fetch_by(transport)), register)
