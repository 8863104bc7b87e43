"""What all tests of commands share."""

from __future__ import annotations

import pytest

from cbtool.cli import output


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a slow machine from adding "reading the log …" to what a test expects on standard error."""
    monkeypatch.setattr(output, "PATIENCE", 3600.0)
