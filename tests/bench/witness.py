"""The three systems that everybody delivers to, in one cheap process, and what they witnessed.

It answers as the simulator of the echo contract does when all is well. It counts exchanges and
distinct dossiers, remembers when each dossier arrived first, and can be ordered to refuse
connections, to stay silent, or to answer 500. It never spends time on what it is sent.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import httptools
import uvloop

OK = b'{"ok": true}'
MODES = ("answer", "silent", "500", "refuse")


def say(status: int, body: bytes) -> bytes:
    """Write a whole answer."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


GOOD, FAULT = say(200, OK), say(500, b'{"error": "ordered"}')


class Far:
    """One system: what it counted, and how it is to behave."""

    def __init__(self) -> None:
        self.mode = "answer"
        self.exchanges = 0
        self.arrivals: dict[str, float] = {}
        self.first = 0.0
        self.last = 0.0
        self.open: set[asyncio.BaseTransport] = set()
        self.port = 0
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Take connections, on the same port as before if there was one."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Line(self), "127.0.0.1", self.port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def behave(self, mode: str) -> None:
        """Change the behaviour from now on; connections that saw the old one are cut."""
        if mode not in MODES:
            raise ValueError(mode)
        was, self.mode = self.mode, mode
        for one in list(self.open):
            one.close()
        if mode == "refuse" and self._server is not None:
            self._server.close()
            self._server = None
        elif mode != "refuse" and was == "refuse":
            await self.listen()

    def reset(self) -> None:
        """Forget what was counted."""
        self.exchanges, self.first, self.last, self.arrivals = 0, 0.0, 0.0, {}

    def request(self, path: str, body: bytes) -> bytes | None:
        """Count a request and answer it; None: stay silent."""
        self.exchanges += 1
        if self.mode == "silent":
            return None
        if self.mode == "500":
            return FAULT
        self.last = time.monotonic()
        self.first = self.first or self.last
        names, together = named(path, body)
        for name in names:
            self.arrivals.setdefault(name, self.last)
        if not together:
            return GOOD
        results = {name: {"ok": True} for name in names}
        return say(200, json.dumps({"ok": True, "results": results}).encode())

    def counts(self) -> dict[str, Any]:
        """Say what was counted."""
        return {
            "exchanges": self.exchanges,
            "distinct": len(self.arrivals),
            "first": self.first,
            "last": self.last,
        }


def named(path: str, body: bytes) -> tuple[list[str], bool]:
    """Say which dossiers a request brings, and whether it is one for several."""
    parts = path.split("/", 3)
    if len(parts) > 2 and parts[2]:
        return [parts[2]], False
    return [one["dossier"]["id"] for one in json.loads(body)["dossiers"]], True


class Line(asyncio.Protocol):
    """One connection to a system."""

    def __init__(self, far: Far) -> None:
        self._far = far
        self._parser = httptools.HttpRequestParser(self)
        self._path = ""
        self._body: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the connection, so that it can be cut."""
        self._transport = transport  # type: ignore[assignment]
        self._far.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self._transport is not None:
            self._far.open.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Let the parser read."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Note where the request goes."""
        self._path, self._body = url.decode(), []

    def on_body(self, body: bytes) -> None:
        """Keep the body: a batch names its dossiers there."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer."""
        answer = self.answer(self._path, b"".join(self._body))
        if answer is not None and self._transport is not None:
            self._transport.write(answer)

    def answer(self, path: str, body: bytes) -> bytes | None:
        """Give the answer of the system."""
        return self._far.request(path, body)


class Control(Line):
    """A connection that asks what was witnessed, or gives orders."""

    def __init__(self, far: list[Far]) -> None:
        super().__init__(Far())
        self._all = far
        self._under_way: set[asyncio.Task[None]] = set()

    def answer(self, path: str, body: bytes) -> bytes | None:
        """Give counts or arrivals, or carry out an order."""
        match path:
            case "/counts":
                return self._say([one.counts() for one in self._all])
            case "/arrivals":
                return self._say([one.arrivals for one in self._all])
            case "/reset":
                for one in self._all:
                    one.reset()
                return self._say({})
            case "/order":
                order = json.loads(body)
                task = asyncio.ensure_future(self._order(order["system"], order["mode"]))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
                return None
            case _:
                return say(404, b"{}")

    async def _order(self, system: int, mode: str) -> None:
        try:
            await self._all[system].behave(mode)
            said = self._say({})
        except (OSError, ValueError) as error:
            said = say(500, json.dumps({"error": str(error)}).encode())
        if self._transport is not None:
            self._transport.write(said)

    @staticmethod
    def _say(what: Any) -> bytes:
        return say(200, json.dumps(what).encode())


async def serve(count: int) -> None:
    """Open the systems and the control, say where they are, and stay."""
    far = [Far() for _ in range(count)]
    for one in far:
        await one.listen()
    control = await asyncio.get_running_loop().create_server(lambda: Control(far), "127.0.0.1", 0)
    where = {"systems": [one.port for one in far], "control": control.sockets[0].getsockname()[1]}
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
