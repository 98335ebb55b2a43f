"""How much one process takes on at once: the defaults are far beyond what a commune does.

Each is set by the environment under its own name, `LIENTHONG_HEAD_SECONDS` and so on. Counts are
kept by each API process for itself, and begin anew with it; only stored files are counted by the
database.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a process refuses beyond, with 408, 414, 429, 431 or 503."""

    head_seconds: float = 10
    """For request line and headers, from their first byte or the connection's opening."""
    body_seconds: float = 30
    """For a body without a byte; so long it may also be slower than `body_rate`."""
    body_rate: float = 1024
    """Bytes a second that a body must reach on the whole."""
    answer_seconds: float = 60
    """For an answer of which the client takes nothing."""
    head_bytes: float = 32 * 1024
    """Of request line and headers together."""
    url_bytes: float = 8 * 1024
    """Of the address in the request line."""
    connections: float = 4000
    """Open at once."""
    connections_per_address: float = 500
    """Open at once from one address; a trusted proxy may have them all."""
    requests: float = 1000
    """Under way at once."""
    bodies_mb: float = 256
    """Held in memory at once, over all requests."""
    client_rate: float = 500
    """Requests a second of one client, on the whole: what a process can take in at full load."""
    client_burst: float = 10_000
    """Requests that one client may send at once."""
    client_rate_mb: float = 50
    """MiB a second of one client, on the whole."""
    client_burst_mb: float = 1000
    """MiB that one client may send at once."""
    sandbox_rate_mb: float = 1
    sandbox_burst_mb: float = 100
    """As the two above, for keys of the sandbox."""
    uploads: float = 64
    """Under way at once."""
    uploads_per_client: float = 8
    files_gb: float = 1000
    """GiB of stored files of one client."""
    sandbox_files_gb: float = 0.5
    disk_reserve_mb: float = 500
    """MiB free below which nothing more is stored; files, and all of the sandbox, below twice."""
    wrong_keys: float = 20
    """In a minute, from one address or with one beginning: more are told to wait."""
