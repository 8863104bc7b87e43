"""Bytes read as a loop in C would: no check of the index, and many at a time where one is looked for.

numba's own indexing lets an index count from an array's end, which costs a comparison for each byte. Who
calls these holds the index within the array.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from cbtool.jit import lean

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

WIDE = 32
"""Bytes that are compared or copied at once."""

_BYTE, _INT64 = ir.IntType(8), ir.IntType(64)
_VECTOR = ir.VectorType(_BYTE, WIDE)
_QUOTE, _BACKSLASH, _SPACE = 34, 92, 32
_OPENING, _CLOSING = 123, 125


def _loaded(call: tuple[Any, ...], kind: Any) -> Any:
    """Load what is at a place in an array of bytes, however it is aligned."""
    context, builder, signature, (data, at, *_) = call
    array = context.make_array(signature.args[0])(context, builder, value=data)
    place = builder.gep(builder.bitcast(array.data, _BYTE.as_pointer()), [at])
    loaded = builder.load(builder.bitcast(place, kind.as_pointer()))
    loaded.align = 1
    return loaded


def _all(byte: int) -> Any:
    return ir.Constant(_VECTOR, [byte] * WIDE)


def _mask(builder: Any, found: Any) -> Any:
    """A bit for each of the bytes, the first one lowest."""
    return builder.zext(builder.bitcast(found, ir.IntType(WIDE)), _INT64)


def _byte(_context: Any, data: Any, _at: Any) -> Any:
    """Return `data[at]` of bytes, as an int64."""

    def generate(*call: Any) -> Any:
        return call[1].zext(_loaded(call, _BYTE), _INT64)

    return types.int64(data, types.int64), generate


def _eight(_context: Any, data: Any, _at: Any) -> Any:
    """Return `data[at : at + 8]` of bytes as an int64, the first one lowest."""

    def generate(*call: Any) -> Any:
        return _loaded(call, _INT64)

    return types.int64(data, types.int64), generate


def _everywhere(builder: Any, wanted: Any) -> Any:
    """A byte as often as there are bytes at once."""
    one = builder.insert_element(
        ir.Constant(_VECTOR, ir.Undefined), builder.trunc(wanted, _BYTE), ir.Constant(_INT64, 0)
    )
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), WIDE), [0] * WIDE))


def _same(_context: Any, data: Any, _at: Any, _wanted: Any) -> Any:
    """Return which of the next bytes are the one that is wanted, a bit for each."""

    def generate(*call: Any) -> Any:
        builder, wanted = call[1], call[3][2]
        return _mask(
            builder, builder.icmp_unsigned("==", _loaded(call, _VECTOR), _everywhere(builder, wanted))
        )

    return types.int64(data, types.int64, types.int64), generate


def _marks(_context: Any, data: Any, _at: Any, _plain: Any) -> Any:
    """Return which of the next bytes are quotes, backslashes or less than a byte, a bit for each."""

    def generate(*call: Any) -> Any:
        builder, loaded, plain = call[1], _loaded(call, _VECTOR), call[3][2]
        low = builder.icmp_unsigned("<", loaded, _everywhere(builder, plain))
        return _mask(builder, builder.or_(_any_of(builder, loaded, b'"\\'), low))

    return types.int64(data, types.int64, types.int64), generate


def _opens(_context: Any, data: Any, _at: Any) -> Any:
    """Return which of the next bytes open an object or a list of JSON's, a bit for each."""
    return types.int64(data, types.int64), lambda *call: _folded(call, _OPENING)


def _closes(_context: Any, data: Any, _at: Any) -> Any:
    """Return which of them close one."""
    return types.int64(data, types.int64), lambda *call: _folded(call, _CLOSING)


def _folded(call: tuple[Any, ...], wanted: int) -> Any:
    """Braces and brackets differ by one bit."""
    builder = call[1]
    brackets_as_braces = builder.or_(_loaded(call, _VECTOR), _all(_SPACE))
    return _mask(builder, builder.icmp_unsigned("==", brackets_as_braces, _all(wanted)))


_MARKUP = b"<&>"
_WHITE = b"\t\n\r"


def _markup(_context: Any, data: Any, _at: Any) -> Any:
    """Return which of the next bytes mean something in XML's text, or may not be there, a bit for each."""

    def generate(*call: Any) -> Any:
        builder, loaded = call[1], _loaded(call, _VECTOR)
        low = builder.icmp_unsigned("<", loaded, _all(_SPACE))
        return _mask(
            builder,
            builder.or_(
                _any_of(builder, loaded, _MARKUP),
                builder.and_(low, builder.not_(_any_of(builder, loaded, _WHITE))),
            ),
        )

    return types.int64(data, types.int64), generate


def _any_of(builder: Any, loaded: Any, wanted: bytes) -> Any:
    return reduce(builder.or_, (builder.icmp_unsigned("==", loaded, _all(each)) for each in wanted))


def _quoted(_context: Any, data: Any, _at: Any) -> Any:
    """Return which of them mean something in the value of an attribute, be it quoted in either way."""

    def generate(*call: Any) -> Any:
        builder, loaded = call[1], _loaded(call, _VECTOR)
        low = builder.icmp_unsigned("<", loaded, _all(_SPACE))
        return _mask(builder, builder.or_(low, _any_of(builder, loaded, b"<&\"'")))

    return types.int64(data, types.int64), generate


def _lowest(_context: Any, _bits: Any) -> Any:
    """Return the number of the lowest bit that is set; there must be one."""

    def generate(*call: Any) -> Any:
        return call[1].cttz(call[3][0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), generate


def _ones(_context: Any, _bits: Any) -> Any:
    """Return how many bits are set."""

    def generate(*call: Any) -> Any:
        return call[1].ctpop(call[3][0])

    return types.int64(types.int64), generate


def _number(_context: Any, data: Any, _at: Any) -> Any:
    """Return `data[at]` of int32, as an int64."""

    def generate(*call: Any) -> Any:
        context, builder, signature, (numbers, at) = call
        array = context.make_array(signature.args[0])(context, builder, value=numbers)
        return builder.sext(builder.load(builder.gep(array.data, [at])), _INT64)

    return types.int64(data, types.int64), generate


def _put(_context: Any, data: Any, _at: Any, _value: Any) -> Any:
    """Write `data[at]` of int32."""

    def generate(*call: Any) -> Any:
        context, builder, signature, (numbers, at, value) = call
        array = context.make_array(signature.args[0])(context, builder, value=numbers)
        builder.store(builder.trunc(value, ir.IntType(32)), builder.gep(array.data, [at]))
        return context.get_dummy_value()

    return types.void(data, types.int64, types.int64), generate


def _copied(_context: Any, data: Any, _at: Any, made: Any, _to: Any) -> Any:
    """Copy the next `WIDE` bytes to a place in other bytes."""

    def generate(*call: Any) -> Any:
        context, builder, signature, (_, _, target, to) = call
        loaded = _loaded(call, _VECTOR)
        array = context.make_array(signature.args[2])(context, builder, value=target)
        place = builder.gep(builder.bitcast(array.data, _BYTE.as_pointer()), [to])
        builder.store(loaded, builder.bitcast(place, _VECTOR.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(data, types.int64, made, types.int64), generate


int64 = cast("Callable[[Any], int]", np.int64)
"""Compiled numbers must keep one type from the first assignment on."""

byte = cast("Callable[[NDArray[np.uint8], int], int]", intrinsic(_byte))
eight = cast("Callable[[NDArray[np.uint8], int], int]", intrinsic(_eight))
same = cast("Callable[[NDArray[np.uint8], int, int], int]", intrinsic(_same))
marks = cast("Callable[[NDArray[np.uint8], int, int], int]", intrinsic(_marks))
markup = cast("Callable[[NDArray[np.uint8], int], int]", intrinsic(_markup))
quoted = cast("Callable[[NDArray[np.uint8], int], int]", intrinsic(_quoted))
opens = cast("Callable[[NDArray[np.uint8], int], int]", intrinsic(_opens))
closes = cast("Callable[[NDArray[np.uint8], int], int]", intrinsic(_closes))
ones = cast("Callable[[int], int]", intrinsic(_ones))
copy_wide = cast("Callable[[NDArray[np.uint8], int, NDArray[np.uint8], int], None]", intrinsic(_copied))
number = cast("Callable[[NDArray[np.int32], int], int]", intrinsic(_number))
put = cast("Callable[[NDArray[np.int32], int, int], None]", intrinsic(_put))
lowest = cast("Callable[[int], int]", intrinsic(_lowest))


@lean
def _is_same(one: int, wanted: int) -> bool:
    return one == wanted


@lean
def _is_mark(one: int, plain: int) -> bool:
    return one == _QUOTE or one == _BACKSLASH or one < plain


def _finder(wide: Callable[..., int], single: Callable[[int, int], bool]) -> Callable[..., int]:
    """Return what looks for a byte of a kind, many at a time, and one by one where so many are not left."""

    @lean
    def finder(data: NDArray[np.uint8], at: int, end: int, wanted: int) -> int:
        while at < end:
            if at + WIDE > len(data):
                if single(byte(data, at), wanted):
                    return at
                at += 1
                continue
            found = wide(data, at, wanted)
            if found:
                return min(at + lowest(found), end)
            at += WIDE
        return end

    return finder


_found = _finder(same, _is_same)
_marked = _finder(marks, _is_mark)


@lean
def find(data: NDArray[np.uint8], at: int, end: int, wanted: int) -> int:
    """Return where the next byte of a kind is; `end` if there is none before that."""
    return _found(data, at, end, wanted)


@lean
def find_mark(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Return where the next quote, backslash or control character is; `end` if there is none before that."""
    return _marked(data, at, end, _SPACE)


@lean
def find_gap(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Return where the next of these or a space is; `end` if there is none before that."""
    return _marked(data, at, end, _SPACE + 1)
