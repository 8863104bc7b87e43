"""Go's gob streams, which describe their own types, as far as results of load tests need them.

A stream is messages: a length, a type's number and a value. A negative number defines the type of that
number. A struct is its fields, each behind the distance to the field before it, and a zero; fields that are
zero are left out. Source: the documentation of Go's encoding/gob.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST = 1 << 24
"""Bytes of a message; a longer one is damage."""

_BOOL, _INT, _UINT, _FLOAT, _BYTES, _STRING = range(1, 7)
_WIRE, _ARRAY, _COMMON, _SLICE, _STRUCT, _FIELD, _FIELDS, _MAP, _OPAQUE = range(16, 25)
_DEEPEST = 16
_ONE_BYTE = 0x80  # numbers below are one byte


class DamagedError(Exception):
    """The bytes are no gob."""


class _Struct(NamedTuple):
    fields: tuple[tuple[str, int], ...]


class _Many(NamedTuple):
    """A slice or an array."""

    of: int


class _Map(NamedTuple):
    key: int
    of: int


class _Bytes(NamedTuple):
    """What a type of Go wrote for itself."""


_Type = _Struct | _Many | _Map | _Bytes
_MARSHALLED = ("gob", "binary", "text")
_KNOWN: dict[int, _Type] = {
    _WIRE: _Struct(
        (
            *(("array", _ARRAY), ("slice", _SLICE), ("struct", _STRUCT), ("map", _MAP)),
            *((kind, _OPAQUE) for kind in _MARSHALLED),
        )
    ),
    _ARRAY: _Struct((("common", _COMMON), ("of", _INT), ("length", _INT))),
    _COMMON: _Struct((("name", _STRING), ("id", _INT))),
    _SLICE: _Struct((("common", _COMMON), ("of", _INT))),
    _STRUCT: _Struct((("common", _COMMON), ("fields", _FIELDS))),
    _FIELD: _Struct((("name", _STRING), ("id", _INT))),
    _FIELDS: _Many(_FIELD),
    _MAP: _Struct((("common", _COMMON), ("key", _INT), ("of", _INT))),
    _OPAQUE: _Struct((("common", _COMMON),)),
}
"""The types that describe types."""


def values(pieces: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the structs of a stream; one that was cut off at the end is left out.

    Raises:
        DamagedError: something there is no gob.
    """
    types = dict(_KNOWN)
    for message in _messages(pieces):
        reader = _Reader(message, types)
        try:
            number = reader.integer()
            if number < 0:
                types[-number] = _described(reader.value(_WIRE))
            elif isinstance(types.get(number), _Struct):
                yield reader.value(number)
        except (IndexError, KeyError, TypeError, ValueError):
            raise DamagedError from None


def _messages(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        held += piece
        at = 0
        while True:
            try:
                length, start = _natural(held, at)
            except IndexError:
                break
            if length > LONGEST:
                raise DamagedError
            if start + length > len(held):
                break
            yield held[start : start + length]
            at = start + length
        held = held[at:]


def _natural(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and the place behind it."""
    first = data[at]
    if first < _ONE_BYTE:
        return first, at + 1
    end = at + 1 + 256 - first
    if end - at > 9 or end > len(data):  # eight bytes at most
        raise IndexError
    return int.from_bytes(data[at + 1 : end], "big"), end


def _described(wire: dict[str, Any]) -> _Type:
    if "struct" in wire:
        return _Struct(tuple((each["name"], each["id"]) for each in wire["struct"].get("fields", ())))
    if "map" in wire:
        return _Map(wire["map"]["key"], wire["map"]["of"])
    many = wire.get("slice") or wire.get("array")
    return _Many(many["of"]) if many else _Bytes()


class _Reader:
    """One message, read from its beginning."""

    def __init__(self, data: bytes, types: dict[int, _Type]) -> None:
        self._data = data
        self._types = types
        self._at = 0

    def natural(self) -> int:
        """Return a number that is not negative."""
        number, self._at = _natural(self._data, self._at)
        return number

    def integer(self) -> int:
        """Return a number of either sign."""
        number = self.natural()
        return ~(number >> 1) if number & 1 else number >> 1

    def value(self, number: int, depth: int = 0) -> Any:
        """Return the value of a type that stands here."""
        if depth > _DEEPEST:
            raise DamagedError
        if number in _PLAIN:
            return _PLAIN[number](self)
        kind = self._types[number]
        if isinstance(kind, _Struct):
            return self._fields(kind, depth + 1)
        if isinstance(kind, _Many):
            return [self.value(kind.of, depth + 1) for _ in range(self._several())]
        if isinstance(kind, _Map):
            return [
                (self.value(kind.key, depth + 1), self.value(kind.of, depth + 1))
                for _ in range(self._several())
            ]
        return self.taken()

    def _fields(self, kind: _Struct, depth: int) -> dict[str, Any]:
        found, index = {}, -1
        while distance := self.natural():
            index += distance
            name, number = kind.fields[index]
            found[name] = self.value(number, depth)
        return found

    def taken(self) -> bytes:
        """Return bytes behind their number."""
        length = self.natural()
        found = self._data[self._at : self._at + length]
        if len(found) != length:
            raise IndexError
        self._at += length
        return found

    def _several(self) -> int:
        number = self.natural()
        if number > len(self._data):  # each takes at least a byte
            raise IndexError
        return number


_PLAIN: dict[int, Callable[[_Reader], Any]] = {
    _BOOL: _Reader.natural,
    _INT: _Reader.integer,
    _UINT: _Reader.natural,
    _FLOAT: _Reader.natural,  # nothing here has one
    _BYTES: _Reader.taken,
    _STRING: lambda reader: reader.taken().decode("utf-8", "replace"),
}
