"""What every adapter stands on, and the only face of it: authors import from `adapters.kit` alone.

In: an adapter's coroutine. Out: an outcome and a trace of the exchanges.
Never: the gateway; a foreign field name.

Each name is loaded when it is first asked for: who only wants the port loads no client of HTTP.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapters.kit import charsets
    from adapters.kit.communes import Expects, commune, in_generation
    from adapters.kit.decoding import Decoded, decoded
    from adapters.kit.driver import (
        Conversation,
        Exchanged,
        NotARequestError,
        SharedFolder,
        Transport,
        first_request,
    )
    from adapters.kit.errors import TransportError
    from adapters.kit.files import Folder
    from adapters.kit.http import HttpTransport
    from adapters.kit.identities import (
        NoIdentity,
        account_of,
        check_code,
        unsent,
        well_formed,
        well_formed_event,
        without_identity,
    )
    from adapters.kit.meanings import Answers, Row, Said
    from adapters.kit.port import (
        Adapter,
        Attached,
        Batch,
        Call,
        CallResponse,
        Checkpoint,
        Digest,
        Facts,
        Find,
        FolderSettings,
        Hand,
        Head,
        Heard,
        Http,
        Lying,
        Many,
        Move,
        OdbcSettings,
        PollContext,
        Previewed,
        Prune,
        Put,
        Query,
        Reader,
        Reply,
        RowRead,
        Rows,
        Selected,
        Session,
        Settings,
        Step,
        Take,
        Talk,
        Token,
        UnreadCell,
        UnusableFile,
        Value,
        WebSettings,
    )
    from adapters.kit.read_answers import read_answer, read_item, row_of, verdict
    from adapters.kit.replies import (
        exists,
        judge,
        plain,
        read_json,
        redact,
        retry_after,
        strings_of,
        unread,
    )
    from adapters.kit.session import SessionCache
    from adapters.kit.sql import single_select
    from adapters.kit.texts import event_text, recodes, told_codes
    from adapters.kit.words import LATER_WORDS, MAINTENANCE_WORDS

__all__ = [
    "LATER_WORDS",
    "MAINTENANCE_WORDS",
    "PORT_VERSION",
    "Adapter",
    "Answers",
    "Attached",
    "Batch",
    "Call",
    "CallResponse",
    "Checkpoint",
    "Conversation",
    "Decoded",
    "Digest",
    "Exchanged",
    "Expects",
    "Facts",
    "Find",
    "Folder",
    "FolderSettings",
    "Hand",
    "Head",
    "Heard",
    "Http",
    "HttpTransport",
    "Lying",
    "Many",
    "Move",
    "NoIdentity",
    "NotARequestError",
    "OdbcSettings",
    "PollContext",
    "Previewed",
    "Prune",
    "Put",
    "Query",
    "Reader",
    "Reply",
    "Row",
    "RowRead",
    "Rows",
    "Said",
    "Selected",
    "Session",
    "SessionCache",
    "Settings",
    "SharedFolder",
    "Step",
    "Take",
    "Talk",
    "Token",
    "Transport",
    "TransportError",
    "UnreadCell",
    "UnusableFile",
    "Value",
    "WebSettings",
    "account_of",
    "charsets",
    "check_code",
    "commune",
    "decoded",
    "event_text",
    "exists",
    "first_request",
    "in_generation",
    "judge",
    "plain",
    "read_answer",
    "read_item",
    "read_json",
    "recodes",
    "redact",
    "retry_after",
    "row_of",
    "single_select",
    "strings_of",
    "told_codes",
    "unread",
    "unsent",
    "verdict",
    "well_formed",
    "well_formed_event",
    "without_identity",
]

PORT_VERSION = "1.4"
"""The edition of the port, as EDITION.ADDITION.

Within an edition nothing is taken away and nothing changes its meaning: an adapter written for 1.0
runs with every 1.x. An addition brings new names, and new fields that have a default. A name that
is replaced stays importable, with a `DeprecationWarning`, to the end of the edition in which that
happened (`adapters.kit.former` lists them); the next edition is without it.
What holds is what `__all__` names; other modules and names may change at any time.
"""

_HOMES = {
    "communes": ("Expects", "commune", "in_generation"),
    "decoding": ("Decoded", "decoded"),
    "driver": (
        "Conversation",
        "Exchanged",
        "NotARequestError",
        "SharedFolder",
        "Transport",
        "first_request",
    ),
    "files": ("Folder",),
    "errors": ("TransportError",),
    "http": ("HttpTransport",),
    "identities": (
        "NoIdentity",
        "account_of",
        "check_code",
        "unsent",
        "well_formed",
        "well_formed_event",
        "without_identity",
    ),
    "meanings": ("Answers", "Row", "Said"),
    "read_answers": ("read_answer", "read_item", "row_of", "verdict"),
    "replies": (
        "exists",
        "judge",
        "plain",
        "read_json",
        "redact",
        "retry_after",
        "strings_of",
        "unread",
    ),
    "session": ("SessionCache",),
    "sql": ("single_select",),
    "texts": ("event_text", "recodes", "told_codes"),
    "words": ("LATER_WORDS", "MAINTENANCE_WORDS"),
}
"""Where a name lives, if not in `adapters.kit.port`."""
_HOME = {name: module for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # a checker of types reads the imports above, and misses no typing error

    def __getattr__(name: str) -> Any:
        """Load what is asked for, and keep it."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "charsets":
            return import_module("adapters.kit.charsets")
        found = getattr(import_module(f"adapters.kit.{_HOME.get(name, 'port')}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    """List what is public."""
    return sorted(__all__)
