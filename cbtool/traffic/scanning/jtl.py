"""What a sample in JMeter's XML says of a call, and how its element and its attributes are told by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.jit import lean
from cbtool.traffic.scanning.memory import eight, int64

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIME, DURATION, CODE, MESSAGE, SUCCESS, URL, METHOD, WHOLE = range(8)
PLACES = 8
ATTRIBUTES = {"ts": TIME, "t": DURATION, "rc": CODE, "rm": MESSAGE, "s": SUCCESS}
CHILDREN = {"java.net.URL": URL, "method": METHOD}
LONGEST = 4096
"""Bytes of a child's text that are read here."""

SAID = len(ATTRIBUTES)
"""How many of these stand in a sample's own tag, the first ones."""

HTTP, SAMPLE, OTHER = 100, 101, 102
"""What an element is, beside `URL` and `METHOD`."""

WORD = 8
_HTTPSAMP, _TPSAMPLE, _SAMPLE_NAME, _METHOD_NAME, _JAVA_NET, _NET_URL, XMLNS = (
    int.from_bytes(name, "little")
    for name in (b"httpSamp", b"tpSample", b"sample", b"method", b"java.net", b".net.URL", b"xmlns")
)
_TS, _T, _RC, _RM, _S = (int.from_bytes(name.encode(), "little") for name in ATTRIBUTES)


@lean
def kind_of(data: NDArray[np.uint8], first: int, behind: int) -> int:
    """What an element of a name is."""
    length, letters = behind - first, eight(data, first)
    if length == 10 and letters == _HTTPSAMP and eight(data, first + 2) == _TPSAMPLE:
        return int64(HTTP)
    if length == 6:
        letters &= 0xFFFFFFFFFFFF
        return int64(SAMPLE if letters == _SAMPLE_NAME else METHOD if letters == _METHOD_NAME else OTHER)
    if length == 12 and letters == _JAVA_NET and eight(data, first + 4) == _NET_URL:
        return int64(URL)
    return int64(OTHER)


@lean
def same_name(data: NDArray[np.uint8], one: int, other: int, length: int) -> bool:
    """Whether two names of a length, which is not 0, are the same."""
    while length > WORD:
        if eight(data, one) != eight(data, other):
            return False
        one, other, length = one + WORD, other + WORD, length - WORD
    return (eight(data, one) ^ eight(data, other)) << 8 * (WORD - length) == 0


@lean
def said_by(letters: int) -> int:
    """What the attribute of a name of one letter or two says; −1: nothing that is read here."""
    if letters == _TS:
        return int64(TIME)
    if letters == _T:
        return int64(DURATION)
    if letters == _RC:
        return int64(CODE)
    if letters == _RM:
        return int64(MESSAGE)
    return int64(SUCCESS if letters == _S else -1)
