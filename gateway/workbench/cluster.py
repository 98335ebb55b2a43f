"""A RabbitMQ cluster of our own: nodes that find each other, on one machine and with one mapper."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.workbench.machine import free_port
from gateway.workbench.servers import PrivateRabbit


class ClusterNode(PrivateRabbit):
    """One node; the cluster tells it who the others are."""

    def __init__(self, epmd: int) -> None:
        super().__init__()
        self.environ["ERL_EPMD_PORT"] = str(epmd)
        self.environ["RABBITMQ_CONFIG_FILE"] = str(self.folder / "rabbitmq")

    @property
    def name(self) -> str:
        """Its name in the cluster."""
        return self.environ["RABBITMQ_NODENAME"]

    def join(self, names: Sequence[str]) -> None:
        """Say which nodes make the cluster, before any of them starts."""
        lines = ["cluster_formation.peer_discovery_backend = classic_config"]
        lines += [
            f"cluster_formation.classic_config.nodes.{number} = {name}"
            for number, name in enumerate(names, 1)
        ]
        lines += ["cluster_partition_handling = pause_minority", "log.file.level = warning"]
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")


class RabbitCluster:
    """Three nodes; each may be killed, frozen and started again."""

    def __init__(self, size: int = 3) -> None:
        self.epmd = free_port()
        self.nodes = [ClusterNode(self.epmd) for _ in range(size)]
        for node in self.nodes:
            node.join([one.name for one in self.nodes])

    def start(self) -> None:
        """Start all nodes and wait until every one takes connections."""
        self.nodes[0].start()  # the first makes the cluster, the others join it
        for node in self.nodes[1:]:
            node.launch()
        for node in self.nodes[1:]:
            node.wait()

    def leaders(self) -> dict[str, str]:
        """Give the node that leads each queue."""
        for node in self.nodes:
            if node.process is None or not node.greets():
                continue
            said = node.control("list_queues", "--no-table-headers", "name", "leader")
            rows = [line.split() for line in said.splitlines()]
            return {row[0]: row[1] for row in rows if len(row) == 2}
        return {}

    def size(self) -> int:
        """Count the nodes that run, as the cluster itself says."""
        said = self.nodes[0].control("eval", "length(rabbit_nodes:all_running()).")
        return int(said.strip() or 0)

    def stop(self) -> None:
        """End all nodes and their port mapper, and throw their data away."""
        for node in self.nodes:
            node.kill()
            shutil.rmtree(Path(node.folder), ignore_errors=True)
        epmd = shutil.which("epmd") or "epmd"
        environ = self.nodes[0].environ
        for _ in range(20):  # it does not end while it believes that a node lives
            done = subprocess.run([epmd, "-kill"], check=False, capture_output=True, env=environ)
            if b"Killed" in done.stdout:
                return
            time.sleep(0.2)
