"""Ends that are near are seen before they come: certificates, CA files, credentials."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client import REGISTRY

from adapters.kit.http import HttpTransport
from gateway.delivery.expiring import look
from gateway.main.bootstrap import find_system
from gateway.settings import SettingsError, read_systems

ENDS = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate of this machine's loopback that signs itself; give it and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(ENDS)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public, private


def shown(what: str) -> float | None:
    """Give what a scrape would say."""
    return REGISTRY.get_sample_value(
        "lienthong_expiry_timestamp_seconds", {"system": "tls", "what": what}
    )


async def test_all_three_ends_are_shown(tmp_path: Path) -> None:
    """Of the far end's certificate, of our file that trusts it, of the account."""
    public, private = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    server = await asyncio.start_server(lambda _r, w: w.close(), "localhost", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    table = {
        "adapter": "echo",
        "ca_file": str(public),
        "credential_until": date(2030, 1, 1),
        "settings": {"base_url": f"https://localhost:{port}"},
    }
    system = find_system(read_systems({"systems": {"tls": table}}, {})[0], 1)
    transport = HttpTransport(
        f"https://localhost:{port}", exchange_seconds=5.0, ca_file=str(public)
    )
    await look(system, transport)
    await transport.close()
    server.close()

    assert (shown("certificate"), shown("ca_file")) == (ENDS.timestamp(), ENDS.timestamp())
    assert datetime.fromtimestamp(shown("credential") or 0, UTC).date() == date(2030, 1, 1)


async def test_without_tls_there_is_no_end() -> None:
    """And nothing is connected."""
    transport = HttpTransport("http://127.0.0.1:1", exchange_seconds=1.0)
    found = await transport.certificate_expiry()
    await transport.close()

    assert found is None


def test_an_end_that_is_no_date_is_refused() -> None:
    """In one line that names it."""
    table = {"adapter": "echo", "credential_until": "bao giờ cũng được"}
    with pytest.raises(SettingsError, match=r"systems\.x\.credential_until: must be a date"):
        read_systems({"systems": {"x": table}}, {})
