"""What a strict system truly holds, so that the gateway's ledger can be laid beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Line:
    """One line on a dossier's timeline: append-only, without a key."""

    at: str
    status: str
    text: str
    call: int
    read: bool = True
    """Whether the gateway was given an answer to this call that can be read."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Say what makes two lines the same to a citizen who reads them."""
        return self.at, self.status, self.text


@dataclass(slots=True)
class Held:
    """One dossier as the system has it."""

    code: str
    content: dict[str, Any]
    status: str = ""
    id: str = ""
    lines: list[Line] = field(default_factory=list)
    born_there: bool = False
    writes: int = 0
    """How often the whole of it was written."""

    def repeated(self) -> Iterator[tuple[tuple[str, str, str], int, int]]:
        """List the lines that stand more than once: key, count, and answers that were lost."""
        for key, count in Counter(line.key for line in self.lines).items():
            if count > 1:
                same = [line for line in self.lines if line.key == key]
                yield key, count, sum(not line.read for line in same)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule of theirs that a request broke, in earnest and not as a fault."""

    code: str
    why: str


@dataclass(slots=True)
class Record:
    """Everything that one strict system knows, faults and refusals included."""

    dossiers: dict[str, Held] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    faults: dict[str, list[str]] = field(default_factory=dict)
    """The faults by the code of the dossier that met them; "": a login."""
    calls: int = 0
    logins: int = 0

    def hold(self, code: str, content: dict[str, Any], *, born_there: bool = False) -> Held:
        """Let a dossier be held from now on."""
        made = Held(code, content, born_there=born_there)
        self.dossiers[code] = made
        return made

    def met(self, code: str, kind: str) -> None:
        """Note a fault."""
        self.faults.setdefault(code, []).append(kind)

    def unread(self, call: int) -> None:
        """Note that no answer to this call can be read, whatever it stored."""
        for held in self.dossiers.values():
            for line in held.lines:
                if line.call == call:
                    line.read = False
