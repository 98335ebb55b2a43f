"""One place that says what is away and that it is back, however many loops meet it meanwhile.

The first failure is a line, and then there is silence until it works again: that line says since
when, for how long, how often it failed, and why. What comes and goes is told less and less often.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from gateway.watch.said import AlreadySaid

log = structlog.get_logger()

QUIET = 5.0
"""Seconds without a failure after which something is back."""
LONGEST_QUIET = 640.0
RELAPSE = 900.0
"""Whatever fails again within these seconds has to stay up twice as long, to be back again."""
REMINDED = 3600.0
"""Seconds after which it is said again that something is still away: a log may have been turned."""
KINDS = 8
"""At most so many reasons are counted one by one."""


class Outage:
    """Tells the turns of one thing: a line when it fails, one when it works again.

    began, ended: the events of the two lines; labels: what else each of them says
    """

    def __init__(
        self, began: str, ended: str, *, clock: Callable[[], float] = time.monotonic, **labels: str
    ) -> None:
        self._events = began, ended
        self._labels = labels
        self._clock = clock
        self._lock = threading.Lock()  # an embedded database works in threads of its own
        self._away = False
        self._quiet = QUIET
        self._ended: float | None = None
        self._begun = self._last = self._told = 0.0
        self._good: float | None = None
        self._since = ""
        self._why: Counter[str] = Counter()

    def failed(self, why: str) -> None:
        """Count a failure; the first one is said, and one an hour as long as there are more."""
        with self._lock:
            now = self._clock()
            if not self._away:
                self._begin(now)
            known = why in self._why or len(self._why) < KINDS
            self._why[why if known else "other"] += 1
            self._last, self._good = now, None
            failures = self._why.total()
            if failures == 1:
                log.warning(self._events[0], why=why, **self._labels)
            elif now - self._told >= REMINDED:
                self._told = now
                more = {"since": self._since, "failures": failures}
                log.warning(self._events[0], why=why, **self._labels, **more)

    def _begin(self, now: float) -> None:
        relapsed = self._ended is not None and now - self._ended < RELAPSE
        self._quiet = min(LONGEST_QUIET, self._quiet * 2) if relapsed else QUIET
        self._away = True
        self._begun = self._told = now
        self._since = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._why.clear()

    def worked(self) -> None:
        """Say that it is back, when it has worked for a while; nothing where it never was away."""
        if not self._away:
            return
        with self._lock:
            now = self._clock()
            self._good = now if self._good is None else self._good
            if not self._away or now - self._last < self._quiet:
                return
            self._away, self._ended = False, now
            log.warning(
                self._events[1],
                since=self._since,
                seconds=round(self._good - self._begun, 1),
                failures=self._why.total(),
                why=dict(self._why),
                **self._labels,
            )


class Loop(Outage):
    """A loop that outlives its failures: `NAME_failed` once, `NAME_works` when it does again."""

    def __init__(self, name: str, **labels: str) -> None:
        super().__init__(f"{name}_failed", f"{name}_works", clock=time.monotonic, **labels)

    def met(self, error: Exception) -> None:
        """Count an error that ended a round, unless it is told elsewhere."""
        if not isinstance(error, AlreadySaid):
            self.failed(type(error).__name__)


class Silent(Outage):
    """Tells nobody: for commands, which end with what they met."""

    def __init__(self) -> None:
        super().__init__("", "")

    def failed(self, why: str) -> None:
        """Say nothing."""

    def worked(self) -> None:
        """Say nothing."""


class Repeats:
    """Lets a line through once in a while, and then says how often it was held back."""

    MOST = 256
    """At most so many lines are told apart."""

    def __init__(self, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._every = every
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[float, int]] = {}

    def through(self, *line: str) -> int | None:
        """Give how often a line was held back since it was last said; None: it is held back now."""
        now = self._clock()
        said, held = self._known.get(line, (None, 0))
        if said is not None and now - said < self._every:
            self._known[line] = said, held + 1
            return None
        if len(self._known) >= self.MOST:
            self._known.clear()
        self._known[line] = now, 0
        return held
