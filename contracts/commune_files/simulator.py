"""Old commune software: reads the files that are laid out for it, and acknowledges them if set.

It keeps what it has read by dossier and step, so a file that comes twice changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

Answer = tuple[int, dict[str, str], bytes]


class Simulator:
    """State and behaviour; the folder and its faults are the host's business."""

    def __init__(
        self, switches: Mapping[str, Any], witness: Callable[[dict[str, Any]], None]
    ) -> None:
        self.switches = dict(switches)
        self.witness = witness
        self.steps: set[tuple[str, str]] = set()
        self.files: dict[str, bytes] = {}
        self.held: list[tuple[str, bytes]] = []
        self.acknowledged = 0

    def seed(self, _codes: list[str]) -> None:
        """Know nothing beforehand."""

    def excuse(self, _path: str) -> bytes | None:
        """Have no sessions."""
        return None

    def handle(self, _method: str, _path: str, _headers: Mapping[str, str], _body: bytes) -> Answer:
        """Serve no requests: this is a folder."""
        return 404, {}, b""

    def put(self, name: str, body: bytes) -> None:
        """Find a complete file."""
        plain = name.rsplit("/", 1)[-1]
        try:
            rows = self._rows(plain, body)
        except (ValueError, ET.ParseError) as error:
            self._acknowledge(plain, [("", f"khong doc duoc: {type(error).__name__}")])
            return
        wrong = [
            (column, "thieu du lieu")
            for row in rows
            for column in self.switches.get("needs", ("matthc", "chuhoso"))
            if not row.get(column)
        ]
        if not wrong:
            for row in rows:
                self._keep(row)
        self._acknowledge(plain, wrong)

    def _rows(self, name: str, body: bytes) -> list[dict[str, str]]:
        text = body.decode("utf-8-sig")
        if name.endswith(".xml"):
            root = ET.fromstring(text)  # noqa: S314 - its own counterpart wrote it
            return [{cell.tag: cell.text or "" for cell in one} for one in root]
        delimiter = str(self.switches.get("delimiter", ","))
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [dict(row) for row in reader]
        if any(None in row.values() or None in row for row in rows):
            raise ValueError("a row is cut short")
        return rows

    def _keep(self, row: Mapping[str, str]) -> None:
        step = (row["hoso"], row["buoc"])
        if step in self.steps:
            return
        self.steps.add(step)
        self.witness(
            {
                "kind": "event",
                "dossier": row["hoso"],
                "seq": int(row["buoc"]),
                "ref": row["masukien"],
                "status": row["trangthai"],
                "code": row["mahoso"],
            }
        )

    def _acknowledge(self, name: str, wrong: list[tuple[str, str]]) -> None:
        if not self.switches.get("acks"):
            return
        self.acknowledged += 1
        lose = int(self.switches.get("lose_ack", 0))
        if lose and self.acknowledged % lose == 0:
            return
        lines = "".join(f"{column};{why}\n" for column, why in wrong)
        self.held.append((f"ack/{name}.{'err' if wrong else 'ok'}", lines.encode()))
        while len(self.held) > int(self.switches.get("slow_acks", 0)):
            ready, body = self.held.pop(0)
            self.files[ready] = body
