"""What tests of several rooms ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def little_memory() -> Iterator[pytest.MonkeyPatch]:
    """A patch of its own, which a test makes in its middle and which ends with it."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
