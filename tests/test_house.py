"""The house keeps its own rules: public faces, sizes, decisions with their tests, one set of verbs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("callwright", "channels", "connectors", "contactcenter", "dsl", "interpreter", "simulator", "store", "web")
LONGEST = 600
"""Lines of a module; one that is longer is two things."""


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def declared(path: Path) -> list[str] | None:
    """``__all__`` of a module, as it is written."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return list(ast.literal_eval(node.value))
    return None


FACES = [path for path in modules() if path.name == "__init__.py" and declared(path) is not None]


@pytest.mark.parametrize("path", FACES, ids=name_of)
def test_a_public_face_names_what_is_there_in_order(path: Path) -> None:
    names = declared(path) or []
    package = import_module(".".join(path.relative_to(ROOT).parent.parts))
    assert [name for name in names if not hasattr(package, name)] == []
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_is_short_enough_to_be_one_thing(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_says_in_a_sentence_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_is_short_and_names_the_test_that_holds_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 14
    for named in re.findall(r"`(tests/[^`]+)`", text):
        assert (ROOT / named).exists(), named


def test_every_package_says_that_it_is_typed() -> None:
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").exists()] == []


def test_ci_does_what_a_developer_does() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [line for line in script.splitlines() if line.startswith("make")] == ["make test"]


def test_what_the_project_needs_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    wanted += project["dependency-groups"]["dev"]
    pinned = {
        line.split("==")[0].lower()
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    names = {re.split(r"[\[<>=; ]", one, maxsplit=1)[0].lower() for one in wanted}
    assert names - pinned == set()


def test_a_wheel_in_an_environment_of_its_own_checks_and_tests_a_new_project(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", str(ROOT)]
    subprocess.run([*pip, "-w", str(tmp_path)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
        names = set(packed.namelist())
    assert {"dsl/expressions/grammar.lark", "dsl/py.typed", "callwright/samples/crm_welcome/callwright.yaml"} <= names

    def run(*words: str) -> str:
        code = (
            f"import sys; sys.path[0] = {str(site)!r}; from callwright.cli import main; sys.exit(main({list(words)!r}))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env={"LANG": "C"}
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("init", "new")
    assert "no findings" in run("check", "new")
    assert "passed, 0 failed" in run("test", "new")


def test_another_distribution_in_front_of_ours_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "interpreter").mkdir()
    (tmp_path / "interpreter" / "__init__.py").write_text("")
    front = f"import sys; sys.path.insert(0, {str(tmp_path)!r})"
    code = f"{front}; from callwright.cli import main; sys.exit(main(['--help']))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert 'the package "interpreter" is not callwright\'s' in done.stderr
