"""Peer 1, the half that delivers: Celery over RabbitMQ, one task per dossier and system.

As Celery's documentation recommends for tasks that may be repeated: acknowledged late, rejected
when the worker is lost, one message fetched at a time, automatic retries with growing waits.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import httpx
from celery import Celery

TARGETS = os.environ["BENCH_TARGETS"].split(",")

app = Celery("peer", broker=os.environ["BENCH_AMQP"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_default_queue=os.environ["BENCH_QUEUE"],
    broker_connection_retry_on_startup=True,
)


class NotTold(Exception):  # noqa: N818 - a reason to try again
    """The system did not take the dossier."""


_lock = threading.Lock()
_made: list[httpx.Client] = []


def _client() -> httpx.Client:
    """Keep one client per process of a worker, with its connections; threads may share it."""
    with _lock:
        if not _made:
            _made.append(httpx.Client(timeout=30, trust_env=False))
    return _made[0]


@app.task(
    autoretry_for=(httpx.HTTPError, NotTold),
    retry_backoff=True,
    retry_backoff_max=600,
    retry_jitter=True,
    max_retries=None,
)
def tell(system: int, name: str, body: str) -> None:
    """Tell one system of one dossier."""
    reply: Any = _client().put(
        f"{TARGETS[system]}/dossiers/{name}",
        content=body.encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": f"{name}-1"},
    )
    if reply.status_code != 200 or reply.json()["ok"] is not True:
        raise NotTold
