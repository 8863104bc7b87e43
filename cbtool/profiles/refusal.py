"""The `[refusal]` table of a profile: what its guard turns away before any breaker is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.refusal import Guard, RefusalRule
from cbtool.errors import InvalidSettingError
from cbtool.toml.tables import given

if TYPE_CHECKING:
    from cbtool.toml.tables import Table


def read_guard(table: Table) -> Guard:
    """Return the guard that a `[refusal]` table describes: `allowed`, and a table for each rule by its name.

    Raises:
        ConfigurationError: a key is unknown or its value wrong, with file and line.
    """
    allowed = table.texts("allowed") or ()
    rules = []
    for name in table.names():
        if name != "allowed":
            rule = table.table(name)
            rules.append(_read_rule(name, rule))  # type: ignore[arg-type]  # it is there
    table.finish()
    if not rules:
        raise table.error("", "[refusal] needs a rule: a table [refusal.NAME] with a reason")
    return Guard(tuple(rules), allowed)


def _read_rule(name: str, table: Table) -> RefusalRule:
    values = given(
        {
            "methods": table.texts("methods"),
            "path": table.text("path"),
            "query": table.text("query"),
            "most": table.number("most"),
            "refuse_unknown_cost": table.boolean("refuse_unknown_cost"),
        }
    )
    reason = table.text("reason") or ""
    table.finish()
    try:
        return RefusalRule(name, reason, **values)
    except InvalidSettingError as error:
        raise table.located(error) from None


def refusal_tables(guard: Guard) -> dict[str, dict[str, Any]]:
    """Return a guard as plain values: the `[refusal]` table itself under "", and each rule's by its name."""
    tables: dict[str, dict[str, Any]] = {}
    if guard.allowed:
        tables[""] = {"allowed": list(guard.allowed)}
    for rule in guard.rules:
        tables[rule.name] = {
            "reason": rule.reason,
            "methods": list(rule.methods) or None,
            "path": rule.path,
            "query": rule.query,
            "most": rule.most,
            "refuse_unknown_cost": rule.refuse_unknown_cost or None,
        }
    return tables
