"""A foreign server as a process of the test run: on a free port of this machine alone, ended by whoever started it."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def listening(
    command: list[Any], folder: Path, path: str, *, environment: Mapping[str, str] | None = None, patience_s: int = 30
) -> Iterator[str]:
    """A server process on a free port of 127.0.0.1 (``PORT`` in the command, and in the environment where that is
    given), ready when ``path`` answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(port) if part == "PORT" else str(part) for part in command]
    if environment is not None:
        environment = {**environment, "PORT": str(port)}
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        origin = f"http://127.0.0.1:{port}"
        _wait(origin + path, process, patience_s)
        assert _bound_to(process.pid, port) == {"127.0.0.1"}
        yield origin
    finally:
        process.terminate()
        process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes], patience_s: int) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    ends = time.monotonic() + patience_s
    while time.monotonic() < ends and process.poll() is None:
        try:
            opener.open(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)  # a foreign process tells nobody when it is ready
    raise AssertionError(f"{url} does not answer")


def _bound_to(pid: int, port: int) -> set[str]:
    """Addresses on which a process listens at a port, from the kernel's socket table."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                found.add("127.0.0.1" if address == "0100007F" else address)
    return found
