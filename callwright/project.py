"""The project file ``callwright.yaml``: which flow answers which number, and where everything else lies (DESIGN.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from callwright.settings import SETTINGS, Groups
from dsl.source import (
    CODES,
    Diagnostic,
    Key,
    Map,
    Node,
    Scalar,
    Seq,
    Span,
    did_you_mean,
    finding,
    plain,
    read_file,
    read_yaml,
)
from dsl.source.tree import Plain

FILE_NAME = "callwright.yaml"
KEYS = (
    "name",
    "numbers",
    "organisation",
    "connections",
    "contacts",
    "flows",
    "actions",
    "language",
    "settings",
    "ignore",
)

_SECRETS = (("keys", "*"), ("metrics", "token"))
"""Settings that nobody may read in a file: group and name, ``*`` for all of the group."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Findings that the project does not want to see: a code and the files it holds for, with the reason."""

    code: str
    pattern: str
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Project:
    """A project as its file says it; paths are absolute, a missing file leaves the defaults.

    ``numbers`` maps dialled numbers (exact, or a prefix ending in ``*``, or ``default``) to flow files.
    """

    root: Path
    file: Path | None = None
    numbers: Mapping[str, Path] = field(default_factory=dict)
    organisation: Path | None = None
    connections: Path | None = None
    contacts: Path | None = None
    flows: Path | None = None
    actions: Path | None = None
    language: str = "en-us"
    settings: Mapping[str, Plain] = field(default_factory=dict)
    ignores: tuple[Ignore, ...] = ()

    def ignores_finding(self, found: Diagnostic) -> Ignore | None:
        """The project's ignore that takes this finding out, if there is one."""
        for ignore in self.ignores:
            if ignore.code == found.code and fnmatch(self.relative(found.span.path), ignore.pattern):
                return ignore
        return None

    def relative(self, path: str) -> str:
        """A path as seen from the project's folder."""
        try:
            return Path(path).resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return Path(path).as_posix()


def find_project(start: Path) -> Path | None:
    """The nearest ``callwright.yaml`` in the folder of ``start`` or above it."""
    folder = start.resolve() if start.is_dir() else start.resolve().parent
    for candidate in (folder, *folder.parents):
        if (candidate / FILE_NAME).is_file():
            return candidate / FILE_NAME
    return None


def load_project(start: Path) -> tuple[Project, list[Diagnostic]]:
    """The project that ``start`` (a file or folder) belongs to, and what is wrong with its file."""
    path = find_project(start)
    if path is None:
        folder = start if start.is_dir() else start.parent
        return _with_defaults(Project(folder.resolve())), []
    return read_project(path)


def read_project(path: Path) -> tuple[Project, list[Diagnostic]]:
    """Read one project file."""
    root = path.resolve().parent
    source, findings = read_file(path)
    if source is None:
        return _with_defaults(Project(root, path)), findings
    tree, found = read_yaml(source, {})
    findings = [*findings, *found]
    if tree is None:
        return _with_defaults(Project(root, path)), findings
    if not isinstance(tree, Map):
        findings.append(finding("wrong-kind", "the project file is a mapping", tree.span))
        return _with_defaults(Project(root, path)), findings
    reader = _Reader(root, findings)
    return _with_defaults(reader.project(path, tree)), findings


def _with_defaults(project: Project) -> Project:
    """Files that lie at their usual place are used without being named."""

    def usual(given: Path | None, *names: str) -> Path | None:
        if given is not None:
            return given
        return next((project.root / name for name in names if (project.root / name).exists()), None)

    return Project(
        project.root,
        project.file,
        project.numbers,
        usual(project.organisation, "organisation.yaml", "organisation"),
        usual(project.connections, "connections.yaml"),
        usual(project.contacts, "contacts.yaml"),
        usual(project.flows, "flows"),
        usual(project.actions, "actions"),
        project.language,
        project.settings,
        project.ignores,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    root: Path
    findings: list[Diagnostic]

    def project(self, path: Path, tree: Map) -> Project:
        for key, _ in tree:
            if key.text not in KEYS:
                help_ = did_you_mean(key.text, KEYS)
                self.findings.append(
                    finding("unknown-key", f'the project has no key "{key.text}"', key.span, help=help_)
                )
        settings = tree.get("settings")
        self.secrets(settings)
        self.known(settings, SETTINGS, "")
        values = plain(settings) if isinstance(settings, Map) else {}
        return Project(
            root=self.root,
            file=path,
            numbers=self.numbers(tree.get("numbers")),
            organisation=self.path(tree, "organisation"),
            connections=self.path(tree, "connections"),
            contacts=self.path(tree, "contacts"),
            flows=self.path(tree, "flows"),
            actions=self.path(tree, "actions"),
            language=self.text(tree.get("language")) or "en-us",
            settings=values if isinstance(values, dict) else {},
            ignores=self.ignores(tree.get("ignore")),
        )

    def known(self, settings: Node | None, groups: Groups, group: str) -> None:
        """Settings that nobody reads."""
        for key, value in settings if isinstance(settings, Map) else ():
            if key.text not in groups:
                message = f'there is no setting "{group}{key.text}"'
                help_ = did_you_mean(key.text, groups)
                self.findings.append(finding("unknown-key", message, key.span, help=help_))
            elif below := groups[key.text]:
                self.known(value, below, f"{group}{key.text}.")

    def secrets(self, settings: Node | None) -> None:
        """Keys and tokens are named, never written down (desk.md §13)."""
        for group, name in _SECRETS:
            listed = settings.get(group) if isinstance(settings, Map) else None
            for key, value in listed if isinstance(listed, Map) else ():
                literal = isinstance(value, Scalar) and value.text and not value.text.startswith(("env:", "file:"))
                if literal and name in (key.text, "*"):
                    message = f'"{group}.{key.text}" is written down in the project file'
                    help_ = "write env:NAME or file:PATH"
                    self.findings.append(finding("secret-in-file", message, value.span, help=help_))

    def text(self, node: Node | None) -> str | None:
        if node is None:
            return None
        if isinstance(node, Scalar) and node.text:
            return node.text
        self.findings.append(finding("wrong-kind", "a text belongs here", node.span))
        return None

    def path(self, tree: Map, name: str) -> Path | None:
        node = tree.get(name)
        text = self.text(node)
        if text is None or node is None:
            return None
        path = self.root / text
        if not path.exists():
            message = f'"{name}" names {text}, which is not there'
            self.findings.append(finding("unknown-include", message, node.span, help=f"looked in {self.root}"))
            return None
        return path

    def numbers(self, node: Node | None) -> dict[str, Path]:
        found: dict[str, Path] = {}
        if node is None:
            return found
        if not isinstance(node, Map):
            self.findings.append(finding("wrong-kind", '"numbers" maps a number to a flow file', node.span))
            return found
        for key, value in node:
            self.number(key, value, found)
        return found

    def number(self, key: Key, value: Node, found: dict[str, Path]) -> None:
        text = self.text(value)
        if text is None:
            return
        path = self.root / text
        if path.is_file():
            found[key.text] = path
            return
        siblings = [p.relative_to(self.root).as_posix() for p in sorted(path.parent.glob("*.yaml"))]
        help_ = did_you_mean(text, siblings)
        self.findings.append(finding("unknown-flow", f"the flow file {text} is not there", value.span, help=help_))

    def ignores(self, node: Node | None) -> tuple[Ignore, ...]:
        found = []
        for item in node.items if isinstance(node, Seq) else ():
            code = self.text(item.get("code")) if isinstance(item, Map) else None
            if not isinstance(item, Map) or code is None:
                message = 'an ignore is {code, path, reason}, with at least a "code"'
                self.findings.append(finding("wrong-kind", message, item.span))
                continue
            if code not in CODES:
                help_ = did_you_mean(code, CODES)
                self.findings.append(
                    finding("unused-ignore", f'no finding has the code "{code}"', item.span, help=help_)
                )
            pattern = self.text(item.get("path")) or "*"
            found.append(Ignore(code, pattern, self.text(item.get("reason")) or "", item.span))
        return tuple(found)
