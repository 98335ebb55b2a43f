"""The only socket. Every exchange has one deadline around it, body included.

What a failure means is judged by aiohttp's own exception, never by the wrapper's name for it: a
connection cut after the server has read the request surfaces as `httpx.ConnectTimeout`, just like
a refused one (httpx-aiohttp 0.2.0).

    ClientConnectorCertificateError, …SSLError     Blocked: the far end cannot prove who it is
    ClientConnectorError, ConnectionTimeoutError   Unreachable: surely not sent
    anything else                                  Uncertain; after a `read`, Unreachable
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from adapters.kit.answers import unread
from adapters.kit.port import Attached, Http, Reply
from schemas.outcome import Blocked, Outcome, Problem, Refused, Unreachable

LARGEST_REPLY = 8 * 1024 * 1024
TRIES_UNSENT = 3


class Lost(Exception):  # noqa: N818 - it carries an outcome, it is not an accident
    """No whole answer of theirs was read; the outcome says what that means."""

    def __init__(self, outcome: Outcome) -> None:
        """Keep what it means."""
        super().__init__(type(outcome).__name__)
        self.outcome = outcome


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


class Carrier:
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
        context = ssl.create_default_context(cafile=ca_file)
        self._context = context
        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(
                client=lambda: _session(context),
                proxy=httpx.Proxy(proxy) if proxy is not None else None,
            ),
            # Three tries to connect fit into one deadline, so running out of it means: sent.
            timeout=httpx.Timeout(exchange_seconds, connect=exchange_seconds / 4),
            follow_redirects=False,
            trust_env=False,
        )

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

    async def exchange(self, request: Http) -> Reply:
        """Send a request and read the whole reply, or raise `Lost`."""
        try:
            async with asyncio.timeout(self.seconds):
                async for attempt in AsyncRetrying(
                    retry=retry_if_exception(_repeatable),
                    stop=stop_after_attempt(TRIES_UNSENT),
                    wait=wait_random_exponential(multiplier=0.05, max=0.5),
                    reraise=True,
                ):
                    with attempt:
                        return await self._once(request)
        except (httpx.HTTPError, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Lost(judge_failure(error, request)) from None
        raise AssertionError  # tenacity returns or raises

    async def _once(self, request: Http) -> Reply:
        content, kind = _content(request)
        headers = {"Accept": "application/json", **kind, **request.headers}
        whole = request.path.startswith(("https://", "http://"))
        url = request.path if whole else self._base + request.path
        if request.query:
            url += "?" + urlencode(request.query)
        with ExitStack() as opened:
            parts = [self._part(one, opened) for one in request.attached]
            sent = self._client.build_request(
                request.method,
                url,
                content=content,
                data=dict(request.form or {}) if parts else None,
                files=parts or None,
                headers=headers,
            )
            response = await self._client.send(sent, stream=True)
            try:
                return await self._read(response, request)
            finally:
                await response.aclose()

    async def _read(self, response: httpx.Response, request: Http) -> Reply:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_REPLY:
                raise Lost(unread("the answer is too long", request.effect))
        self._client.cookies.clear()
        names = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status_code, headers=names, body=bytes(body))

    def _part(self, one: Attached, opened: ExitStack) -> tuple[str, tuple[str, IO[bytes], str]]:
        """Open a file; one whose bytes nobody uploaded is the officer's to bring."""
        file = one.file
        path = self._files(file.sha256) if self._files and file.sha256 else None
        if path is None or not path.is_file():
            problem = Problem("/components", "file_missing", "the file has not been uploaded")
            raise Lost(Refused(code="file_missing", message=problem.detail, problems=(problem,)))
        return one.field, (
            file.name,
            opened.enter_context(path.open("rb")),
            file.media_type or "application/octet-stream",
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()


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
        text = json.dumps(request.json, ensure_ascii=False, separators=(",", ":"))
        return text.encode(), {"Content-Type": "application/json; charset=utf-8"}
    if request.form is not None and not request.attached:
        return urlencode(request.form).encode(), {
            "Content-Type": "application/x-www-form-urlencoded"
        }
    return None, {}
