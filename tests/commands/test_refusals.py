"""Dangerous settings are refused at the start, each in one clear line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.main.bootstrap import find_system
from gateway.retries.topology import Queues, unsound
from gateway.settings import SettingsError, read_systems


def refused(**limits: Any) -> str:
    """Say how these limits of a system are refused."""
    table = {"adapter": "echo", "settings": {"base_url": "http://x"}, "limits": limits}
    config = read_systems({"systems": {"a": table}}, {})[0]
    with pytest.raises(SettingsError) as error:
        find_system(config, 0)
    return str(error.value)


def test_exchanges_must_fit_into_a_conversation() -> None:
    """Otherwise a step could never come to its end."""
    said = refused(exchange=10.0, exchanges=4, conversation=30.0)

    assert said == (
        "systems.a.limits: 4 exchanges of 10 s take 40 s, which does not fit into a conversation "
        "of 30 s"
    )


def test_the_lease_must_outlast_the_conversation() -> None:
    """Otherwise a lane could be taken over while it is being talked about."""
    said = refused(exchange=1.0, conversation=30.0, lease=30.0)

    assert said == "systems.a.limits: the lease (30 s) must outlast the conversation (30 s)"


def test_our_own_queues_are_sound() -> None:
    """Nothing can vanish in the queues as they are declared."""
    assert unsound(Queues(1.0).every(["a", "b"])) is None


@pytest.mark.parametrize(
    ("part", "why"),
    [
        ({"x-dead-letter-routing-key": "nowhere"}, "goes nowhere"),
        ({"x-dead-letter-routing-key": None}, "goes nowhere"),
    ],
)
def test_a_delay_queue_without_a_target_is_refused(part: dict[str, Any], why: str) -> None:
    """What has waited must come back."""
    queues = dict(Queues(1.0).every(["a"]))
    name = next(name for name in queues if "wait" in name)
    queues[name] = {**queues[name], **part}

    assert why in (unsound(queues) or "")


def test_a_cycle_that_drops_is_refused() -> None:
    """Crashed wake-ups must not go back into a delay queue: the broker would drop them."""
    queues = dict(Queues(1.0).every(["a"]))
    wait, ready = (next(n for n in queues if part in n) for part in ("wait", ".ready"))
    queues[ready] = {**queues[ready], "x-dead-letter-routing-key": wait}

    assert "comes round" in (unsound(queues) or "")


def test_a_worker_over_an_embedded_database_is_refused(tmp_path: Path) -> None:
    """It belongs to one process."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.commands", "worker"],
        env={"PATH": os.environ["PATH"], "LIENTHONG_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, "embedded database" in done.stderr, "Traceback" in done.stderr) == (
        2,
        True,
        False,
    )
