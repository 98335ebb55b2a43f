"""As whom a command acts: the operating system's user, as an administrator."""

from __future__ import annotations

import os
import pwd


def acting() -> str:
    """Name the user whose process this is, whatever its environment says of it."""
    number = os.getuid()
    try:
        return f"os:{pwd.getpwuid(number).pw_name}"
    except KeyError:  # a container may run as a number that has no name
        return f"os:{number}"
