"""Where built grammars are kept between runs: ``$CALLWRIGHT_CACHE``, else the user's cache folder."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from pathlib import Path


def cache_folder() -> Path | None:
    """The cache folder, mode 0700, made when it is missing; None when it cannot be made or is not ours alone."""
    given = os.environ.get("CALLWRIGHT_CACHE")
    base = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "callwright"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = base.stat()
    except OSError:
        return None
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        return None  # somebody else could put a file there that we would load
    return base


def cache_file(grammar: str) -> str | bool:
    """The cache file of a grammar, named by its text, lark and Python; False when there is nowhere to put it."""
    from lark import __version__

    folder = cache_folder()
    if folder is None or not os.access(folder, os.W_OK):
        return False
    key = f"{grammar}\0{__version__}\0{sys.version}"
    return str(folder / f"grammar-{sha256(key.encode()).hexdigest()[:24]}.lark")
