"""The nearest value that a library takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.native import Unit, seconds_of
from cbtool.errors import InvalidSettingError

if TYPE_CHECKING:
    from cbtool.breaker.native import Setting

_STEP = {Unit.COUNT: 1, Unit.DURATION: 0.001}


def fitted(setting: Setting, value: Any) -> Any:
    """Return one of our values as near as the setting takes it; itself where it does."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    native = setting.to_native(value)
    number = seconds_of(native) if setting.unit is Unit.DURATION else native
    if setting.unit is Unit.COUNT:
        number = max(1, round(number)) if number else 0
    step = _STEP.get(setting.unit, 0.01)
    if setting.low is not None:
        lowest = setting.low + step if setting.above else setting.low
        number = max(number, lowest)
    if setting.high is not None:
        highest = setting.high - step if setting.below else setting.high
        number = min(number, highest)
    unchanged = seconds_of(native) if setting.unit is Unit.DURATION else native
    if number == unchanged:
        return value
    try:
        return setting.to_word(f"{number}s" if setting.unit is Unit.DURATION else number)
    except InvalidSettingError:
        return value
