"""What a person is told when callwright itself fails."""

from __future__ import annotations

import platform
import shlex
import traceback
from collections.abc import Sequence

from callwright import __version__


def describe(error: BaseException, arguments: Sequence[str]) -> str:
    """One sentence, where it happened, and how to see more."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    command = shlex.join(["callwright", "--debug", *arguments])
    return (
        f"callwright failed, and that is its own fault: {type(error).__name__}: {error}{place}\n"
        f"  = help: `{command}` shows the traceback for a report; "
        f"callwright {__version__}, Python {platform.python_version()}, {platform.system()}"
    )
