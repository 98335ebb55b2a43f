"""Whose certificates are trusted, which must not depend on the Python that runs."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.kit.http import HttpTransport

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Signed:
    """A certificate and its key."""

    key: ec.EllipticCurvePrivateKey
    made: x509.Certificate

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Put both into files."""
        number = self.made.serial_number
        public, private = folder / f"{number}.pem", folder / f"{number}.key"
        public.write_bytes(self.made.public_bytes(PEM))
        plain = serialization.NoEncryption()
        private.write_bytes(
            self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain),
        )
        return public, private


def sign(name: str, extension: x509.ExtensionType, by: Signed | None = None) -> Signed:
    """Make a certificate as old tools do: no key identifiers, no key usage."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.made.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(extension, critical=by is None)
        .sign(by.key if by else key, hashes.SHA256())
    )
    return Signed(key, made)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_the_private_ca_of_an_old_tool_is_trusted(tmp_path: Path) -> None:
    """What is named as `ca_file` is trusted in its old form too, also where Python would not."""
    root = sign("province", x509.BasicConstraints(ca=True, path_length=None))
    leaf = sign("localhost", x509.SubjectAlternativeName([x509.DNSName("localhost")]), root)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*leaf.write(tmp_path))
    server = await asyncio.start_server(answer, "localhost", 0, ssl=context)
    where = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    trusting = HttpTransport(where, exchange_seconds=5.0, ca_file=str(root.write(tmp_path)[0]))
    stranger = HttpTransport(where, exchange_seconds=5.0)
    told = (await trusting.reach(), await stranger.reach())
    for one in (trusting, stranger):
        await one.close()
    server.close()

    assert (told[0], "not trusted" in str(told[1])) == (None, True)
