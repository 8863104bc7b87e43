"""OpenTelemetry spans: the compiled scanner against the decoder, and how batches come in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.errors import WrongFormatError
from cbtool.logs import read_calls, spans
from cbtool.logs.blocks import Block
from cbtool.logs.decoded_spans import decoded
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.scanning import batches, otlp, texts
from cbtool.traffic.scanning.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

SAMPLE = Path(__file__).parent / "samples" / "opentelemetry-1.45.json"
BEHIND = b"\n" * 8
PLAIN = [
    *(
        '"200"',
        '"GET"',
        '"4"',
        '"14"',
        '""',
        '"a b"',
        '"http://a.b/c?d=é"',
        '"x\\u0026y\\n\\"\\\\"',
        "200",
        "3",
    ),
    *(
        '"SPAN_KIND_CLIENT"',
        '"SPAN_KIND_SERVER"',
        '"STATUS_CODE_ERROR"',
        '"1795643433021654587"',
        "2",
        "null",
    ),
]
ODD = [
    *("-0", "-1", "1.5", "2.0", "1e3", "1E-07", "1e999", "1e+5", "true", "false", "[]", "{}", '[{"a":[]},1]'),
    *(
        '"\\u0034"',
        '"\\ud83d\\ude00"',
        '"\\ud800"',
        '"\\\\ud800"',
        '"a\\/b"',
        '{"key":{}}',
        "1234567890123456789",
    ),
    *("99999999999999999999999", "9" * 40),
]
BROKEN = [
    "01",
    "1.",
    "tru",
    '"\\x41"',
    '"\\q"',
    '"\x01"',
    "NaN",
    "",
    '"',
    "[1,]",
    '{"a":}',
    "{1:2}",
    ",",
    "nulls",
]
NAMES = [name for own in otlp.ATTRIBUTES.values() for name in own]
ATTRIBUTE_KEYS = [*NAMES, *NAMES, "server.port", "kind", "http.response.status_cod"]


class Writer:
    """Writes batches of any make: any order of keys, white space, and as much that is odd as is wanted."""

    def __init__(self, random: Random, oddness: float) -> None:
        self.random = random
        self.oddness = oddness

    def odd(self) -> bool:
        return self.random.random() < self.oddness

    def blank(self) -> str:
        return self.random.choice(("", "", "", "", " ", "\n ", "\t", "\r\n"))

    def scalar(self, usual: Sequence[str] = PLAIN) -> str:
        if self.odd():
            return self.random.choice((*PLAIN, *PLAIN, *ODD, *ODD, *BROKEN))
        return self.random.choice(usual)

    def any(self) -> str:
        what = self.random.randrange(6)
        return (self.attributes() if what == 0 else self.list(self.scalar)) if what < 2 else self.scalar()

    def object(self, *members: tuple[str, Callable[[], str]]) -> str:
        chosen = [member for member in members if self.random.random() < 0.9]
        chosen += [(key, self.any) for key in ("flags", "scope", "schemaUrl") if self.random.random() < 0.1]
        if members and self.odd():
            chosen.append(self.random.choice(members))
        self.random.shuffle(chosen)
        written = []
        for key, value in chosen:
            name = key.replace("u", "\\u0075") if self.odd() else key
            content = self.any() if self.odd() else value()
            written.append(f'{self.blank()}"{name}"{self.blank()}:{self.blank()}{content}{self.blank()}')
        return "{" + ",".join(written) + "}"

    def list(self, of: Callable[[], str], lengths: Sequence[int] = (0, 1, 1, 2, 3)) -> str:
        blank = self.blank()
        return f"[{blank}{f'{blank},{blank}'.join(of() for _ in range(self.random.choice(lengths)))}{blank}]"

    def value(self) -> str:
        kinds = ["stringValue", "stringValue", "intValue", "boolValue", "doubleValue", "arrayValue"]
        chosen = self.random.sample(kinds, 2 if self.odd() else 1)
        return self.object(*((kind, self.scalar) for kind in chosen))

    def attributes(self) -> str:
        def attribute() -> str:
            key = json.dumps(self.random.choice(ATTRIBUTE_KEYS))
            return self.object(("key", lambda: key), ("value", self.value))

        return self.list(attribute, (0, 2, 4, 6))

    def span(self) -> str:
        kinds = ("3", "2", "1", '"SPAN_KIND_CLIENT"', '"SPAN_KIND_INTERNAL"', "null", "17")
        times = ("1795643433021654587", '"1795643433021654587"', '""', "0")
        return self.object(
            ("kind", lambda: self.scalar(kinds)),
            ("startTimeUnixNano", lambda: self.scalar(times)),
            ("endTimeUnixNano", lambda: self.scalar(times)),
            ("attributes", self.attributes),
            ("status", lambda: self.object(("code", self.code), ("message", self.message))),
            ("name", self.scalar),
            ("events", lambda: self.list(lambda: self.object(("attributes", self.attributes)))),
        )

    def code(self) -> str:
        return self.scalar(("2", "1", '"STATUS_CODE_ERROR"', "null"))

    def message(self) -> str:
        return self.scalar([text for text in PLAIN if text[0] in '"n'])

    def scopes(self) -> str:
        return self.list(lambda: self.object(("scope", self.any), ("spans", lambda: self.list(self.span))))

    def resource(self) -> str:
        key = self.random.choice(("scopeSpans", "scopeSpans", "scope_spans", "instrumentationLibrarySpans"))
        own = ("resource", lambda: self.object(("attributes", self.attributes)))
        return self.object(own, (key, self.scopes), *([("scope_spans", self.scopes)] if self.odd() else ()))

    def batch(self) -> bytes:
        """A batch, now and then cut off, with a byte that is another, or with something behind it."""
        written = (
            self.blank() + self.object(("resourceSpans", lambda: self.list(self.resource))) + self.blank()
        )
        data = written.encode()
        if self.odd():
            at = self.random.randrange(len(data))
            other = self.random.choice((b"\xff", b'"', b"}", b"x", b" ", b"\0", b"\\", b"1"))
            return self.random.choice((data[:at], data[:at] + other + data[at + 1 :], data + other))
        return data


def lines_of(written: list[bytes]) -> Lines:
    """Lines, in which there may be line ends."""
    ends = np.cumsum([len(each) + 1 for each in written])
    starts = np.append(0, ends)[:-1]
    data = np.frombuffer(b"\n".join([*written, BEHIND]), np.uint8)
    return Lines(data, starts.astype(np.int32), (ends - 1).astype(np.int32))


def said(rows: Any) -> list[tuple[int, list[str | None]]]:
    """What the spans say, but for where they are."""
    found = [texts.series(rows.part(what)).to_list() for what in range(otlp.WHOLE)]
    for what in (otlp.BEGUN, otlp.ENDED):  # nothing and an empty text are the same there
        found[what] = [text or None for text in found[what]]
    return list(zip(rows.kind.tolist(), (list(each) for each in zip(*found, strict=True)), strict=True))


def decoded_alone(written: list[bytes]) -> list[tuple[int, list[str | None]]]:
    found = []
    for batch in written:
        for span in decoded(batch):
            own = span.said[: otlp.WHOLE]
            own[otlp.BEGUN], own[otlp.ENDED] = own[otlp.BEGUN] or None, own[otlp.ENDED] or None
            found.append((span.kind, own))
    return found


@given(st.randoms(use_true_random=True), st.sampled_from([0, 0, 0.002, 0.01, 0.1]))
@settings(max_examples=150)
def test_the_scanner_says_what_the_decoder_says(random: Random, oddness: float) -> None:
    written = [Writer(random, oddness).batch() for _ in range(8)]
    lines = lines_of(written)
    assert said(spans._spans(lines)) == decoded_alone(written)
    if not oddness:
        assert not batches.spans_in(lines).doubtful.all()


def test_what_programs_write_is_never_left_to_the_decoder() -> None:
    lines = Lines.cut(SAMPLE.read_bytes() + BEHIND)
    lines = lines[~lines.blank()]
    found = batches.spans_in(lines)
    assert not found.doubtful.any()
    assert (
        found.until[-1]
        == len(found.kind)
        == len(decoded_alone([lines.bytes_of(i) for i in range(len(lines))]))
    )


def test_deep_values_are_passed_over_and_deeper_ones_left_to_the_decoder() -> None:
    def batch(depth: int) -> bytes:
        around = f'{{"a":{"[" * depth}{"]" * depth}}}'
        return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"kind":3,"x":{around}}}]}}]}}]}}'.encode()

    most = batches.DEEPEST - 8
    written = [batch(most), batch(most + 1), batch(100_000)]
    found = batches.spans_in(lines_of(written))
    assert (found.doubtful.tolist(), found.kind.tolist()) == ([False, True, True], [otlp.CLIENT])
    assert said(spans._spans(lines_of(written))) == decoded_alone(written)


def test_a_batch_that_is_crowded_with_empty_spans_is_damaged() -> None:
    def batch(spans: int) -> bytes:
        return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{",".join(["{}"] * spans)}]}}]}}]}}'.encode()

    found = batches.spans_in(lines_of([batch(16), batch(10**6), batch(2)]))
    assert (found.until.tolist(), found.doubtful.any()) == ([16, 17, 19], False)
    assert found.behind[otlp.WHOLE, 16] - found.first[otlp.WHOLE, 16] == len(batch(10**6))


def test_what_was_broken_off_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = []
    monkeypatch.setattr(spans, "decoded", lambda batch: given_up.append(batch) or decoded(batch))
    broken_off = [b'{"resourceSpans":[{}', b'{"resourceSpans":"[{']
    others = [b'{"resourceSpans":1} ', b'{"resourceSpans":1' + b" " * 200]
    written = broken_off + others
    assert said(spans._spans(lines_of(written))) == decoded_alone(written)
    assert given_up == others


def span(at: int, kind: int = 3, **more: Any) -> dict[str, Any]:
    code = {"key": "http.response.status_code", "value": {"intValue": "200"}}
    return {"kind": kind, "startTimeUnixNano": str(10**18 + at), "endTimeUnixNano": 10**18 + at + 5} | {
        "attributes": [code],
        **more,
    }


def batch_of(*own: dict[str, Any]) -> str:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": own}]}]})


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 7, 100, 1000, 100_000])
def test_batches_that_come_in_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_TOGETHER", 700)
    written = [batch_of(*(span(10 * number + i) for i in range(number % 3 + 1))) for number in range(20)]
    written[7:7] = ["", '{"resourceSpans":[{]}', "  "]
    header, *blocks = spans.span_blocks(pieces_of("\n".join(written).encode(), size), "x", 10**6)
    assert isinstance(header, bytes)
    numbered = []
    for block in blocks:
        assert isinstance(block, Block)
        lines = block.lines_below(1)
        for index in range(len(lines)):
            text = lines.text(index)
            number = block.first + lines.newlines_before(index)
            numbered.append(number)
            assert text[:30] in written[number - 1]
    expected = [
        number + 1 for number, line in enumerate(written) for _ in range(max(line.count('"kind"'), 1))
    ]
    assert numbered == [number for number in expected if written[number - 1].strip()]


def test_a_damaged_batch_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "spans.json"
    path.write_text(
        "\n".join([batch_of(span(1)), "", batch_of(span(2))[:-9], batch_of(span(3)), batch_of({})])
    )
    got = read_calls([str(path)])
    assert (len(got.calls), got.lines, got.rejected) == (2, 4, 2)
    assert [(sample.line, sample.text[:15]) for sample in got.samples] == [(3, '{"resourceSpans'), (5, "{}")]


def test_a_damaged_batch_late_in_a_file_does_not_end_it(tmp_path: Path) -> None:
    """As the first line of what was read at a time it once made all that followed one object."""
    path = tmp_path / "spans.json"
    filler = batch_of(span(1), {"kind": 1, "name": "x" * (1 << 20)})
    path.write_text("\n".join([filler, '{"resourceSpans":[', filler, batch_of(span(2))]))
    got = read_calls([str(path)])
    assert (len(got.calls), got.rejected) == (3, 1)


def test_a_batch_that_is_too_large_to_hold() -> None:
    data = f"{batch_of(span(1))}\n{batch_of(span(2, name='x' * 5000))}\n".encode()
    with pytest.raises(WrongFormatError, match="x: a batch of spans of over 0 MB"):
        list(spans.span_blocks(pieces_of(data, 100), "x", 2000))
    assert len(list(spans.span_blocks(pieces_of(data, 100), "x", 6000))) == 2


@pytest.mark.parametrize(("before", "kind"), [(3999, 3), (4000, 2)])
def test_a_clients_span_is_looked_for_among_the_first_ones(before: int, kind: int) -> None:
    written = [batch_of(*[span(1, 2)] * 1000) for _ in range(before // 1000)]
    written += [batch_of(*[span(1, 1)] * (before % 1000)), batch_of(span(1, 3))]
    _, block = spans.span_blocks(iter(["\n".join(written).encode()]), "x", 10**7)
    assert isinstance(block, spans.SpanBlock)
    assert (block.wanted, len(block.lines())) == ((3, 1) if kind == 3 else (2, before // 1000 * 1000))


def test_attributes_say_what_they_say_wherever_they_stand(tmp_path: Path) -> None:
    def attributes(**own: Any) -> list[dict[str, Any]]:
        return [{"key": key.replace("__", "."), "value": value} for key, value in own.items()]

    url = {"stringValue": "URL"}
    first = span(
        1,
        attributes=attributes(
            http__target={"stringValue": "/old"},
            url__full=url,
            http__status_code={"intValue": 503},
            rpc__service={"stringValue": "pay"},
            http__host={"arrayValue": {"values": [{"stringValue": "no"}]}},
            server__address={"stringValue": "bücher.example"},
        ),
    )
    second = span(
        2,
        attributes=attributes(rpc__grpc__status_code={"intValue": 14}, rpc__method={"stringValue": "Get"}),
        status={"code": "STATUS_CODE_ERROR", "message": "timed out"},
    )
    third = span(3, attributes=[], status={"message": "Deadline\nexceeded", "code": 2})
    written = json.dumps(
        {
            "resourceSpans": [
                {
                    "scopeSpans": [{"spans": [first, second, third]}],
                    "resource": {
                        "attributes": attributes(host__name={"stringValue": "a"}, x={"boolValue": True})
                    },
                }
            ]
        }
    ).replace("URL", "https:\\/\\/b.example\\/c?d=\\u0026")
    path = tmp_path / "spans.json"
    path.write_text(written)
    calls = read_calls([str(path)]).calls
    assert calls.status.tolist() == [503, 0, 0]
    assert calls.error.tolist() == [0, ErrorKind.CONNECTION_ERROR, ErrorKind.TIMEOUT]
    assert calls.path is not None
    assert calls.path.to_list() == ["/c?d=&", "/Get", None]
    assert calls.host is not None
    assert calls.host.to_list() == ["b.example", None, None]
    assert calls.upstream is not None
    assert calls.upstream.to_list() == ["pay", None, None]
    assert calls.instances == ("a",)
