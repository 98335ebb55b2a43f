"""Files for old commune software: laid out, acknowledged, and never over another's."""

from __future__ import annotations

from dataclasses import replace

from adapters import registry
from gateway.workbench.checks import step_of
from gateway.workbench.full import pair
from gateway.workbench.transports import play, simulated, subject
from schemas.outcome import EXISTS_ALREADY, Delivered, Refused, Remote

ONE = replace(subject(registry.find_adapters().adapters["commune_files"]), others={"acks": True})
STEP = step_of(pair()[0])


def test_a_file_that_they_refused_is_laid_out_again() -> None:
    """Once their setting or ours is mended, its other content replaces our own file."""
    far, kept = simulated(ONE), [Remote()]
    far.simulator.switches = {"acks": True, "delimiter": ";"}
    refused, _, _ = play(ONE, STEP, far, kept)
    mended = replace(ONE, others={"acks": True, "delimiter": ";"})
    far.simulator.files.clear()
    outcome, _, _ = play(mended, replace(STEP, remote=kept[-1]), far)

    assert isinstance(refused, Refused)
    assert (refused.code != EXISTS_ALREADY, isinstance(outcome, Delivered)) == (True, True)


def test_a_file_that_nobody_acknowledged_is_laid_out_again() -> None:
    """After some looks, over our own of the same name."""
    notes = {"file": f"{STEP.dossier.id}-{STEP.dossier.version:05d}.csv", "looked": "5"}
    far = simulated(ONE)
    far.simulator.switches = {"acks": True}
    far.lying[f"in/{notes['file']}"] = b"as it was written then"
    outcome, _, _ = play(ONE, replace(STEP, remote=Remote(notes=notes)), far)

    assert isinstance(outcome, Delivered)
