"""Who owns the business state of a dossier: exactly one at any time.

A system that is set to own the states of what is routed to it; else the first client that knows
the dossier. Everybody else's word on the state is evidence.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.rules.routing import matches
from gateway.settings import SystemSettings
from schemas.dossier import Dossier


def owning_system(head: Dossier, configs: Iterable[SystemSettings]) -> str | None:
    """Name the live system that owns this dossier's state, if one does."""
    return next(
        (
            config.name
            for config in configs
            if config.mode == "live" and _owns(config, head) and matches(head, config)
        ),
        None,
    )


def _owns(config: SystemSettings, head: Dossier) -> bool:
    return "*" in config.owns_status or head.procedure.code in config.owns_status
