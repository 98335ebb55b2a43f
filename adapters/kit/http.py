"""The only socket. Every exchange has one deadline around it, body included.

What a failure means is judged by aiohttp's own exception, never by the wrapper's name for it: a
connection cut after the server has read the request surfaces as `httpx.ConnectTimeout`, just like
a refused one (httpx-aiohttp 0.2.0). What has no files goes to aiohttp itself: httpx around it costs
four times as much CPU as the whole exchange (ADR 0016). Files go by httpx, which streams them.

    ClientConnectorCertificateError, …SSLError     Blocked: the far end cannot prove who it is
    ClientConnectorError, ConnectionTimeoutError   Unreachable: surely not sent
    anything else                                  Uncertain; after a `read`, Unreachable
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from pydantic_core import to_json
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from adapters.kit import former
from adapters.kit.errors import TransportError
from adapters.kit.port import Attached, Http, Reply
from adapters.kit.replies import unread
from schemas.outcome import Blocked, Outcome, Problem, Refused, Unreachable

LARGEST_REPLY = 8 * 1024 * 1024
TRIES_UNSENT = 3
OURS = {"Accept": "application/json", "User-Agent": "lienthong"}


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an exception to what lies beneath it."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def unsent(error: BaseException) -> bool:
    """Say whether a request surely never left."""
    kinds = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
    return any(isinstance(one, kinds) for one in causes(error))


def untrusted(error: BaseException) -> bool:
    """Say whether the far end could not prove who it is."""
    kinds = (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError)
    return any(isinstance(one, kinds) for one in causes(error))


def _repeatable(error: BaseException) -> bool:
    return unsent(error) and not untrusted(error)


def judge_failure(error: BaseException, request: Http) -> Outcome:
    """Say what a failed exchange means; the text names only the kind of failure."""
    why = type(next(iter(causes(error)))).__name__
    for one in causes(error):
        if type(one).__module__.startswith("aiohttp"):
            why = type(one).__name__
    if untrusted(error):
        return Blocked(why=why)
    if unsent(error):
        return Unreachable(why=why)
    return unread(why, request.effect)


class HttpTransport:
    """Carries requests to one system."""

    def __init__(
        self,
        base_url: str,
        *,
        exchange_seconds: float,
        ca_file: str | None = None,
        proxy: str | None = None,
        files: Callable[[str], Path] | None = None,
    ) -> None:
        """`files` says where the bytes of an uploaded file are, by SHA-256."""
        self.seconds = exchange_seconds
        self._files = files
        self._base = base_url.rstrip("/")
        self.host = urlsplit(self._base).netloc
        context = ssl.create_default_context(cafile=ca_file)
        # From 3.13 on Python sets both. Private CAs are often made by tools that know of no key
        # identifiers: who is trusted must not change with the Python that we run on.
        context.verify_flags &= ~(ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN)
        self._context = context
        self._proxied = proxy is not None
        self._proxy = proxy
        self._opened: aiohttp.ClientSession | None = None
        # Three tries to connect fit into one deadline, so running out of it means: sent.
        connect = exchange_seconds / 4
        self._timeout = aiohttp.ClientTimeout(sock_connect=connect, sock_read=exchange_seconds)
        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(
                client=lambda: self._session,
                proxy=httpx.Proxy(proxy) if proxy is not None else None,
            ),
            timeout=httpx.Timeout(exchange_seconds, connect=connect),
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def _session(self) -> aiohttp.ClientSession:
        """The one pool of connections, made where a loop runs."""
        if self._opened is None:
            self._opened = _session(self._context)
        return self._opened

    async def reach(self) -> str | None:
        """Ask for the front page without a credential; None: they answered, whatever it was."""
        try:
            async with asyncio.timeout(self.seconds):
                await self._client.head(f"{self._base}/")
        except (httpx.HTTPError, aiohttp.ClientError, OSError, TimeoutError) as error:
            cause = error.__cause__ or error
            distrusted = isinstance(cause, aiohttp.ClientConnectorCertificateError)
            said = "its certificate is not trusted, " if distrusted else ""
            return f"cannot be reached: {said}{type(cause).__name__}"
        return None

    async def certificate_expiry(self) -> float | None:
        """Say when their certificate ends (seconds since 1970); None: no TLS, or not to be seen.

        Raises OSError where they cannot be reached.
        """
        address = urlsplit(self._base)
        if address.scheme != "https" or self._proxied:
            return None
        async with asyncio.timeout(self.seconds):
            _, writer = await asyncio.open_connection(
                address.hostname, address.port or 443, ssl=self._context
            )
        try:
            shown = writer.get_extra_info("peercert") or {}
        finally:
            writer.transport.abort()
        return ssl.cert_time_to_seconds(shown["notAfter"]) if "notAfter" in shown else None

    async def exchange(self, request: Http) -> Reply:
        """Send a request and read the whole reply, or raise `TransportError`."""
        try:
            async with asyncio.timeout(self.seconds):
                try:
                    return await self._once(request)
                except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
                    if not _repeatable(error):
                        raise
                return await self._again(request)
        except (httpx.HTTPError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise TransportError(judge_failure(error, request)) from None

    async def _again(self, request: Http) -> Reply:
        """Send once more, a little later, what surely was not sent."""
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_repeatable),
            stop=stop_after_attempt(TRIES_UNSENT - 1),
            wait=wait_random_exponential(multiplier=0.05, max=0.5),
            reraise=True,
        ):
            with attempt:
                return await self._once(request)
        raise AssertionError  # tenacity returns or raises

    async def _once(self, request: Http) -> Reply:
        whole = request.path.startswith(("https://", "http://"))
        url = request.path if whole else self._base + request.path
        if request.query:
            url += "?" + urlencode(request.query)
        if request.attached:
            return await self._with_files(request, url)
        content, kind = _content(request)
        async with self._session.request(
            request.method,
            url,
            data=content,
            headers={**OURS, **kind, **request.headers},
            allow_redirects=False,
            timeout=self._timeout,
            proxy=self._proxy,
        ) as response:
            body = await _read(response.content.iter_any(), request)
            names = {name.lower(): value for name, value in response.headers.items()}
            return Reply(status=response.status, headers=names, body=body)

    async def _with_files(self, request: Http, url: str) -> Reply:
        with ExitStack() as opened:
            sent = self._client.build_request(
                request.method,
                url,
                data=dict(request.form or {}),
                files=[self._part(one, opened) for one in request.attached],
                headers={**OURS, **request.headers},
            )
            response = await self._client.send(sent, stream=True)
            try:
                body = await _read(response.aiter_bytes(), request)
            finally:
                await response.aclose()
        self._client.cookies.clear()
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status_code, headers=names, body=body)

    def _part(self, one: Attached, opened: ExitStack) -> tuple[str, tuple[str, IO[bytes], str]]:
        """Open a file; one whose bytes nobody uploaded is the officer's to bring."""
        file = one.file
        path = self._files(file.sha256) if self._files and file.sha256 else None
        if path is None or not path.is_file():
            problem = Problem("/components", "file_missing", "the file has not been uploaded")
            raise TransportError(
                Refused(code="file_missing", message=problem.detail, problems=(problem,))
            )
        return one.field, (
            file.name,
            opened.enter_context(path.open("rb")),
            file.media_type or "application/octet-stream",
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        if self._opened is not None:
            await self._opened.close()


async def _read(chunks: AsyncIterator[bytes], request: Http) -> bytes:
    """Read a whole body, up to a limit."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > LARGEST_REPLY:
            raise TransportError(unread("the answer is too long", request.effect))
    return bytes(body)


def ca_expiry(file: str) -> float:
    """Say when the first certificate of a CA file ends, in seconds since 1970."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=file)
    return min(ssl.cert_time_to_seconds(str(one["notAfter"])) for one in context.get_ca_certs())


def _session(context: ssl.SSLContext) -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context, ttl_dns_cache=30),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    # aiohttp by itself sends PUT and DELETE a second time on a connection that went away.
    session._retry_connection = False  # noqa: SLF001 - there is no public switch (3.14)
    return session


def _content(request: Http) -> tuple[bytes | None, dict[str, str]]:
    if request.json is not None:
        return to_json(request.json), {"Content-Type": "application/json; charset=utf-8"}
    if request.form is not None and not request.attached:
        return urlencode(request.form).encode(), {
            "Content-Type": "application/x-www-form-urlencoded"
        }
    return None, {}


if not TYPE_CHECKING:
    __getattr__ = former.names(__name__)
