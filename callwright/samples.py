"""The example projects that come along: in a wheel beside this module, in a checkout under ``flows/``."""

from __future__ import annotations

from pathlib import Path


def sample(name: str) -> Path:
    """The folder of an example project."""
    here = Path(__file__).resolve().parent
    for folder in (here / "samples", here.parent / "flows"):
        if (folder / name).is_dir():
            return folder / name
    raise FileNotFoundError(f"the example {name} is not installed")
