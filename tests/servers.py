"""
Private servers for tests and benchmarks: on loopback, in a temporary folder, ended when their block ends.

A server also dies with the process that started it (setpriv --pdeathsig), so a killed test run leaves nothing behind.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.request import urlopen

S = TypeVar("S", bound="Server")

START_SECONDS = 240
DIES_WITH_US = ("--pdeathsig", "KILL")
GALERA_PROVIDER = "/usr/lib/galera/libgalera_smm.so"
# What makes a commit lasting and a lost update loud; compose.yaml says the same.
SAFE = (
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-snapshot-isolation=ON",
    "--transaction-isolation=REPEATABLE-READ",
)
SMALL = (
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=64M",
    "--performance-schema=OFF",
    "--max-connections=200",
)


class DidNotStart(RuntimeError):
    """A server ended, or did not answer in time; the message ends with the tail of its log."""


@dataclass
class Server:
    """A running process; `stop` ends it politely, `kill` as a power cut would."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    folder: Path

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class MariaDB(Server):
    """One server, or one node of a cluster. The account `app` may do everything on it."""

    def url(self, database: str = "app") -> str:
        return f"mysql+asyncmy://app:pw@127.0.0.1:{self.port}/{database}"

    def sql(self, statement: str) -> str:
        """Run SQL as root through the socket, beside the code under test; rows come back as lines of tabs."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.folder}/sock", "-uroot", "-N", "-B", "-e", statement],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def status(self, name: str) -> str:
        return self.sql(f"SHOW GLOBAL STATUS LIKE '{name}'").partition("\t")[2]

    def membership(self) -> tuple[int, str, str]:
        """How many nodes this one sees, whether they are the primary component, and its own state."""
        names = ("wsrep_cluster_size", "wsrep_cluster_status", "wsrep_local_state_comment")
        size, status, state = (self.status(name) for name in names)
        return int(size), status, state

    def answers(self) -> bool:
        ping = ["mariadb-admin", "--no-defaults", f"--socket={self.folder}/sock", "-uroot", "ping"]
        return subprocess.run(ping, capture_output=True, check=False).returncode == 0


@dataclass
class Galera:
    """Three nodes that are one database."""

    nodes: list[MariaDB]
    _restart: Callable[[int, bool], MariaDB] = field(repr=False)

    def start(self, index: int, *, bootstrap: bool = False) -> MariaDB:
        """Start a node again after `kill` or `stop` and wait until it is synced; `bootstrap` begins a new cluster."""
        self.nodes[index] = self._restart(index, bootstrap)
        return self.nodes[index]

    def settle(self) -> None:
        """Wait until the running nodes agree on who is left, a few seconds after a `kill`; before, they refuse work."""
        running = [node for node in self.nodes if node.process.poll() is None]
        deadline = time.monotonic() + START_SECONDS
        while any(node.membership() != (len(running), "Primary", "Synced") for node in running):
            if time.monotonic() > deadline:
                raise DidNotStart(f"{len(running)} nodes did not agree to be a cluster.")
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """A short path: Unix sockets allow about a hundred characters."""
    folder = Path(tempfile.mkdtemp(prefix=f"scaicontrol-{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(
    command: Sequence[str], folder: Path, ready: Callable[[], bool], *, patience: float = START_SECONDS
) -> subprocess.Popen[bytes]:
    """Start a process and wait until `ready` says so."""
    log = folder / "log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < deadline:
        if ready():
            return process
        time.sleep(0.05)
    process.kill()
    process.wait()
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise DidNotStart(f"{command[0]} did not start:\n{tail}")


def retried(attempt: Callable[[], S], times: int = 3) -> S:
    """A free port may be taken before the server has it: try again with another."""
    for left in reversed(range(times)):
        try:
            return attempt()
        except DidNotStart:
            if not left:
                raise
    raise AssertionError("unreachable")


# --- MariaDB ---------------------------------------------------------------------------------------------------------


def _as_mysql(command: Sequence[str]) -> list[str]:
    """mariadbd and rsync refuse to work as root; as anybody else they work as that person."""
    become = ["--reuid=mysql", "--regid=mysql", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *become, *DIES_WITH_US, *command]


def _install(folder: Path, times: int = 3) -> None:
    """Make an empty data folder; on a busy machine it fails now and then, and is asked again."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for path in (folder.parent, folder):
            shutil.chown(path, "mysql", "mysql")
    command = [
        "mariadb-install-db",
        "--no-defaults",
        f"--datadir={folder}/data",
        f"--tmpdir={folder}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--force",  # or it wants this machine's name from a resolver, which may not answer
        *SMALL,
    ]
    for left in reversed(range(times)):
        done = subprocess.run(_as_mysql(command), capture_output=True, text=True, check=False, cwd=folder)
        if done.returncode == 0:
            return
        if not left:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise DidNotStart(f"mariadb-install-db ended with {done.returncode}:\n{tail}")
        shutil.rmtree(folder / "data", ignore_errors=True)


def _mariadbd(folder: Path, port: int, extra: Sequence[str]) -> MariaDB:
    command = [
        "mariadbd",
        "--no-defaults",
        f"--datadir={folder}/data",
        f"--socket={folder}/sock",
        f"--pid-file={folder}/pid",
        f"--tmpdir={folder}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_unicode_ci",
        *SAFE,
        *SMALL,
        *extra,
    ]
    server = MariaDB(folder.name, None, port, folder)  # type: ignore[arg-type]  # the process is known a line later
    server.process = start(_as_mysql(command), folder, server.answers)
    return server


_ACCOUNTS = (
    "CREATE USER app@'127.0.0.1' IDENTIFIED BY 'pw'; GRANT ALL ON *.* TO app@'127.0.0.1' WITH GRANT OPTION; "
    "CREATE DATABASE app CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
)


@contextmanager
def private_mariadb(extra: Sequence[str] = ()) -> Iterator[MariaDB]:
    """One server with an empty database `app`; ready in about three seconds."""
    with temporary_folder("mariadb") as folder:
        _install(folder / "node")
        server = retried(lambda: _mariadbd(folder / "node", free_port(), ["--skip-log-bin", *extra]))
        try:
            server.sql(_ACCOUNTS)
            yield server
        finally:
            server.stop()


@contextmanager
def galera_cluster(size: int = 3) -> Iterator[Galera]:
    """A real cluster on loopback with short failure detection: up in about 20 seconds, 300 MB in all."""
    with temporary_folder("galera") as root:
        group, incremental, snapshot, port = ([free_port() for _ in range(size)] for _ in range(4))
        everyone = ",".join(f"127.0.0.1:{number}" for number in group)
        for index in range(size):
            _install(root / f"node{index}")

        def run(index: int, bootstrap: bool) -> MariaDB:
            provider = (
                f"base_port={group[index]};gmcast.listen_addr=tcp://127.0.0.1:{group[index]};"
                f"ist.recv_addr=127.0.0.1:{incremental[index]};gcache.size=32M;gcache.page_size=32M;pc.recovery=false;"
                # keepalive <= suspect/3 and install <= inactive, or the node aborts.
                "evs.keepalive_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT8S;evs.install_timeout=PT4S"
            )
            node = _mariadbd(
                root / f"node{index}",
                port[index],
                [
                    "--binlog-format=ROW",
                    "--default-storage-engine=InnoDB",
                    "--innodb-autoinc-lock-mode=2",
                    "--innodb-lock-wait-timeout=5",
                    "--wsrep-on=ON",
                    f"--wsrep-provider={GALERA_PROVIDER}",
                    f"--wsrep-cluster-address=gcomm://{'' if bootstrap else everyone}",
                    "--wsrep-cluster-name=scaicontrol-test",
                    f"--wsrep-node-name=node{index}",
                    f"--wsrep-node-address=127.0.0.1:{group[index]}",
                    "--wsrep-sst-method=rsync",
                    f"--wsrep-sst-receive-address=127.0.0.1:{snapshot[index]}",
                    f"--wsrep-provider-options={provider}",
                    "--wsrep-slave-threads=2",
                    "--wsrep-retry-autocommit=0",
                    "--wsrep-sync-wait=1",
                ],
            )
            deadline = time.monotonic() + START_SECONDS
            while node.status("wsrep_local_state_comment") != "Synced":
                if time.monotonic() > deadline:
                    node.kill()
                    raise DidNotStart(f"Node {index} of the cluster did not become Synced.")
                time.sleep(0.1)
            return node

        cluster = Galera([], run)
        try:
            for index in range(size):
                cluster.nodes.append(run(index, index == 0))
                if index == 0:
                    cluster.nodes[0].sql(_ACCOUNTS)
            yield cluster
        finally:
            for node in cluster.nodes:
                node.kill()  # a polite end of a cluster takes longer than the tests


# --- Redis and S3 ----------------------------------------------------------------------------------------------------


@contextmanager
def private_redis() -> Iterator[str]:
    """An empty Redis that keeps nothing on disk; gives its URL."""

    def attempt() -> Server:
        port = free_port()
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command += ["--dir", str(folder)]
        return Server("redis", start(["setpriv", *DIES_WITH_US, *command], folder, lambda: listens(port)), port, folder)

    with temporary_folder("redis") as folder:
        server = retried(attempt)
        try:
            yield f"redis://127.0.0.1:{server.port}/0"
        finally:
            server.stop()


@contextmanager
def private_s3() -> Iterator[str]:
    """An S3 stand-in (moto) that keeps If-None-Match but verifies no signature; gives its URL."""

    def attempt() -> Server:
        port = free_port()
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        return Server("s3", start(["setpriv", *DIES_WITH_US, *command], folder, lambda: _answers(port)), port, folder)

    with temporary_folder("s3") as folder:
        server = retried(attempt)
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.stop()


def _answers(port: int) -> bool:
    if not listens(port):
        return False
    with urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=10) as answer:
        return bool(answer.status == 200)
