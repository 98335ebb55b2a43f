"""Former names of the kit and what they are called now: importable until edition 2 of the port.

Each warns where it is used. Checkers of types know only the new names.
"""

from __future__ import annotations

import functools
import importlib
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

GONE_WITH = "2"
MODULES = {"answers": "replies", "places": "communes", "talk": "driver"}
NAMES = {
    "driver": {"Carries": "Transport", "Holds": "SharedFolder"},
    "http": {"Carrier": "HttpTransport", "Lost": "TransportError"},
    "port": {"Look": "PollContext", "Said": "CallResponse"},
    "session": {"Keeper": "SessionCache"},
}
"""By module, under its name of today."""
MEMBERS = {
    "Conversation": {
        "carrier": "transport",
        "hold": "run",
        "hold_many": "run_many",
        "keeper": "session_cache",
        "listen": "run_poll",
        "log_in": "run_login",
    },
    "Folder": {"settle": "quiet_seconds"},
    "SessionCache": {"spoil": "invalidate", "told": "on_change"},
}
"""By class: methods, and fields also where the class is called."""

C = TypeVar("C", bound=type)


def _warn(old: str, new: str) -> None:
    """Point at the line that used the old name: the caller of our caller."""
    said = f"{old} is now {new}; the old name goes with edition {GONE_WITH} of the port"
    warnings.warn(said, DeprecationWarning, stacklevel=3)


def names(module: str) -> Callable[[str], Any]:
    """Give a module's `__getattr__`, which knows the former names of what the module holds."""
    known = NAMES[module.rpartition(".")[2]]

    def get(name: str) -> Any:
        if name not in known:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _warn(f"{module}.{name}", known[name])
        return getattr(sys.modules[module], known[name])

    return get


def moved(module: str) -> Callable[[str], Any]:
    """Give the `__getattr__` of a module that is called otherwise now."""
    package, _, old = module.rpartition(".")
    new = MODULES[old]

    def get(name: str) -> Any:
        target = importlib.import_module(f"{package}.{new}")
        current = NAMES.get(new, {}).get(name, name)
        if name.startswith("__") or not hasattr(target, current):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _warn(f"{module}.{name}", f"{package}.{new}.{current}")
        return getattr(target, current)

    return get


class _Member:
    """A former name of a method or field."""

    def __init__(self, owner: str, old: str, new: str) -> None:
        self.old, self.new, self.current = f"{owner}.{old}", f"{owner}.{new}", new

    def __get__(self, instance: object | None, owner: type) -> Any:
        _warn(self.old, self.new)
        return getattr(owner if instance is None else instance, self.current)

    def __set__(self, instance: object, value: object) -> None:
        _warn(self.old, self.new)
        setattr(instance, self.current, value)


def members(cls: C) -> C:
    """Let a class answer to the former names of its members; a decorator."""
    known = MEMBERS[cls.__name__]
    for old, new in known.items():
        setattr(cls, old, _Member(cls.__name__, old, new))
    make: Callable[..., None] = vars(cls)["__init__"]

    @functools.wraps(make)
    def take(self: object, *args: Any, **named: Any) -> None:
        for old in [name for name in named if name in known]:
            _warn(f"{cls.__name__}({old}=…)", f"{cls.__name__}({known[old]}=…)")
            named[known[old]] = named.pop(old)
        make(self, *args, **named)

    type.__setattr__(cls, "__init__", take)
    return cls
