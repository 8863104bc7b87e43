"""Settings from traffic: regimes of load, incidents without labels, a false-trip budget, a search.

`method.py` is the whole method on one page. Each module's docstring says where its formulas come
from.
"""

from cbtool.recommend.method import recommend
from cbtool.recommend.model import Answer, Budget, Incident, Recommendation, Regime

__all__ = ["Answer", "Budget", "Incident", "Recommendation", "Regime", "recommend"]
