"""Refusing a request before it is made, by what it is rather than by how others fared.

A guard of the kind of trivago's Protector, which stands before a database and turns dangerous queries away:
rules over a request's method, its path, its query and its cost, asked in order, each with a reason to give
the caller; and an allow-list that is asked first. It keeps no state, so it stands before any breaker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate

from cbtool.breaker.checks import not_negative, require
from cbtool.errors import InvalidSettingError


@dataclass(frozen=True, slots=True)
class Request:
    """What a rule may look at.

    Attributes:
        method: GET, POST, …; in any case of letters.
        target: path and query, as sent.
        cost: what the request is expected to cost, in whatever unit its rules use: rows, points, bytes,
            seconds; None where nobody knows.
    """

    method: str
    target: str
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """One rule: it refuses a request that every given condition fits. At least one must be given.

    Attributes:
        name: what reports call it.
        reason: what the refused caller is told; says what to do instead.
        methods: fits these methods; empty: any.
        path: fits a path of this shell pattern (`*` crosses slashes); None: any.
        query: fits where this regular expression is found in the query; None: any.
        most: fits a cost above this; None: any cost. An unknown cost fits only where `refuse_unknown_cost`.
        refuse_unknown_cost: whether a request whose cost nobody knows is taken to exceed `most`.

    Raises:
        InvalidSettingError: a condition is missing or cannot be read.
    """

    name: str
    reason: str
    methods: tuple[str, ...] = ()
    path: str | None = None
    query: str | None = None
    most: float | None = None
    refuse_unknown_cost: bool = False
    _path: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    _query: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        given = self.methods or self.path is not None or self.query is not None or self.most is not None
        require(bool(given), "", "needs methods, a path, a query or a cost (most)", self.name)
        require(bool(self.reason.strip()), "reason", "must say why", self.reason)
        if self.most is not None:
            not_negative("most", self.most)
        object.__setattr__(self, "methods", tuple(method.upper() for method in self.methods))
        object.__setattr__(self, "_path", None if self.path is None else re.compile(translate(self.path)))
        object.__setattr__(self, "_query", None if self.query is None else _expression(self.query))

    def fits(self, request: Request) -> bool:
        """Return whether every condition fits a request."""
        path, _, query = request.target.partition("?")
        if self.methods and request.method.upper() not in self.methods:
            return False
        if self._path is not None and self._path.match(path) is None:
            return False
        if self._query is not None and self._query.search(query) is None:
            return False
        if self.most is None:
            return True
        return self.refuse_unknown_cost if request.cost is None else request.cost > self.most


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was turned away."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Rules in the order in which they are asked; the first that fits refuses.

    Attributes:
        rules: at most one of each name.
        allowed: shell patterns of paths that are never refused, asked before the rules.

    Raises:
        InvalidSettingError: two rules have one name.
    """

    rules: tuple[RefusalRule, ...] = ()
    allowed: tuple[str, ...] = ()
    _allowed: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        require(twice is None, "refusal", "must have one rule of each name", twice)
        patterns = tuple(re.compile(translate(pattern)) for pattern in self.allowed)
        object.__setattr__(self, "_allowed", patterns)

    def refusal(self, request: Request) -> Refusal | None:
        """Return why a request must not be made; None where it may be."""
        path = request.target.partition("?")[0]
        if any(pattern.match(path) for pattern in self._allowed):
            return None
        for rule in self.rules:
            if rule.fits(request):
                return Refusal(rule.name, rule.reason)
        return None


def _expression(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise InvalidSettingError("query", f"must be a regular expression ({error})", text) from None
