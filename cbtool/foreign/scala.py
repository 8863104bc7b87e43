"""Finagle's failure accrual as its users write it: a policy of a client, in Scala."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cbtool.breaker.native import Unit, seconds_of
from cbtool.foreign.code import Language, identifier
from cbtool.foreign.layout import Entry, comment_lines
from cbtool.units import NANOSECONDS, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PARTS = {
    "consecutiveFailures": ("numFailures", "markDeadFor"),
    "successRate": ("requiredSuccessRate", "window", "markDeadFor"),
    "successRateWithinDuration": ("requiredSuccessRate", "window", "markDeadFor", "minRequestThreshold"),
}
"""By policy, its arguments in their order (com.twitter.finagle.liveness.FailureAccrualPolicy)."""
_DEFAULTS = {"numFailures": Entry("numFailures", 5, "opens at this many failures in a row, the default")}
_DURATION = re.compile(r"\d[\d.]*[a-z]\w*")


def _duration(seconds: float) -> str:
    nanoseconds = to_ns(seconds)
    for unit, size in (("seconds", NANOSECONDS), ("milliseconds", 1_000_000)):
        if nanoseconds % size == 0:
            return f"{nanoseconds // size}.{unit}"
    return f"{nanoseconds}.nanoseconds"


class FinagleCall:
    """A client whose endpoints are taken out by a policy."""

    language = Language("Scala", "//", _duration)

    def text(self, name: str, entries: Sequence[Entry], units: Mapping[str, Unit]) -> str:  # noqa: ARG002
        """Return the snippet; of two policies joined by `orElse`, each gets the backoff."""
        by_name = {entry.name: entry for entry in entries}
        policy = by_name["policy"]
        first, *others = policy.value.split(" orElse ")
        lines = [
            "// import com.twitter.conversions.DurationOps._",
            "// import com.twitter.finagle.{Backoff, Http}",
            "// import com.twitter.finagle.liveness.{FailureAccrualFactory, FailureAccrualPolicy}",
            f"val {identifier(name)} = Http.client.configured(FailureAccrualFactory.Param(() =>",
            *comment_lines(policy.comment, "//", "  "),
            *self._policy(first, by_name, "  "),
        ]
        for other in others:
            lines[-1] += ".orElse("
            lines += self._policy(other, by_name, "    ")
            lines[-1] += ")"
        return "\n".join([*lines, "))"]) + "\n"

    def _policy(self, policy: str, entries: Mapping[str, Entry], indent: str) -> list[str]:
        lines = [f"{indent}FailureAccrualPolicy.{policy}("]
        for part in _PARTS[policy]:
            entry = entries.get(part, _DEFAULTS.get(part))
            if entry is None:
                continue
            lines += comment_lines(f"{part}: {entry.comment}", "//", indent + "  ")
            lines.append(f"{indent}  {self._literal(part, entry.value)},")
        lines[-1] = lines[-1].removesuffix(",") + ")"
        return lines

    @staticmethod
    def _literal(name: str, value: Any) -> str:
        if name == "markDeadFor":
            return "Backoff." + _DURATION.sub(lambda found: _duration(seconds_of(found[0])), value)
        return _duration(seconds_of(value)) if isinstance(value, str) else repr(value)
