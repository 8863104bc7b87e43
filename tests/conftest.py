"""What tests of several rooms ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# How fast a machine is says nothing of the code: the first call of many functions compiles them.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture
def little_memory() -> Iterator[pytest.MonkeyPatch]:
    """A patch of its own, which a test makes in its middle and which ends with it."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
