"""People of an identity provider: its keys are fetched here, by the kit's transport."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from adapters.kit.http import HttpTransport, TransportError
from adapters.kit.port import Http
from gateway.access.issuer import Issuer, IssuerUnavailable
from gateway.store import clients
from gateway.store.engine import Store

if TYPE_CHECKING:
    from gateway.access.tokens import People

SECONDS = 5.0
"""For one answer of the issuer; whoever brings a token under a new key waits for two of them."""


def transport_to(issuer: Issuer) -> HttpTransport:
    """Make the way to the issuer."""
    return HttpTransport(
        issuer.url, exchange_seconds=SECONDS, ca_file=issuer.ca_file, proxy=issuer.proxy
    )


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


def people_of(issuer: Issuer, transport: HttpTransport, store: Store) -> People:
    """Give what finds the people of an issuer."""
    from gateway.access.signing_keys import SigningKeys  # noqa: PLC0415 - as below
    from gateway.access.tokens import People  # noqa: PLC0415 - without an issuer there is no need

    async def register(name: str, environment: str) -> int:
        return await store.write(
            lambda connection: clients.of_person(connection, name, environment)
        )

    return People(issuer, SigningKeys(issuer.url, fetch_by(transport)), register)
