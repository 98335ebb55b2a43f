"""The limit of a drain: the same conversations from memory, with no store behind them.

`python -m tests.bench.peers.transport URL COUNT AT_ONCE`: the echo adapter's own conversation on
the gateway's own transport, in this process. It says on standard output when it is done.
"""

from __future__ import annotations

import asyncio
import sys
import uuid

import uvloop

from adapters.echo import ADAPTER, EchoSettings
from adapters.kit.driver import Conversation
from adapters.kit.http import HttpTransport
from adapters.kit.port import Step
from adapters.kit.session import SessionCache
from gateway.admission.parse import parse, validate
from schemas.dossier import Dossier, NewDossier
from schemas.outcome import Delivered, Remote
from tests.bench.dossiers import SMALL, text
from tests.bench.mould import Mould


def dossier() -> Dossier:
    """Make the dossier that everybody is given, as it is stored."""
    content = validate(NewDossier, parse(Mould(text(SMALL)).fill(1)))
    if isinstance(content, tuple):
        raise TypeError(content)
    rest = content.model_dump(exclude={"events", "known_in"}, exclude_none=True, by_alias=True)
    return Dossier.model_validate(rest | {"id": uuid.uuid4(), "version": 1, "environment": "live"})


async def talk(url: str, count: int, at_once: int) -> None:
    """Hold so many conversations, so many at the same time."""
    settings, made = EchoSettings(base_url=url), dossier()
    transport = HttpTransport(url, exchange_seconds=ADAPTER.facts.exchange)
    left = iter(range(count))
    wanted = Delivered(up_to=made.version, remote=Remote(created=True, line=made.version))

    async def hold() -> None:
        for _ in left:
            conversation = Conversation(
                adapter=ADAPTER,
                settings=settings,
                session_cache=SessionCache(0),
                seconds=ADAPTER.facts.conversation,
                transport=transport,
            )
            step = Step(dossier=made, events=(), remote=Remote())
            outcome = await conversation.run(step)
            if outcome != wanted:
                raise RuntimeError(f"not delivered: {type(outcome).__name__}")

    await asyncio.gather(*(hold() for _ in range(at_once)))
    await transport.close()


if __name__ == "__main__":
    uvloop.run(talk(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
