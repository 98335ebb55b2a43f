"""What this machine can give: ports that nobody uses, and Debian packages."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

from gateway.workbench import reaper

PORTS = (12000, 32000)
"""Below those that Linux hands out to whoever does not ask for a certain one."""
LOCK = Path("/run/lock/lienthong-install")
_given: set[int] = set()


class NoServer(Exception):  # noqa: N818 - tests say it in one line and go on
    """A server cannot be had on this machine; the text says why."""


def free_port() -> int:
    """Find a port of this machine that nobody uses, and that we have not given yet.

    None that the system hands out by itself: it would give one away again before it is listened to.
    """
    while True:
        port = PORTS[0] + secrets.randbelow(PORTS[1] - PORTS[0])
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


def install(package: str) -> None:
    """Install a Debian package without letting it start a service, if we may; one at a time."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NoServer(f"{package} is not installed, and only root could install it")
    with LOCK.open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install(package)


def _install(package: str) -> None:
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n", encoding="utf-8")
        policy.chmod(0o755)
    # Without our mark: killed half-way with us, it would leave the machine's packages broken.
    environ = {name: text for name, text in os.environ.items() if name != reaper.MARK}
    environ["DEBIAN_FRONTEND"] = "noninteractive"
    try:
        for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
            done = subprocess.run(
                ["/usr/bin/apt-get", "-o", "DPkg::Lock::Timeout=300", *command],
                check=False,
                capture_output=True,
                env=environ,
                timeout=900,
            )
            if done.returncode and command[0] == "install":
                raise NoServer(f"{package} could not be installed")
    finally:
        if ours:
            policy.unlink(missing_ok=True)
