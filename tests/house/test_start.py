"""What a process loads before it can work."""

from __future__ import annotations

import json
import subprocess
import sys

LOADED = "import json, sys, gateway.commands.serve; print(json.dumps(sorted(sys.modules)))"


def test_the_embedded_gateway_loads_no_client_of_a_server() -> None:
    """It has neither broker nor database server, and is there the sooner."""
    said = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True)
    loaded = set(json.loads(said.stdout))

    assert "gateway.main.serving" in loaded
    assert loaded & {"aio_pika", "aiormq", "asyncpg", "holidays"} == set()
