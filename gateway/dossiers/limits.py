"""On what terms one worker delivers to one system: one value for claim, conversation and end."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.dossiers.systems import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one system in one process.

    system: its number; adapter: what stands with every attempt
    at_once: lanes under way over all processes; together: lanes in one conversation
    lease: milliseconds for which a lane is held; quarantine: milliseconds after which a lapsed
        lease may be taken over; linger: seconds to wait after an attempt that may have landed
    appends: some request of this adapter adds a line; on_uncertain: `resend` or `park` those
    looks_up: it is read first whether they stand
    scale: by which all waits are multiplied
    settings: a digest of what opens the way to it (address, credentials, proxy, certificates)
    shadow: nothing is sent, so that no gate has anything to say
    """

    system: int
    worker: str
    adapter: str
    at_once: int
    together: int
    lease: int
    quarantine: int
    linger: float
    appends: bool
    on_uncertain: str
    looks_up: bool
    scale: float
    settings: str | None = None
    shadow: bool = False


def limits_of(system: System, worker: str, scale: float, settings: str | None = None) -> Limits:
    """Give the limits in force for a configured system."""
    facts = system.facts
    many = system.adapter.deliver_many is not None and system.config.mode == "live"
    together = facts.batch if many else 1
    return Limits(
        system=system.id,
        worker=worker,
        adapter=system.adapter_version,
        at_once=facts.at_once * together,
        together=together,
        lease=int(facts.lease_seconds * 1000),
        quarantine=int(facts.linger * scale * 1000),
        linger=facts.linger,
        appends=facts.appends,
        on_uncertain=facts.on_uncertain,
        looks_up=facts.looks_up,
        scale=scale,
        settings=settings,
        shadow=system.config.mode == "shadow",
    )
