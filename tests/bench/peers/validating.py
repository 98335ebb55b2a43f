"""The limit: our own process that only validates. `python -m tests.bench.peers.validating COMMAND`.

Same route, keys, logging and metrics; only the decision and its commit are replaced by an answer
of the same shape. Nothing of this is in the product.
"""

from __future__ import annotations

from uuid_utils.compat import uuid7

from gateway.admission.batcher import RequestBatcher
from gateway.admission.requests import Answer, Command, Denied, RegisterDossier
from gateway.commands.app import run


async def submit(self: RequestBatcher, command: Command) -> Answer | Denied:
    """Answer a post as if it had been stored."""
    if not isinstance(command, RegisterDossier):
        raise NotImplementedError
    body = {
        "id": str(uuid7()),
        "version": 1,
        "status": command.content.status.value,
        "official_code": command.content.official_code,
        "environment": command.client.environment,
        "systems": [target.name for target in self._systems.all],
        "data_quality": [],
        "warnings": [],
    }
    return Answer(status=201, body=body)


if __name__ == "__main__":
    RequestBatcher.submit = submit  # type: ignore[method-assign]
    run()
