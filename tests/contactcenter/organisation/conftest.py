"""An organisation out of a text, and the codes of what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from contactcenter.organisation import Organisation, load_organisation
from dsl.source import Diagnostic, Source

Load = Callable[..., Organisation]
Findings = Callable[[str], list[Diagnostic]]


@pytest.fixture
def load() -> Load:
    def load(*texts: str) -> Organisation:
        sources = [Source(f"organisation/{number}.yaml", dedent(text)) for number, text in enumerate(texts)]
        organisation, findings = load_organisation(sources)
        assert findings == []
        return organisation

    return load


@pytest.fixture
def findings() -> Findings:
    def findings(text: str) -> list[Diagnostic]:
        return load_organisation([Source("organisation.yaml", dedent(text))])[1]

    return findings
