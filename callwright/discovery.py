"""Which files a command works on, and what kind each is (authoring.md §2)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory


class Kind(StrEnum):
    """What a file is, by its name."""

    PROJECT = "project"
    ORGANISATION = "organisation"
    CONNECTIONS = "connections"
    CONTACTS = "contacts"
    TEST = "test"
    TRAFFIC = "traffic"
    DATA_ACTION = "data action"
    TERRAFORM = "terraform"
    FLOW = "flow"


_BY_NAME = {
    "callwright.yaml": Kind.PROJECT,
    "organisation.yaml": Kind.ORGANISATION,
    "connections.yaml": Kind.CONNECTIONS,
    "contacts.yaml": Kind.CONTACTS,
}
_SUFFIXES = (".yaml", ".yml", ".json", ".tf")
_NO_REPOSITORY = 128
"""How git ends outside of one."""
_SUBSTITUTIONS = (".subst.yaml", ".subst.yml")
"""Values for flows; read with the flow, never on their own."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to work on; ``named`` when the user named it, otherwise it was found in a folder."""

    path: Path
    kind: Kind
    named: bool


def kind_of(path: Path) -> Kind | None:
    """The kind of a file by its name, None for files that are not ours."""
    name = path.name
    if name.endswith(_SUBSTITUTIONS) or not name.endswith(_SUFFIXES):
        return None
    if name.endswith((".test.yaml", ".test.yml")):
        return Kind.TEST
    if name.endswith((".traffic.yaml", ".traffic.yml")):
        return Kind.TRAFFIC
    if name.endswith((".tf", ".tf.json")):
        return Kind.TERRAFORM
    if name in _BY_NAME:
        return _BY_NAME[name]
    return Kind.DATA_ACTION if path.suffix == ".json" else Kind.FLOW


def discover(paths: Iterable[Path]) -> list[Found]:
    """All files below the paths, each once, in order; hidden and ignored ones are left out of folders."""
    found: dict[Path, Found] = {}
    for path in paths:
        if path.is_dir():
            candidates = [file for file in _files(path) if kind_of(file) is not None]
            ignored = _ignored_by_git(path, candidates)
            kept = [file for file in candidates if file not in ignored]
            files = [Found(file, kind, named=False) for file in kept if (kind := kind_of(file)) is not None]
        elif path.name.endswith(_SUBSTITUTIONS):
            files = []
        else:
            files = [Found(path, kind_of(path) or Kind.FLOW, named=True)]
        for file in files:
            found.setdefault(file.path, file)
    return list(found.values())


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in ("__pycache__", "node_modules"):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _ignored_by_git(folder: Path, files: list[Path]) -> set[Path]:
    """Those of the files that git ignores; none where there is no git."""
    if not files:
        return set()
    try:
        done = _check_ignore([], folder, files)
        if done.returncode == _NO_REPOSITORY and any(folder.rglob(".gitignore")):
            with TemporaryDirectory() as empty:
                subprocess.run(["git", "init", "-q", "--bare", empty], capture_output=True, check=False)
                done = _check_ignore([f"--git-dir={empty}", f"--work-tree={folder.resolve()}"], folder, files)
    except OSError:
        return set()
    ignored = set(done.stdout.split("\0"))
    return {file for file in files if str(file.resolve()) in ignored}


def _check_ignore(options: list[str], folder: Path, files: list[Path]) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(folder), *options, "check-ignore", "-z", "--stdin"]
    names = "\0".join(str(file.resolve()) for file in files)
    return subprocess.run(command, input=names, capture_output=True, text=True, check=False)
