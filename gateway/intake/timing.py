"""How long requests take, by the route as it is written and the status: never by what was asked."""

from __future__ import annotations

import time

from prometheus_client import Histogram
from starlette.types import Scope

from gateway.watch import metrics

OTHER = "other"
"""What no route of ours answered: an invented path or method must make no series of its own."""

_kept: dict[tuple[str, int], Histogram] = {}
"""Looking a series up by its labels costs as much as adding to it."""


def route_of(scope: Scope) -> str:
    """Name the route that a request came to: its method, and its path as it is declared."""
    route = scope.get("route")
    path, methods = getattr(route, "path_format", None), getattr(route, "methods", None)
    method = scope["method"]
    return f"{method} {path}" if path and methods and method in methods else OTHER


def timed(scope: Scope, status: int, begun: float) -> None:
    """Count a request that was answered; `begun`: on the clock of `time.perf_counter`."""
    key = route_of(scope), status
    series = _kept.get(key)
    if series is None:
        series = _kept[key] = metrics.REQUEST_SECONDS.labels(key[0], str(status))
    series.observe(time.perf_counter() - begun)
