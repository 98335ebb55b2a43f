"""Private servers with throw-away data: PostgreSQL and RabbitMQ for tests and crash runs.

Only servers that were started here are ever touched. As root PostgreSQL runs as the user of its
package, since it refuses root; RabbitMQ runs by its own script, with everything of its own.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from gateway.workbench import reaper
from gateway.workbench.machine import NoServer, free_port, install

PATIENCE = 90.0
HELLO = b"AMQP\x00\x00\x09\x01"
POSTGRES_USER = "postgres"
LOCAL = "dynamic_shared_memory_type=mmap"  # goes with its folder, also after a kill


def _mount(folder: Path, size: int) -> bool:
    """Lay a disk of a few MiB over a folder, if we may."""
    mounting = ["/bin/mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0755", "tmpfs", str(folder)]
    return subprocess.run(mounting, check=False, capture_output=True).returncode == 0


class _Server(ABC):
    """A process of ours with a folder of its own."""

    farewell = signal.SIGTERM
    """What ends it without waiting for its clients."""

    def __init__(self) -> None:
        self.folder = reaper.folder("lienthong-")
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start the server and wait until it answers."""

    def kill(self) -> None:
        """End the server without a word, with everything it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):  # it may have given up by itself
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """Freeze the server."""
        self._tell_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._tell_all(signal.SIGCONT)

    def _tell_all(self, order: signal.Signals) -> None:
        """Signal the server and its children, which may have sessions of their own."""
        if self.process is None:
            return
        family = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        children = family.read_text("ascii").split() if family.exists() else []
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, order)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), order)

    def stop(self) -> None:
        """End the server and throw its data away."""
        if self.process is not None:
            self.resume()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, self.farewell)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait(self, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if ready():
                return
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.2)
        raise NoServer(f"{type(self).__name__} did not start")


class PrivatePostgres(_Server):
    """One PostgreSQL of our own; with `primary` a streaming standby of that one."""

    farewell = signal.SIGQUIT  # at once: its data is thrown away, and needs no last checkpoint

    def __init__(
        self, primary: PrivatePostgres | None = None, *, options: Sequence[str] = (), disk: int = 0
    ) -> None:
        """Make its data. options: settings as `name=value`; disk: its size in MiB, 0: any."""
        super().__init__()
        self.options = list(options)
        self.bin = self.find()
        self.disk = disk
        if disk and not _mount(self.folder, disk):
            raise NoServer("nothing may be mounted here")
        self.data = self.folder / "data"
        self.user = POSTGRES_USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        if os.geteuid() == 0:
            entry = pwd.getpwnam(POSTGRES_USER)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        if primary is not None:
            where = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
            live = ("-R", "-X", "stream", "-c", "fast", "--no-sync")
            self._run("pg_basebackup", *where, "-D", str(self.data), *live)
            return
        how = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        self._run("initdb", "-D", str(self.data), *how)

    @staticmethod
    def find() -> Path:
        """Find its programs, and install them if need be."""
        for _ in range(2):
            found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
            if found:
                return found[-1].parent
            install("postgresql")
        raise NoServer("postgresql was installed and has no initdb")

    def _as_user(self, program: str, *words: str) -> list[str]:
        prefix = ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups"]
        return [*(prefix if os.geteuid() == 0 else []), str(self.bin / program), *words]

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            self._as_user(program, *words), check=False, capture_output=True, cwd=self.folder
        )
        if done.returncode:
            raise NoServer(f"{program}: {done.stderr.decode()[-300:]}")

    def start(self) -> None:
        """Start it; every commit reaches the disk, as in life."""
        self.process = subprocess.Popen(
            self._as_user(
                "postgres",
                "-D",
                str(self.data),
                "-p",
                str(self.port),
                "-h",
                "127.0.0.1",
                "-k",
                str(self.folder),
                "-c",
                "max_connections=200",
                "-c",
                "log_min_messages=error",
                *(word for option in (LOCAL, *self.options) for word in ("-c", option)),
            ),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(os.environ) | reaper.mark(),
            cwd=self.folder,
        )
        reaper.hold(self.process.pid)
        asking = [str(self.bin / "pg_isready"), "-h", "127.0.0.1", "-p", str(self.port)]
        self._wait(lambda: subprocess.run(asking, check=False, capture_output=True).returncode == 0)

    def order(self, sql: str) -> None:
        """Give an order as the superuser."""
        where = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", "postgres")
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", *where, "-c", sql)

    def own(self, folder: Path) -> None:
        """Make a folder that the server may write to."""
        folder.mkdir()
        if os.geteuid() == 0:
            entry = pwd.getpwnam(self.user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def stop(self) -> None:
        """End the server and throw its data away, with its disk."""
        if self.disk:
            self.kill()
            subprocess.run(["/bin/umount", "-l", str(self.folder)], check=False)
        super().stop()

    def promote(self) -> None:
        """Let a standby become the primary; the old one must be stopped by then."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self.data))

    def database(self, name: str, template: str | None = None) -> str:
        """Make a new database, empty or a copy of another one that nobody uses; give its DSN."""
        of = () if template is None else ("-T", template)
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", *of, name)
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"


class PrivateRabbit(_Server):
    """One RabbitMQ node of our own."""

    def __init__(self) -> None:
        super().__init__()
        self.bin = self.find()
        name = f"lienthong-{self.port}@localhost"
        (self.folder / "plugins").write_text("[].\n", encoding="utf-8")
        cookie = self.folder / ".erlang.cookie"
        cookie.write_text("LIENTHONGTEST", encoding="utf-8")
        cookie.chmod(0o400)
        self.environ = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(free_port()),
            "RABBITMQ_NODENAME": name,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            # One scheduler, which does not spin: it shares the machine with all the rest.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none",
            **reaper.mark(),
        }

    @staticmethod
    def find() -> Path:
        """Find its programs, and install them if need be."""
        for _ in range(2):
            found = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
            if found.exists():
                return found.parent
            install("rabbitmq-server")
        raise NoServer("rabbitmq-server was installed and is not there")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def launch(self) -> None:
        """Start it, and do not wait."""
        self.process = subprocess.Popen(
            [str(self.bin / "rabbitmq-server")],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environ,
            cwd=self.folder,
        )

    def greets(self) -> bool:
        """Say whether it takes connections; asking its own tools would cost a second of CPU."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1.0) as probe:
                probe.settimeout(2.0)
                probe.sendall(HELLO)
                return bool(probe.recv(1))
        except OSError:
            return False

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Wait until it takes connections."""
        self._wait(self.greets)

    def _control(self) -> list[str]:
        return [str(self.bin / "rabbitmqctl"), "-n", self.environ["RABBITMQ_NODENAME"], "-q"]

    def control(self, *words: str) -> str:
        """Give the node an order."""
        done = subprocess.run(
            [*self._control(), *words], check=False, capture_output=True, env=self.environ
        )
        if done.returncode:
            raise NoServer(f"rabbitmqctl {words[0]}: {done.stderr.decode()[-300:]}")
        return done.stdout.decode()

    def stop(self) -> None:
        """End the node, and the port mapper that it started."""
        super().stop()
        epmd = shutil.which("epmd") or "epmd"
        subprocess.run([epmd, "-kill"], check=False, capture_output=True, env=self.environ)
