"""Settings from traffic: regimes of load, incidents without labels, a false-trip budget, a search.

`method.py` is the whole method on one page, and takes the steps in the order of the table in
tests/test_architecture.py: reading, candidates, incidents, false trips, search, surroundings. Each
module's docstring says where its formulas come from.
"""

from typing import TYPE_CHECKING, Any

from cbtool.recommend.model import Answer, Budget, Incident, Recommendation, Regime

if TYPE_CHECKING:
    from cbtool.recommend.method import recommend

__all__ = ["Answer", "Budget", "Incident", "Recommendation", "Regime", "recommend"]


def __getattr__(name: str) -> Any:
    """Load the method, and numba with it, only where it is asked for: others use this room's small parts."""
    if name == "recommend":
        from cbtool.recommend.method import recommend  # noqa: PLC0415

        return recommend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
