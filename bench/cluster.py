"""A throw-away PostgreSQL: on a socket in its own folder, as an unprivileged user, ended by its own process."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

UNPRIVILEGED = "nobody"
"""Whom the server runs as when we are root, which it refuses."""

NO_SERVER = "no PostgreSQL server is installed"


def server_tools() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


class Cluster:
    """A cluster with its folder; ``settings`` are passed to the server as they are."""

    def __init__(self, **settings: str) -> None:
        tools = server_tools()
        if tools is None:
            raise RuntimeError(NO_SERVER)
        self.tools, self.settings = tools, settings
        self.user = UNPRIVILEGED if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.folder = Path(tempfile.mkdtemp(prefix="callwright-pg-"))
        shutil.chown(self.folder, self.user)
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"postgresql://callwright@/postgres?host={self.folder}"

    def run(self, tool: str, *arguments: str) -> None:
        """Run one of the server's tools as the server's user."""
        as_user: dict[str, Any] = {"user": self.user, "group": self.user_group()} if os.geteuid() == 0 else {}
        command = [str(self.tools / tool), *arguments]
        subprocess.run(command, check=True, cwd=self.folder, capture_output=True, timeout=60, **as_user)

    def user_group(self) -> int:
        """The group of the server's user."""
        return pwd.getpwnam(self.user).pw_gid

    def create(self) -> None:
        """An empty cluster."""
        self.run("initdb", "-D", str(self.data), "-U", "callwright", "-A", "trust", "-N", "--locale=C", "-E", "UTF8")

    def copy(self, other: Cluster) -> None:
        """A standby of another cluster that does not run at the moment; it follows once both do."""
        shutil.copytree(other.data, self.data)
        (self.data / "standby.signal").touch()
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = 'host={other.folder} user=callwright'\n")
        for path in (self.data, *self.data.rglob("*")):
            shutil.chown(path, self.user)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        common = {"listen_addresses": "", "unix_socket_directories": str(self.folder), "max_connections": "50"}
        settings = {**common, "fsync": "off", **self.settings}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self.run("pg_ctl", "-D", str(self.data), "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        """Stop the server in good order."""
        self.run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop")

    def promote(self) -> None:
        """A standby becomes the primary."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def kill(self) -> None:
        """SIGKILL to the server and its children, as when the machine goes down."""
        first = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            os.kill(process, signal.SIGKILL)

    def remove(self) -> None:
        """Stop it if it runs, and forget everything."""
        if (self.data / "postmaster.pid").exists():
            with contextlib.suppress(subprocess.CalledProcessError):  # it was killed
                self.run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
