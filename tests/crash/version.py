"""The gateway as another version: `python -m tests.crash.version v2 COMMAND ...`.

Versions differ as releases may: in the arguments of their queues, and so in the queues' names.
"""

from __future__ import annotations

import sys

from gateway.commands.app import run
from gateway.retries import topology

if __name__ == "__main__":
    setattr(topology, "TOPOLOGY", sys.argv.pop(1))  # noqa: B010 - it is not offered for change
    run()
