"""What the values in a batch of spans in OTLP's JSON are, by the object and the key that they are behind."""

from __future__ import annotations

import numpy as np

from cbtool.traffic.scanning import otlp
from cbtool.traffic.scanning.names import UNKNOWN, known

# What a value is. Lists are odd, and their elements what comes next; objects are even.
ANY, ANY_LIST = 0, 1
RESOURCES, RESOURCE, SCOPES, SCOPE, SPANS, SPAN, ATTRIBUTES, ATTRIBUTE = range(3, 11)
BATCH, SOURCE, VALUE, STATUS = range(12, 20, 2)
KEY, STRING, INTEGER, DOUBLE, BOOLEAN, KIND, CODE, MESSAGE, BEGUN, ENDED = range(20, 30)
MEANINGS = 30
KEYS = {
    BATCH: {"resourceSpans": RESOURCES},
    RESOURCE: {
        "resource": SOURCE,
        "scopeSpans": SCOPES,
        "instrumentationLibrarySpans": SCOPES,
        "scope_spans": SCOPES,
    },
    SOURCE: {"attributes": ATTRIBUTES},
    SCOPE: {"spans": SPANS},
    SPAN: {
        "kind": KIND,
        "startTimeUnixNano": BEGUN,
        "endTimeUnixNano": ENDED,
        "attributes": ATTRIBUTES,
        "status": STATUS,
    },
    ATTRIBUTE: {"key": KEY, "value": VALUE},
    VALUE: {
        "stringValue": STRING,
        "intValue": INTEGER,
        "doubleValue": DOUBLE,
        "boolValue": BOOLEAN,
    },
    STATUS: {"code": CODE, "message": MESSAGE},
}
"""By what an object is, what is behind its keys."""

# Every name that is known has a number: those of keys, and of what the values of a kind and a code may be,
# are below that of what is unknown; those of attributes are sixteen for each of what they say, by their rank.
TEXTS = (*dict.fromkeys(key for own in KEYS.values() for key in own), otlp.FAILED, *otlp.KINDS)
SAYS_FAILED, SAYS_SERVER, SAYS_CLIENT = (
    UNKNOWN - 1 - TEXTS.index(text) for text in (otlp.FAILED, *otlp.KINDS)
)
RANK_BITS = 4
RANKS = 1 << RANK_BITS
NAMES = known(
    {text: UNKNOWN - 1 - index for index, text in enumerate(TEXTS)}
    | {
        name: what << RANK_BITS | rank
        for what, own in otlp.ATTRIBUTES.items()
        for rank, name in enumerate(own)
    }
)
BEHIND_KEY = np.zeros((MEANINGS, len(TEXTS)), np.int64)
for _object, _own in KEYS.items():
    for _key, _meaning in _own.items():
        BEHIND_KEY[_object, TEXTS.index(_key)] = _meaning
NULLABLE = np.ones(MEANINGS, np.bool_)  # what may be a null
NULLABLE[[RESOURCE, SCOPE, SPAN, ATTRIBUTE, BATCH, KEY, BEGUN, ENDED]] = False
