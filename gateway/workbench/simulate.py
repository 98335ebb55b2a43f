"""Hosts simulators on real sockets, with faults, and keeps two logs per system as witness.

`NAME.effects.jsonl` has a line per thing stored; `NAME.faults.jsonl` a line per call that was hit.
Each is on disk before the answer leaves, so the logs survive anything done to the gateway.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import socket
import struct
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, Protocol, TextIO, runtime_checkable

import h11

from gateway.workbench.faults import STORED, Faults

SILENCE = 20.0
"""Seconds for which a call that gets no answer is kept open at most."""
WORDED = frozenset({"dead_session", "denied_200"})
"""Faults that are told in the words of the contract."""
PAGES = {"html_200": 200, "html_502_after": 502, "astray_404": 404, "barred_403": 403}
PAGE = {"Content-Type": "text/html"}, b"<html><body>Vui long thu lai sau</body></html>"
Answer = tuple[int, dict[str, str], bytes]


class Behaves(Protocol):
    """What a contract's simulator offers."""

    def seed(self, codes: list[str]) -> None:
        """Let dossiers be known from the start."""
        ...

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request."""
        ...

    def excuse(self, path: str) -> bytes | None:
        """Give the answer to a dead session, where there are sessions."""
        ...

    def move(self, code: str, status: int) -> None:
        """Let their own officer move a dossier, where they can."""
        ...


@runtime_checkable
class Denies(Protocol):
    """What a contract's simulator offers besides where a no can be said in words of success."""

    def denial(self, path: str) -> bytes | None:
        """Give such a no; None: it is said otherwise at this path."""


@dataclass(slots=True)
class Logs:
    """The two logs of one simulated system; each effect is on the disk before its answer leaves."""

    folder: Path
    name: str
    _effects: TextIO = field(init=False)
    _faults: TextIO = field(init=False)

    def __post_init__(self) -> None:
        """Open both."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._effects = (self.folder / f"{self.name}.effects.jsonl").open("a", encoding="utf-8")
        self._faults = (self.folder / f"{self.name}.faults.jsonl").open("a", encoding="utf-8")

    def effect(self, call: int, effect: dict[str, Any]) -> None:
        """Note something that was stored."""
        self._effects.write(
            json.dumps({"call": call, "arrived": time.time(), **effect}, ensure_ascii=False) + "\n"
        )
        self._effects.flush()
        os.fdatasync(self._effects.fileno())

    def fault(self, call: int, kind: str, *, stored: bool) -> None:
        """Note a fault, and whether something was stored before it."""
        row = {"call": call, "fault": kind, "stored": stored, "at": time.time()}
        self._faults.write(json.dumps(row) + "\n")
        self._faults.flush()

    def close(self) -> None:
        """Close both."""
        self._effects.close()
        self._faults.close()


@dataclass(slots=True)
class Host:
    """One simulated system behind a socket."""

    name: str
    contract: str
    folder: Path
    faults: Faults
    switches: Mapping[str, Any] = field(default_factory=dict)
    calls: int = 0
    most: int = 0
    """Requests that were under way at the same time, at most."""
    delay: float = 0.0
    simulator: Behaves = field(init=False)
    logs: Logs = field(init=False)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _busy: int = 0

    def __post_init__(self) -> None:
        """Find the contract's simulator by its folder and open the logs."""
        self.logs = Logs(self.folder, self.name)
        module = importlib.import_module(f"contracts.{self.contract}.simulator")
        self.simulator = module.Simulator(self.switches, self._witness)

    def _witness(self, effect: dict[str, Any]) -> None:
        self.logs.effect(self.calls, effect)

    def _fault(self, kind: str, *, stored: bool) -> None:
        self.logs.fault(self.calls, kind, stored=stored)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak HTTP/1.1 on one connection until either side ends it."""
        self._open.add(writer)
        connection = h11.Connection(h11.SERVER)
        try:
            while True:
                got = await _request(connection, reader)
                if got is None or not await self._counted(connection, writer, *got):
                    return
                connection.start_next_cycle()
        except (OSError, h11.ProtocolError, asyncio.CancelledError):
            return  # the other side went away in the middle, or the host is closing
        finally:
            self._open.discard(writer)
            writer.close()

    async def _counted(self, *request: Any) -> bool:
        """Answer one request, and note how many are under way."""
        self._busy += 1
        self.most = max(self.most, self._busy)
        try:
            return await self._answer(*request)
        finally:
            self._busy -= 1

    async def _answer(
        self,
        connection: h11.Connection,
        writer: asyncio.StreamWriter,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> bool:
        """Answer one request, or play a fault; False: the connection is finished."""
        if path.startswith("/_control/"):
            await _send(connection, writer, self._control(path, body))
            return True
        self.calls += 1
        if self.faults.gone():
            self._fault("gone", stored=False)
            _reset(writer)
            return False
        fault = self.faults.told(path, body) or self.faults.next()
        if fault is None or (fault in WORDED and self._words(fault, path) is None):
            answer = self.simulator.handle(method, path, headers, body)
            await asyncio.sleep(self.delay)  # stored, and slow to say so
            await _send(connection, writer, answer)
            return True
        return await self._play(fault, connection, writer, (method, path, headers, body))

    async def _play(
        self,
        fault: str,
        connection: h11.Connection,
        writer: asyncio.StreamWriter,
        request: tuple[str, str, Mapping[str, str], bytes],
    ) -> bool:
        self._fault(fault, stored=STORED[fault])
        stored = self.simulator.handle(*request) if STORED[fault] else None
        if fault == "silence_after":
            await asyncio.sleep(SILENCE)
        elif fault == "reset_after":
            _reset(writer)
        answer = self._faulty(fault, request[1], stored)
        if answer is not None:
            await _send(connection, writer, answer)
        return answer is not None

    def _faulty(self, fault: str, path: str, stored: Answer | None) -> Answer | None:
        """Give what is sent instead of the answer; None: nothing is, and the connection ends."""
        match fault:
            case "error_500_before" | "error_500_after":
                return 500, {}, b"internal error"
            case "too_many_429":
                return 429, {"Retry-After": "1"}, b""
            case "html_200" | "html_502_after" | "astray_404" | "barred_403":
                return PAGES[fault], *PAGE
            case "cut_json_after" if stored is not None:
                return stored[0], stored[1], stored[2][: len(stored[2]) // 2]
            case "dead_session" | "denied_200":
                return 200, {"Content-Type": "application/json"}, self._words(fault, path) or b""
            case _:
                return None

    def _words(self, fault: str, path: str) -> bytes | None:
        """Give what the contract says of such a fault; None: it has no words for it here."""
        if fault == "dead_session":
            return self.simulator.excuse(path)
        return self.simulator.denial(path) if isinstance(self.simulator, Denies) else None

    def _control(self, path: str, body: bytes) -> Answer:
        """Take an order of the workbench; orders never meet a fault."""
        order = json.loads(body or b"{}")
        if path.endswith("/seed"):
            self.simulator.seed(order["codes"])
        elif path.endswith("/move"):
            self.simulator.move(order["code"], order["status"])
        elif path.endswith("/slow"):
            self.delay = float(order["seconds"])
        elif path.endswith("/calm"):
            self.faults.calm()
            self.delay = 0.0
        elif path.endswith("/fault"):
            self.faults.order(order["kind"], float(order["seconds"]))
        elif path.endswith("/bar"):
            self.faults.barred = order["word"]
        elif path.endswith("/outage"):
            self.faults.gone_until = time.monotonic() + float(order["seconds"])
        return 200, {"Content-Type": "application/json"}, json.dumps({"calls": self.calls}).encode()

    def hang_up(self) -> None:
        """Close every connection."""
        for writer in list(self._open):
            writer.close()
        self.logs.close()


async def _request(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> tuple[str, str, Mapping[str, str], bytes] | None:
    """Read one whole request; None: the connection has ended."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
            return head.method.decode(), head.target.decode(), headers, bytes(body)
        else:
            return None


async def _send(connection: h11.Connection, writer: asyncio.StreamWriter, answer: Answer) -> None:
    status, headers, body = answer
    date = formatdate(usegmt=True)
    fields = [*headers.items(), ("Content-Length", str(len(body))), ("Date", date)]
    writer.write(connection.send(h11.Response(status_code=status, headers=fields)) or b"")
    writer.write(connection.send(h11.Data(data=body)) or b"")
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset instead of a farewell."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def hosted(host: Host, port: int = 0) -> AsyncIterator[int]:
    """Host a simulator on a port of this machine (0: a free one); gives the port."""
    server = await asyncio.start_server(host.serve, "127.0.0.1", port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        host.hang_up()


def is_folder(contract: str) -> bool:
    """Say whether a contract's system is reached through a folder instead of a socket."""
    module = importlib.import_module(f"contracts.{contract}.simulator")
    return hasattr(module.Simulator, "put")
