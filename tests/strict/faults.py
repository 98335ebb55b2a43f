"""Faults by a seeded plan: drawn from the dossier and its n-th request, whatever the order.

dress     acted, and the answer can be read, in another dress
patience  not acted; a later try or a new login mends it
verdict   not acted; a no of theirs that time does not mend: whoever parks it is right
unread    no answer that can be read; whether it was acted on differs
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Literal

from tests.strict.record import Record
from tests.strict.wire import Answer, Request, plain, said

Purpose = Literal["login", "read", "write", "append"]
Family = Literal["dress", "patience", "verdict", "unread"]
SHARES: dict[Family, float] = {"dress": 0.14, "patience": 0.08, "unread": 0.06, "verdict": 0.02}
MOST = 5
"""Faults that one dossier meets at most: the story has to come to its end."""
MOST_SLOW = 2
"""So often a whole system asks for a real second; a scene is not to last for minutes."""
PAGE = (
    "<!DOCTYPE html><html><head><title>Bảo trì</title></head><body>"
    "<h1>Hệ thống đang bảo trì, vui lòng quay lại sau</h1></body></html>"
)


def _text(answer: Answer) -> str:
    return answer.body.decode()


DRESSES: dict[str, Callable[[Answer], Answer]] = {
    "utf16": lambda one: replace(one, body=_text(one).encode("utf-16"), kind="application/json"),
    "utf16_said": lambda one: replace(
        one, body=_text(one).encode("utf-16-le"), kind="application/json; charset=utf-16le"
    ),
    "utf8_bom": lambda one: replace(one, body=b"\xef\xbb\xbf" + one.body),
    "string": lambda one: replace(
        one, body=f"<string>{_text(one)}</string>".encode(), kind="text/xml; charset=utf-8"
    ),
    "string_declared": lambda one: replace(
        one,
        body=(
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<string xmlns="http://tempuri.org/">{_escaped(_text(one))}</string>'
        ).encode(),
        kind="application/xml",
    ),
    "quoted": lambda one: replace(one, body=json.dumps(_text(one)).encode()),
    "gzip": lambda one: replace(one, body=gzip.compress(one.body, mtime=0)),
    "no_kind": lambda one: replace(one, kind=""),
    "html_kind": lambda one: replace(one, kind="text/html"),
}
PATIENCE: dict[str, Callable[[], Answer]] = {
    "busy_429": lambda: Answer(429, b"", headers={"Retry-After": "1"}),
    "busy_429_unreadable": lambda: Answer(429, b"", headers={"Retry-After": "\xb2"}),
    "busy_429_date": lambda: Answer(429, b"", headers={"Retry-After": formatdate(usegmt=True)}),
    "busy_429_word": lambda: Answer(429, b"{}", headers={"Retry-After": "soon"}),
    "maintenance_200": lambda: Answer(200, PAGE.encode(), "text/html; charset=utf-8"),
    "maintenance_503": lambda: Answer(503, PAGE.encode(), "text/html; charset=utf-8"),
    "maintenance_text": lambda: plain("Hệ thống đang bảo trì, vui lòng quay lại sau"),
    "later_text": lambda: plain("Cập nhật thất bại, xin thử lại sau"),
}
VERDICTS = 60
"""Numbers that stand for a verdict; there are fewer, and each comes about as often."""
UNREAD = ("cut", "half", "lost", "page_502", "dropped")
UNACTED = frozenset({"dropped"})


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _spoiled(kind: str, answer: Answer) -> Answer:
    """Make an answer that cannot be read out of one that could."""
    half = len(answer.body) // 2
    match kind:
        case "cut":
            return replace(answer, sent=half)
        case "half":
            return replace(answer, body=answer.body[:half])
        case "page_502":
            return Answer(502, b"<html>bad gateway</html>", "text/html")
        case _:
            return replace(answer, silent=True)


@dataclass(slots=True)
class Words:
    """A system's own ways of saying things; each gives an answer."""

    later: tuple[Answer, ...]
    verdicts: tuple[Answer, ...]
    appended: tuple[Answer, ...] = ()
    """Verdicts that only an append or a change of state may meet."""
    at_login: tuple[Answer, ...] = ()
    """Those of `later` that a login may meet: the same, or none."""
    forbidden: Answer = field(default_factory=lambda: said({"message": "not permitted"}, 403))


@dataclass(slots=True)
class Plan:
    """Which request meets what; the same seed makes the same plan for every dossier."""

    seed: int
    words: Words
    record: Record
    kill: Callable[[], None]
    """Let the session in use die, in a dress that the system chooses."""
    forbidden: frozenset[str] = frozenset()
    shares: Mapping[Family, float] = field(default_factory=lambda: SHARES)
    kinds: frozenset[str] = frozenset()
    """Only these; none: all."""
    each: bool = False
    """True: every verdict in its turn, at the first write or the first append of a dossier."""
    _slowed: int = 0
    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def meet(
        self, request: Request, code: str, purpose: Purpose, act: Callable[[Request], Answer]
    ) -> Answer:
        """Answer a request, by the rules or by a fault."""
        self.record.calls += 1
        if code in self.forbidden and purpose != "login":
            self.record.met(code, "verdict:forbidden")
            return self.words.forbidden
        family, name = self._draw(code, purpose)
        if family == "verdict":
            verdict = self._verdict(purpose, int(name))
            self.record.met(code, f"verdict:{purpose}:{verdict.status}:{_text(verdict)}")
            return verdict
        if family is not None:
            self.record.met(code, f"{family}:{name}")
        if family == "dress":
            return DRESSES[name](act(request))
        if family == "patience":
            return self._later(name, request, act)
        if family == "unread":
            answer = Answer(500, b"") if name in UNACTED else act(request)
            self.record.unread(self.record.calls)
            return _spoiled(name, answer)
        return act(request)

    def _verdict(self, purpose: Purpose, place: int) -> Answer:
        mine = (*self.words.verdicts, *(self.words.appended if purpose == "append" else ()))
        return mine[place % len(mine)]

    def _later(self, name: str, request: Request, act: Callable[[Request], Answer]) -> Answer:
        if name == "dead":
            self.kill()
            return act(request)  # which finds its session dead
        if name == "busy_429":
            self._slowed += 1
            name = name if self._slowed <= MOST_SLOW else "busy_429_word"
        if name in PATIENCE:
            return PATIENCE[name]()
        return self.words.later[int(name.removeprefix("later_")) % len(self.words.later)]

    def _draw(self, code: str, purpose: Purpose) -> tuple[Family | None, str]:
        self._asked[code, purpose] += 1
        asked = self._asked[code, purpose]
        if len(self.record.faults.get(code, ())) >= (MOST if code else MOST * 5):
            return None, ""
        if self.each:
            number = int(code[-4:]) if code[-4:].isdecimal() else 0
            due = asked == 1 and purpose == ("append" if number % 2 else "write")
            return ("verdict", str(number // 2)) if due else (None, "")
        draw = random.Random(f"{self.seed}:{code}:{purpose}:{asked}")
        place = draw.random()
        for family, share in self.shares.items():
            if place < share:
                return self._kind(family, purpose, draw)
            place -= share
        return None, ""

    def _kind(
        self, family: Family, purpose: Purpose, draw: random.Random
    ) -> tuple[Family | None, str]:
        words = self.words.at_login if purpose == "login" else self.words.later
        own = [f"later_{place}" for place in range(len(words))]
        dead = [] if purpose == "login" else ["dead"] * 3
        none = purpose in {"login", "read"}
        choices: dict[Family, Sequence[str]] = {
            "dress": sorted(DRESSES),
            "unread": UNREAD,
            "patience": [*sorted(PATIENCE), *own, *dead],
            "verdict": [] if none else [str(place) for place in range(VERDICTS)],
        }
        left = [one for one in choices[family] if not self.kinds or one in self.kinds]
        return (family, draw.choice(left)) if left else (None, "")
