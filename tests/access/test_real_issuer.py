"""A person of a real identity provider at the API, while it runs, is away, and has a new key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from gateway.access.issuer import read_issuer
from gateway.access.signing_keys import SigningKeys
from gateway.main.people import examine_issuer, fetch_by, transport_to
from gateway.main.serving import build
from gateway.settings import Settings
from gateway.workbench.machine import NoServer, free_port
from tests.access.provider import RealIssuer

NO_ISSUER = "NO OIDC PROVIDER, SO NO REAL ONE WAS TRIED: {}"
FIRST = RSAKey.generate_key(2048, {"kid": "first", "alg": "RS256", "use": "sig"})
SECOND = ECKey.generate_key("P-256", {"kid": "second", "alg": "ES256", "use": "sig"})


@pytest.fixture(scope="module")
def issuer() -> Iterator[RealIssuer]:
    """Run a provider of our own."""
    try:
        made = RealIssuer()
        made.start(FIRST)
    except NoServer as error:
        pytest.skip(NO_ISSUER.format(error))
    yield made
    made.stop()


def table(issuer: RealIssuer) -> dict[str, object]:
    """Write the settings under which its officers are ours."""
    return {
        "issuer": issuer.url,
        "audience": "lienthong",
        "roles": {"officers": ["officer"]},
        "agencies": {"officers": ["H99.14"]},
    }


async def test_whoever_logged_in_there_is_known_here(issuer: RealIssuer, tmp_path: Path) -> None:
    """A token of the provider opens as its role says, also when the provider has gone."""
    token = await issuer.log_in("lan")
    app = await build(Settings(data=tmp_path, oidc=table(issuer)))
    way = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=way, base_url="http://x") as api,
    ):
        first = await api.get("/v1/dossiers", headers={"Authorization": f"Bearer {token}"})
        forged = await api.get(
            "/v1/dossiers", headers={"Authorization": f"Bearer {token[:-4]}AAAA"}
        )
        await asyncio.to_thread(issuer.stop)
        later = await api.get("/v1/dossiers", headers={"Authorization": f"Bearer {token}"})
    await asyncio.to_thread(issuer.start, FIRST)

    assert (first.status_code, forged.status_code, later.status_code) == (200, 401, 200)


async def test_its_new_key_is_found(issuer: RealIssuer) -> None:
    """After a rotation the keys are fetched again over HTTP, and the old one has ended."""
    now = [0.0]
    transport = transport_to(read_issuer(table(issuer)))
    keys = SigningKeys(issuer.url, fetch_by(transport), lambda: now[0])
    before = await keys.find("first")
    await asyncio.to_thread(issuer.stop)
    await asyncio.to_thread(issuer.start, SECOND)
    now[0] = 31.0

    after, old = await keys.find("second"), await keys.find("first")
    await transport.close()

    assert (before is not None, after is not None, old) == (True, True, None)


async def test_the_doctor_looks_at_it(issuer: RealIssuer, tmp_path: Path) -> None:
    """In order when it gives keys; a strange issuer, a missing CA or a typing error is named."""
    here, port = table(issuer), free_port()
    tables = [
        here,
        here | {"issuer": f"http://127.0.0.1:{port}"},
        here | {"ca_file": str(tmp_path / "none.pem")},
        here | {"roles": {"officers": ["boss"]}},
    ]
    found = [await examine_issuer(Settings(data=tmp_path, oidc=one)) for one in tables]

    assert [one.good for findings in found for one in findings] == [True, False, False, False]
    assert [findings[0].text.partition(" ")[0] for findings in found[1:]] == [
        "oidc:",
        "oidc.ca_file:",
        "oidc.roles.officers:",
    ]
