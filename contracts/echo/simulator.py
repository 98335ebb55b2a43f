"""A system that keeps what it is told: the newest snapshot, and each event once by its key."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}


class Simulator:
    """State and behaviour; sockets and faults are the host's business."""

    def __init__(
        self, switches: Mapping[str, Any], witness: Callable[[dict[str, Any]], None]
    ) -> None:
        self.switches = dict(switches)
        self.witness = witness
        self.snapshots: dict[str, int] = {}
        self.keys: set[str] = set()
        self.codes: dict[str, str] = {}

    def seed(self, _codes: list[str]) -> None:
        """Nothing is born here."""

    def handle(self, method: str, path: str, _headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request."""
        try:
            sent = json.loads(body)
        except ValueError:
            return _say(400, {"ok": False, "code": "json", "problems": []})
        parts = path.strip("/").split("/")
        match (method, parts):
            case ("PUT", ["dossiers", str(name)]) if isinstance(sent, dict):
                return self._snapshot(name, sent)
            case ("POST", ["dossiers"]) if isinstance(sent, dict):
                return self._many(sent.get("dossiers"))
            case ("POST", ["dossiers", str(name), "events"]) if isinstance(sent, dict):
                return self._events(name, sent)
        return _say(404, {"ok": False, "code": "path", "problems": []})

    def _many(self, items: object) -> Answer:
        """Judge several dossiers, each by itself, as if it had come alone."""
        if not isinstance(items, list):
            return _refuse("/dossiers", "missing")
        if any(self._poisoned(one) for one in items):
            return _refuse("/dossiers", "one of them is wrong")
        results = {}
        for one in items:
            name = str(one["dossier"]["id"])
            _, _, said = (
                self._events(name, one) if "events" in one else self._snapshot(name, one["dossier"])
            )
            results[name] = json.loads(said)
        return _say(200, {"ok": True, "results": results})

    def _snapshot(self, name: str, sent: dict[str, Any]) -> Answer:
        version = sent.get("version")
        if not isinstance(version, int):
            return _refuse("/version", "missing")
        if self._poisoned(sent):
            return _refuse("/summary", "not here")
        self.snapshots[name] = version
        self.witness(
            {"kind": "snapshot", "dossier": name, "version": version, "status": sent.get("status")}
        )
        answer: dict[str, Any] = {"ok": True}
        if self.switches.get("assign"):
            answer["code"] = self.codes.setdefault(name, f"E-{len(self.codes) + 1:06d}")
        return _say(200, answer)

    def _events(self, name: str, sent: dict[str, Any]) -> Answer:
        events = sent.get("events")
        if not isinstance(events, list) or not all(
            isinstance(one, dict) and isinstance(one.get("key"), str) for one in events
        ):
            return _refuse("/events", "each event needs a key")
        for one in events:
            if one["key"] in self.keys:
                continue
            self.keys.add(one["key"])
            event = one.get("event", {})
            self.witness(
                {
                    "kind": "event",
                    "dossier": name,
                    "seq": event.get("seq"),
                    "ref": event.get("ref"),
                    "status": event.get("status"),
                }
            )
        return _say(200, {"ok": True})

    def _poisoned(self, sent: dict[str, Any]) -> bool:
        word = self.switches.get("poison")
        return word is not None and word in json.dumps(sent, ensure_ascii=False)

    def excuse(self, _path: str) -> bytes | None:
        """Give a dead-session answer; there are no sessions here."""
        return None


def _say(status: int, answer: dict[str, Any]) -> Answer:
    return status, JSON, json.dumps(answer).encode()


def _refuse(pointer: str, detail: str) -> Answer:
    problem = {"pointer": pointer, "code": "invalid", "detail": detail}
    return _say(200, {"ok": False, "code": "invalid", "problems": [problem]})
