"""Our worker with conversations that end at once: `python -m tests.bench.peers.instant worker`.

What is left is claim, load and completion. It says on standard output how many it has held so far,
ten times a second, with the monotonic time. Nothing of this is in the product.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from gateway.commands.app import run
from gateway.delivery import runner
from gateway.delivery.conversation import Ended
from schemas.outcome import Delivered, Remote

held = [0]


async def converse(*words: Any) -> Ended:
    """Let the system have taken the step."""
    step = words[3]
    held[0] += 1
    version = step.dossier.version
    return Ended(
        id=words[5],
        outcome=Delivered(up_to=version, remote=Remote(created=True, line=version)),
        name="delivered",
        started_at=int(time.time() * 1000),
        seconds=0.0,
        detail={"exchanges": [{"method": "PUT", "path": "/instant", "status": 200, "ms": 0}]},
    )


def _tell() -> None:
    while True:
        sys.stdout.write(f"{time.monotonic():.4f} {held[0]}\n")
        sys.stdout.flush()
        time.sleep(0.1)


if __name__ == "__main__":
    setattr(runner, "converse", converse)  # noqa: B010 - it is not offered for change
    threading.Thread(target=_tell, daemon=True).start()
    run()
