"""The limit: our own process that only validates. `python -m tests.bench.peers.validating COMMAND`.

Same route, keys, logging and metrics; only the decision and its commit are replaced by an answer
of the same shape. Nothing of this is in the product.
"""

from __future__ import annotations

from uuid_utils.compat import uuid7

from gateway.admission.batcher import FrontDesk
from gateway.admission.requests import Answer, Ask, Denied, Post
from gateway.commands.app import run


async def submit(self: FrontDesk, ask: Ask) -> Answer | Denied:
    """Answer a post as if it had been stored."""
    if not isinstance(ask, Post):
        raise NotImplementedError
    body = {
        "id": str(uuid7()),
        "version": 1,
        "status": ask.content.status.value,
        "official_code": ask.content.official_code,
        "environment": ask.client.environment,
        "systems": [target.name for target in self._targets.all],
        "data_quality": [],
        "warnings": [],
    }
    return Answer(status=201, body=body)


if __name__ == "__main__":
    FrontDesk.submit = submit  # type: ignore[method-assign]
    run()
