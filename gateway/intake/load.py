"""What one process has taken on: requests, bytes, uploads; for each client, and of all together.

Counted in memory, by each process for itself. Everything that is refused here is refused before it
costs anything, and says when to come again.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.bounds import Bounds
from gateway.intake.problems import Problem
from gateway.rules.token_bucket import TokenBucket
from gateway.watch import metrics

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

    from gateway.access.principals import Principal

MIB = 1024 * 1024
SOON = {"Retry-After": "5"}
FULL = {"Retry-After": "3600"}
"""When somebody has to make room first."""
LOOK = 1.0
"""Seconds between two looks at the disk."""
COUNT = 60.0
"""Seconds between two counts of what a client has stored; uploads in between are added here."""


@dataclass(slots=True)
class Account:
    """What one client has taken of its share."""

    requests: TokenBucket
    bytes: TokenBucket
    most_stored: float
    sandbox: bool
    uploads: int = 0
    incoming: int = 0
    stored: int = 0
    counted_at: float = -math.inf


class Load:
    """The load of this process."""

    def __init__(self, bounds: Bounds, data: Path) -> None:
        self.bounds = bounds
        self._data = data
        self._requests = 0
        self._held = 0
        self._uploads = 0
        self._accounts: dict[int, Account] = {}
        self._free, self._looked_at = math.inf, -math.inf

    def begin(self) -> bool:
        """Count a request in; False: there are too many."""
        if self._requests >= self.bounds.requests:
            return False
        self._requests += 1
        return True

    def end(self, scope: Scope) -> None:
        """Count a request out, with what it held."""
        self._requests -= 1
        self._held -= scope.get("lienthong.held", 0)

    def admit(self, request: Request, client: Principal) -> None:
        """Let a client's request pass, unless the client has had its share for now."""
        now = time.monotonic()
        account = self._accounts.get(client.id)
        if account is None:
            account = self._accounts[client.id] = self._open(client, now)
        wait = max(account.requests.wait(now, 1), account.bytes.wait(now))
        if wait:
            headers = {"Retry-After": str(math.ceil(wait))}
            raise Problem(429, "too_many_requests", headers=headers)
        account.requests.take(1)
        request.scope["lienthong.account"] = account

    def _open(self, client: Principal, now: float) -> Account:
        bounds = self.bounds
        sandbox = client.environment == "sandbox"
        per_second = (bounds.sandbox_rate_mb if sandbox else bounds.client_rate_mb) * MIB
        burst = (bounds.sandbox_burst_mb if sandbox else bounds.client_burst_mb) * MIB
        return Account(
            requests=TokenBucket(bounds.client_rate, bounds.client_burst, bounds.client_burst, now),
            bytes=TokenBucket(per_second, burst, burst, now),
            most_stored=(bounds.sandbox_files_gb if sandbox else bounds.files_gb) * 1024 * MIB,
            sandbox=sandbox,
        )

    async def body(self, request: Request, limit: int, detail: str | None = None) -> bytes:
        """Read a whole body into memory, as far as there is room for it."""
        self.room(request)
        scope, account = request.scope, request.scope.get("lienthong.account")
        body = bytearray()
        async for chunk in request.stream():
            size = len(chunk)
            self._held += size
            scope["lienthong.held"] = scope.get("lienthong.held", 0) + size
            if self._held > self.bounds.bodies_mb * MIB:
                raise Problem(503, "busy", headers=SOON)
            if account is not None:
                account.bytes.take(size)
            body += chunk
            if len(body) > limit:
                more = {"limit": limit} | ({} if detail is None else {"detail": detail})
                raise Problem(413, "too_large", more=more)
        return bytes(body)

    def room(self, request: Request, *, upload: bool = False) -> None:
        """Refuse what would fill the disk: files and the sandbox first, everything last."""
        account = request.scope.get("lienthong.account")
        first = upload or (account is not None and account.sandbox)
        if self.free() < self.bounds.disk_reserve_mb * MIB * (2 if first else 1):
            raise Problem(503, "disk_low", headers=FULL if first else SOON)

    def free(self) -> float:
        """Say how many bytes are free on the disk of the data, as of the last second."""
        now = time.monotonic()
        if now - self._looked_at > LOOK:
            self._looked_at = now
            with suppress(OSError):  # a folder that is away says so by itself
                disk = shutil.disk_usage(self._data)
                self._free = disk.free
                metrics.DISK_FREE.set(disk.free)
                metrics.DISK_USED.set(disk.used)
        return self._free

    async def counted(self, request: Request, count: Callable[[], Awaitable[int]]) -> Account:
        """Give a client's account with what it has stored, as of the last minute and from here."""
        account: Account = request.scope["lienthong.account"]
        now = time.monotonic()
        if now - account.counted_at > COUNT:
            account.stored, account.counted_at = await count(), now
        return account

    def stored_anew(self, client: Principal) -> None:
        """Count again what a client has stored: it has deleted something."""
        account = self._accounts.get(client.id)
        if account is not None:
            account.counted_at = -math.inf

    @contextmanager
    def upload(self, account: Account) -> Iterator[None]:
        """Count an upload while it is under way."""
        if self._uploads >= self.bounds.uploads:
            raise Problem(503, "busy", headers=SOON)
        if account.uploads >= self.bounds.uploads_per_client:
            raise Problem(429, "too_many_uploads", headers=SOON)
        self._uploads += 1
        account.uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1
            account.uploads -= 1


async def within_quota(
    chunks: AsyncIterator[bytes], account: Account, announced: int
) -> AsyncIterator[bytes]:
    """Pass a file on, as far as its client may store it.

    announced: bytes that are to come, as far as that was said; they are kept free for it
    """
    arrived, reserved = 0, announced
    account.incoming += reserved
    try:
        if account.stored + account.incoming > account.most_stored:
            raise Problem(429, "files_full", headers=FULL)
        async for chunk in chunks:
            arrived += len(chunk)
            account.bytes.take(len(chunk))
            if arrived > reserved:
                account.incoming += arrived - reserved
                reserved = arrived
                if account.stored + account.incoming > account.most_stored:
                    raise Problem(429, "files_full", headers=FULL)
            yield chunk
    finally:
        account.incoming -= reserved
