"""OTLP's batches of spans read at leisure, where the compiled scanner leaves them: odd and damaged ones.

What it says of a batch is what the scanner must say of it, if it says anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cbtool.traffic.scanning.otlp import (
    ATTRIBUTES,
    BEGUN,
    CODE,
    ENDED,
    FAILED,
    INSTANCE,
    KINDS,
    MESSAGE,
    OTHER,
    PLACES,
    UNSAID,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_RANKS = {name: (what, rank) for what, names in ATTRIBUTES.items() for rank, name in enumerate(names)}
"""By an attribute's name, what it says, and how many names come before it for the same."""


class _Value(msgspec.Struct, gc=False):
    """An attribute's value, one of these; lists and the like say nothing here."""

    stringValue: Any = None  # noqa: N815  # as OTLP spells it, here and below
    intValue: Any = None  # noqa: N815
    doubleValue: Any = None  # noqa: N815
    boolValue: Any = None  # noqa: N815


class _Attribute(msgspec.Struct, gc=False):
    key: str = ""
    value: _Value | None = None

    @property
    def text(self) -> str | None:
        value = self.value
        if value is None:
            return None
        if value.stringValue is not None:
            return str(value.stringValue)
        found = (each for each in (value.intValue, value.doubleValue, value.boolValue) if each is not None)
        return next(map(str, found), None)


class _Status(msgspec.Struct, gc=False):
    code: int | str | None = None
    message: str | None = None


class _Span(msgspec.Struct, gc=False):
    kind: int | str | None = None
    startTimeUnixNano: int | str = ""  # noqa: N815
    endTimeUnixNano: int | str = ""  # noqa: N815
    attributes: list[_Attribute] | None = None
    status: _Status | None = None


class _Scope(msgspec.Struct, gc=False):
    spans: list[_Span] | None = None


class _Source(msgspec.Struct, gc=False):
    attributes: list[_Attribute] | None = None


class _Resource(msgspec.Struct, gc=False):
    resource: _Source | None = None
    scopeSpans: list[_Scope] | None = None  # noqa: N815
    instrumentationLibrarySpans: list[_Scope] | None = None  # noqa: N815
    scope_spans: list[_Scope] | None = None


class _Batch(msgspec.Struct, gc=False):
    resourceSpans: list[_Resource] | None = None  # noqa: N815


_decode = msgspec.json.Decoder(_Batch).decode


class DecodedSpan(NamedTuple):
    """A span's kind, and what it says by `STATUS` and the others; None where it says nothing."""

    kind: int
    said: list[str | None]


NOTHING = DecodedSpan(UNSAID, [None] * PLACES)
"""What a damaged batch comes to."""


def decoded(batch: bytes) -> Iterator[DecodedSpan]:
    """Yield a batch's spans; for one that is damaged a single one that says nothing."""
    try:
        found = _decode(batch)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        yield NOTHING
        return
    for resource in found.resourceSpans or ():
        instance = _instance(resource.resource)
        scopes = resource.scopeSpans or resource.instrumentationLibrarySpans or resource.scope_spans
        for scope in scopes or ():
            for span in scope.spans or ():
                yield DecodedSpan(_kind(span.kind), _said(span, instance))


def _kind(kind: int | str | None) -> int:
    if kind is None:
        return UNSAID
    known = KINDS.get(kind, OTHER) if isinstance(kind, str) else kind
    return known if known in KINDS.values() else OTHER


def _instance(source: _Source | None) -> str | None:
    own = {each.key: each.text for each in (source and source.attributes) or ()}
    return next((own[name] for name in ATTRIBUTES[INSTANCE] if own.get(name) is not None), None)


def _said(span: _Span, instance: str | None) -> list[str | None]:
    said: list[str | None] = [None] * PLACES
    ranks = [len(_RANKS)] * PLACES
    for attribute in span.attributes or ():
        what, rank = _RANKS.get(attribute.key, (INSTANCE, 0))
        if what == INSTANCE or rank >= ranks[what]:
            continue
        text = attribute.text
        if text is not None:
            said[what], ranks[what] = text, rank
    said[INSTANCE] = instance
    said[BEGUN], said[ENDED] = str(span.startTimeUnixNano), str(span.endTimeUnixNano)
    if span.status is not None:
        said[MESSAGE] = span.status.message
        said[CODE] = str(span.status.code) if span.status.code in {2, FAILED} else None
    return said
