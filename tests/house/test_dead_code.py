"""Nothing stands in the house that nobody uses, or it is said why it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from vulture import Vulture

from gateway.commands.app import COMMANDS

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway", "adapters", "schemas", "contracts")
BY_DECORATOR = (
    "@app.*",  # FastAPI and typer call it
    "@router.*",  # FastAPI calls it
    "@public.*",  # as @router
    "@model_validator",  # pydantic calls it
    "@sa.event.listens_for",  # SQLAlchemy calls it
)
BY_NAME = (
    "model_config",  # pydantic reads it
    "__getattr__",  # Python calls it
    "__dir__",  # Python calls it
    *{what.partition(".")[2] for what in COMMANDS.values()},  # found by the table of commands
)
TONGUE = ("schemas/dossier.py", "schemas/event.py", "schemas/parts.py")
"""Here a field is a word of the common tongue: it is carried whole, whoever reads it."""
ARGUED = {
    "adapters/kit/http.py:_retry_connection": "a switch of aiohttp, which reads it",
    "adapters/kit/port.py:rate": "tests/house/test_settings.py: not kept yet",
    "adapters/national_portal/settings.py:session_seconds": "tests/house/test_settings.py",
    "gateway/access/tokens.py:get_alg": "joserfc calls it",
    "gateway/access/tokens.py:max_header_length": "joserfc reads it",
    "gateway/commands/serve.py:should_exit": "uvicorn reads it",
    "gateway/demo/audit.py:duplicated": "shown by its name, as all fields of the tally",
    "gateway/demo/audit.py:out_of_order": "shown by its name, as all fields of the tally",
    "gateway/demo/audit.py:repeated": "shown by its name, as all fields of the tally",
    "gateway/demo/environment.py:kill_gateway": "the tests of the demonstration and of crashes",
    "gateway/demo/environment.py:kill_worker": "the tests of crashes",
    "gateway/intake/connections.py:disconnected": "uvicorn reads it",
    "gateway/intake/connections.py:send_400_response": "uvicorn calls it",
    "gateway/rules/calendar.py:working_days": "counted for reports of punctuality, still to come",
    "gateway/store/engine.py:isolation_level": "sqlite3 reads it",
    "gateway/watch/log.py:handlers": "logging reads it",
    "gateway/watch/log.py:showwarning": "warnings calls it",
    "gateway/watch/log.py:unraisablehook": "sys calls it",
    "gateway/workbench/checks.py:CHECKS": "tests/adapters runs them over every adapter",
    "gateway/workbench/checks.py:check_survives": "tests/adapters runs it over odd answers",
    "gateway/workbench/cluster.py:RabbitCluster": "the long crash run",
    "gateway/workbench/cluster.py:leaders": "the long crash run",
    "gateway/workbench/near_folder.py:NearFolder": "the tests of exports",
    "gateway/workbench/servers.py:promote": "the tests of a failover",
    "gateway/workbench/transports.py:subject": "tests/adapters sets adapters up with it",
    "schemas/catalogue/agencies.py:in_scheme": "the catalogue answers authors of adapters",
    "schemas/catalogue/agencies.py:successors": "the catalogue answers authors of adapters",
}


def unused(root: Path, *rooms: str) -> set[str]:
    """Name what no code in these rooms uses, as `file:name`."""
    finder = Vulture(ignore_names=list(BY_NAME), ignore_decorators=list(BY_DECORATOR))
    finder.scavenge([root / room for room in rooms], exclude=["*/migrations/*"])
    found = set()
    for item in finder.get_unused_code():
        file = Path(item.filename).resolve().relative_to(root.resolve()).as_posix()
        if not (file in TONGUE and item.typ == "variable"):
            found.add(f"{file}:{item.name}")
    return found


def test_what_nobody_uses_is_argued_for() -> None:
    """Dead code goes, or its reason stands above; a reason for what is in use goes too."""
    assert unused(ROOT, *ROOMS) == set(ARGUED)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def forgotten() -> None: ...\n", "forgotten"),
        ("class Forgotten: ...\n", "Forgotten"),
        ("FORGOTTEN = 1\n", "FORGOTTEN"),
        ("class Used:\n    def forgotten(self) -> None: ...\n\nUsed()\n", "forgotten"),
    ],
)
def test_what_is_planted_is_found(tmp_path: Path, source: str, name: str) -> None:
    """The search above can fail."""
    (tmp_path / "room.py").write_text(source, "utf-8")

    assert unused(tmp_path, "room.py") == {f"room.py:{name}"}
