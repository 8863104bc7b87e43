"""The compiled scanner against slow readings of the same lines: `re`, `json`, `csv`, `decimal`, `datetime`."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_proxy_formats import SAMPLES as PROXIES

from cbtool.traffic.formats import FORMATS, format_named
from cbtool.traffic.formats.patterns import PatternLines
from cbtool.traffic.scanning import clocks, matching, numbers, objects, pairs, rows, texts, urls, words
from cbtool.traffic.scanning.lines import ABSENT, NULL, Lines, Spans
from cbtool.traffic.scanning.numbers import NONSENSE
from cbtool.traffic.scanning.patterns import program

# ruff: noqa: E501  # a log line is as long as it is
LINE = '10.0.0.1 - bob [09/Oct/2025:10:53:20 +0200] "GET /a?b=1 HTTP/1.1" 200 101 "https://x/" "curl/8.5.0"'
TEMPLATE = '$remote_addr - $remote_user [$time_local] "$request" $status ($upstream_response_time) $host'
APACHE = '%h %l %u %t "%r" %>s %b "%{Referer}i" %D %v'
SAMPLES = {
    **PROXIES,
    "nginx": [
        LINE + " 0.123",
        LINE + ' "0.010, 0.020 : -" -',
        LINE + ' "-" - -, 0.020 .',
        LINE.replace("curl", r"c\"u\\rl") + ' "10.0.0.1" 0.5',
    ],
    "nginx-last": [
        LINE + ' "10.0.0.9:80" "0.010, 0.020 : -" "0.031" .',
        LINE + " - 0.031",
        LINE + " 0.1 0.2 0.3 p",
    ],
    "nginx-keyed": [LINE + ' rt=0.123 uct="0.000" urt="0.120"', LINE],
    "ingress-nginx": [
        LINE + " 82 0.250 [shop-web-80] [] 10.2.0.9:80, 10.2.0.8:80 0, 5 0.1, 0.15 502, 200 8d0f1c",
        LINE + " 82 0.250 [shop-web-80] - - - - 8d0f1c",
    ],
    "apache-us": [LINE + " 12345", LINE + ' "12345"'],
    "nlb": [
        "tls 2.0 2026-11-24T10:00:00 net/a/c6 g3 10.0.0.1:5 10.0.0.9:443 5 2 98 246 - arn - ECDHE tlsv12 - shop - - - -",
        "tls 2.0 2026-11-24T10:00:00 net/a/c6 g3 10.0.0.1:5 - 5 - 98 246 120 - - - - - -",
    ],
    "combined": [LINE, LINE.partition(' "https')[0]],
    "gatling": [
        "REQUEST\tBuyers\t17\t\tHome\t1500000000200\t1500000000450\tOK\t ",
        "Shop.Load\t7-0\tREQUEST\t\tHome\t1500000000200\t1500000000201\t1500000000449\t1500000000450\tKO\tx",
        "USER\tBuyers\tSTART\t1700000000100",
    ],
    "vegeta-csv": ['1714557601000000000,0,2500000,0,0,"dial tcp: ""refused"", twice",,a,1,GET,http://a.b/x,'],
    "cloudfront-real-time": [
        "1773734475.125\t192.0.2.10\t0.020\t504\t512\tGET\thttps\td1.example\t/live?x=1\t34\tICN51\tAbC==\tshop\t30.001\tHTTP"
    ],
    TEMPLATE: ['::1 - - [09/Oct/2025:10:53:20 +0200] "GET /a HTTP/1.1" 200 (0.010, 0.020) shop'],
    APACHE: [r'::1 - - [09/Oct/2025:10:53:20 +0200] "GET /a\" HTTP/1.0" 200 9 "x \"y\" z" 1500 w.example'],
}


def whole(data: bytes) -> Spans:
    """One span, of all of the data."""
    return Spans(np.frombuffer(data, np.uint8), np.zeros(1, np.int32), np.array([len(data)], np.int32))


def spans_of(values: list[str]) -> Spans:
    lines = Lines.made(values)
    return Spans(lines.data, lines.start, lines.end)


@st.composite
def broken(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """One of the lines with some of it cut out, doubled or replaced."""
    line = draw(st.sampled_from(lines))
    for _ in range(draw(st.integers(0, 3))):
        at, length = draw(st.integers(0, len(line))), draw(st.integers(0, 12))
        put = draw(
            st.sampled_from([b"", b'"', b" ", b"\\", b"-", b"[", b"]", b"/", b"=", b"\t", b"0", b"\xc3\xa4"])
            | st.just(line[at : at + length] * 2)
        )
        line = line[:at] + put + line[at + draw(st.sampled_from([0, 1, length])) :]
    return line


def pattern_of(name: str) -> str:
    layout = format_named(name).layout
    assert isinstance(layout, PatternLines)
    return layout.pattern


PATTERNS = [name for name in SAMPLES if isinstance(format_named(name).layout, PatternLines)]


def test_every_pattern_has_a_sample() -> None:
    assert {name for name, each in FORMATS.items() if isinstance(each.layout, PatternLines)} <= {
        *PATTERNS,
        "apache-s",
        "apache-ms",
    }


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_finds_what_a_regular_expression_finds(name: str) -> None:
    pattern = pattern_of(name)
    reference = re.compile(pattern.replace("(?<", "(?P<").encode(), re.DOTALL)
    made = program(pattern)

    @given(st.lists(broken([line.encode() for line in SAMPLES[name]]), min_size=1, max_size=4))
    @settings(max_examples=150)
    def hold(lines: list[bytes]) -> None:
        block = Lines.of(b"".join(line + b"\n" for line in lines))
        start, end, _ = matching.matched(made, block)
        for index in range(len(block)):
            line = block.bytes_of(index)
            found = reference.search(line)
            slots = {
                slot: None
                if start[number, index] < 0
                else block.data[start[number, index] : end[number, index]].tobytes()
                for number, slot in enumerate(made.slots)
            }
            assert slots == (found.groupdict() if found else dict.fromkeys(made.slots)), line

    hold()


@pytest.mark.parametrize(
    "pattern",
    [
        r"^(?<a>x|xy)(?<b>z|yz)?;*$",
        r"^(?:(?<a>x*),)?(?:(?<b>y+)|(?<c>z?)),(?:x|y,?)*$",
        r"^(?<a>[x,]*)(?:y(?<b>[^z]*)z)*?(?:;|(?<c> x))$",  # [x,]* gives none back
        r"(?<a>y{1,2})(?:z|,x|;(?<b>x?))",
        r"^[^;]*;(?<a>(?:[^ ;\\]|\\.)*)(?:;| (?<b>(?:[^xyz\\]|\\.)*))$",
    ],
)
@given(st.lists(st.text("xyz,; \\", max_size=10), min_size=1, max_size=6))
@settings(max_examples=80)
def test_whatever_way_leads_on_is_found(pattern: str, lines: list[str]) -> None:
    made = program(pattern)
    reference = re.compile(pattern.replace("(?<", "(?P<"))
    start, end, _ = matching.matched(made, Lines.made(lines))
    block = Lines.made(lines)
    for index, line in enumerate(lines):
        found = reference.search(line)
        places = {
            slot: (-1, -1)
            if start[number, index] < 0
            else (
                int(start[number, index] - block.start[index]),
                int(end[number, index] - block.start[index]),
            )
            for number, slot in enumerate(made.slots)
        }
        assert places == {slot: found.span(slot) if found else (-1, -1) for slot in made.slots}, line


def test_a_line_that_makes_a_pattern_go_back_and_forth_is_given_up() -> None:
    # Ten thousand places where the text could go on, and each time a long way before it turns out not to.
    slow = program(r"^.*?a[^b]*b.*?a[^b]*b.*?a[^b]*c$")
    line = "ab" * 10_000
    start, _, _ = matching.matched(slow, Lines.made([line, "abababac"]))
    assert not len(start)
    lines = Lines.made(["x" * 60_000, LINE + " 0.5", '"' * 60_000, "\\" * 60_000, ' "' * 30_000])
    start, _, _ = matching.matched(program(pattern_of("nginx")), lines)
    assert (start[0] >= 0).tolist() == [False, True, False, False, False]


# JSON

KEYS = ("a", "b", "c.d", "c.e.f", "g")
atoms = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(['"', "\\", "\n", "é", "𝄞", "\x7f", "/"])
)
names = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", ""]) | st.text(max_size=3)
values = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=8
)


PUT = [
    *("", '"', "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e1", "1", "null", "NaN", " ", "\t"),
    *(r"\u0041", r"\ud834\udd1e", r"\ud834", r"\n", r"\u000a"),
    *('"a":1,', '"a":null,', '"c":{},', r'"\u0061":2,'),
]


@st.composite
def json_lines(draw: st.DrawFn) -> bytes:
    value = draw(st.dictionaries(names, values, max_size=5) | values)
    line = json.dumps(
        value, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from([None, (",", ":")]))
    )
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at = draw(st.integers(0, len(line)))
        put = draw(st.sampled_from(PUT))
        line = line[:at] + put + line[at + draw(st.integers(0, 2)) :]
    return line.replace("\n", " ").encode("utf-8", "replace")


def refuse(constant: str) -> None:
    raise ValueError(constant)


def within(value: dict[str, Any], key: str) -> object:
    """What stands under a key; ABSENT if nothing does."""
    found: Any = value
    for name in key.split("."):
        if not isinstance(found, dict) or name not in found:
            return ABSENT
        found = found[name]
    return found


@given(st.lists(json_lines(), min_size=1, max_size=4))
@settings(max_examples=250)
@example([b'{"a":1,"a":"x","c":{"d":1},"c":{"e":{"f":[1,{"a":2}]}}}'])
@example([b'{"c":{"d":1},"c":2}', b'{"a":01}', b'{"a":1.}', b'{"a":-}', b'{"a":1e}', b'{"a":"\x01"}'])
@example(
    [b"{}", b"[]", b"{} {}", b"{},", b'{"a"}', b'{"a":}', b"{,}", b'{"a":1,}', b"", b"1", b'"a"', b"nul"]
)
@example(
    [b'{"a":[1,]}', b'{"a":[,1]}', b'{"a":[1 2]}', b'{"a":tru}', b'{"a":truee}', b'{"a":nulll}', b'{"g":1}}']
)
def test_json_is_accepted_where_a_json_parser_accepts_an_object(lines: list[bytes]) -> None:
    # What is to be seen of a line that has none of the keys is whether a key that was put around it is there.
    wrapped = [b'{"sure":1,"x":' + line + b"}" for line in lines]
    block = Lines.of(b"".join(line + b"\n" for line in lines + wrapped))
    sure = objects.values_of(block, ("sure",))["sure"].named
    found = objects.values_of(block, KEYS)
    for index in range(len(block)):
        try:
            value = json.loads(block.bytes_of(index), parse_constant=refuse)
        except ValueError:
            value = None
        sound = isinstance(value, dict)
        if index >= len(lines):
            assert sure[index] == sound, block.bytes_of(index)
        for key, spans in found.items():
            expected = within(value, key) if sound else ABSENT
            if expected is ABSENT or expected is None:
                assert spans.start[index] == (NULL if expected is None else ABSENT), (
                    key,
                    block.bytes_of(index),
                )
                continue
            one = Spans(spans.data, spans.start[index : index + 1], spans.end[index : index + 1])
            if isinstance(expected, str):
                one = one._replace(escaped=spans.escaped[index : index + 1], escapes=spans.escapes)  # type: ignore[index]
                clean = expected.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
                assert texts.series(one).to_list() == [clean], block.bytes_of(index)
            else:
                assert json.loads(texts.series(one)[0]) == expected


def test_json_may_be_so_deep_and_no_deeper() -> None:
    deep = [f'{{"a":1,"x":{"[" * n}{"]" * n}}}' for n in (objects.DEEPEST - 1, objects.DEEPEST, 30_000)]
    more = ['{"a":' * objects.DEEPEST + "1" + "}" * objects.DEEPEST, '{"a":' * 5000]
    named = objects.values_of(Lines.made(deep + more), ("a",))["a"].named
    assert named.tolist() == [True, False, False, True, False]


def test_many_long_texts_that_do_not_end_cost_their_length() -> None:
    lines = Lines.made(['{"a":"' + "\\\\" * 30_000, '{"a":"' + "x" * 60_000, '{"a":1,' * 8000])
    assert not objects.values_of(lines, ("a",))["a"].named.any()


# Rows

cells = st.text(st.sampled_from('ab",; é'), max_size=6)


@given(
    st.lists(
        st.lists(cells, min_size=1, max_size=5).map(",".join)
        | st.lists(cells, min_size=1, max_size=5).map(
            lambda row: ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 4),
    st.booleans(),
)
@settings(max_examples=300)
def test_rows_are_split_as_the_csv_module_splits_them(lines: list[str], columns: int, exact: bool) -> None:
    header = [f"c{n}" for n in range(columns)]
    block = Lines.made(lines)
    found = rows.split(block, ",", header, ["c0", "c3", "none"], quotes=True, exact=exact)
    assert list(found) == [name for name in ("c0", "c3") if name in header]
    for name, spans in found.items():
        got = texts.series(spans).to_list()
        for index, line in enumerate(lines):
            try:
                row = next(csv.reader([line], strict=True), [""]) or [""]
            except csv.Error:
                row = []
            fits = len(row) == columns if exact else len(row) >= columns
            assert got[index] == (row[header.index(name)] if fits else None), line


@given(st.lists(st.text(st.sampled_from("ab -"), max_size=8), min_size=1, max_size=4), st.integers(1, 4))
def test_rows_without_quotes_are_split_at_every_delimiter(lines: list[str], columns: int) -> None:
    header = [f"c{n}" for n in range(columns)]
    found = rows.split(Lines.made(lines), " ", header, header, quotes=False, exact=True)
    for number, name in enumerate(header):
        expected = [line.split(" ") for line in lines]
        assert texts.series(found[name]).to_list() == [
            row[number] if len(row) == columns else None for row in expected
        ]


# Pairs


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("rt=1 urt=2, 3 x=4", {"rt": "1", "urt": "2, 3"}),
        (' "rt=9 \\" rt=8" rt=1', {"rt": "1", "urt": None}),
        ('x="rt=9" rt="1 2",urt=-', {"rt": "1 2", "urt": "-"}),
        ("art=9 rt rt= urt=0.1 : 0.2, ", {"rt": None, "urt": "0.1 : 0.2"}),
        ('rt="" rt=5', {"rt": "5", "urt": None}),
        ("rt=1;rt=2|rt=3", {"rt": "1", "urt": None}),
        ('rt="1', {"rt": "1", "urt": None}),
        ("=1 =rt= rt", {"rt": None, "urt": None}),
        ("", {"rt": None, "urt": None}),
    ],
)
def test_pairs_are_taken_apart(line: str, expected: dict[str, str | None]) -> None:
    found = pairs.pairs_in(spans_of([line]), {"rt": ("rt",), "urt": ("urt", "up")}, frozenset({"urt"}))
    assert {name: texts.series(spans)[0] for name, spans in found.items()} == expected


# Numbers and times

LARGEST = 86_400 * 10**9
decimals = st.from_regex(r"[ ]?[-+]?[0-9]{0,21}(\.[0-9]{0,21})?([eE][-+]?[0-9]{1,3})?[ ]?", fullmatch=True)


@given(
    st.lists(decimals | st.text(st.sampled_from("0123456789.-+eE naif_"), max_size=12), min_size=1),
    st.sampled_from([0, 3, 6, 9]),
)
@settings(max_examples=150)
@example([".5000000000000000000", ".4999999999999999999", ".05000000000000000000", "5e-1"], 0)
@example(
    [
        "0.0000000005",
        "0.00000000049",
        "1e400",
        "1e-400",
        "1E1000000",
        "1e-9999999",
        "-0",
        "-0.0",
        "86400",
        "86400.0000000001",
        "5.",
        ".5",
        ".",
    ],
    9,
)
def test_numbers_are_exact_and_halves_rounded_up(written: list[str], power: int) -> None:
    got = numbers.scaled(spans_of(written), power, LARGEST, blank=-7, negative=-8).tolist()
    for text, value in zip(written, got, strict=True):
        assert value == expected_number(text, power), text


def expected_number(text: str, power: int) -> int:
    stripped = text.strip()
    if stripped in {"", "-"}:
        return -7
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", stripped):
        return NONSENSE
    with localcontext(Emax=MAX_EMAX, Emin=MIN_EMIN):
        exact = Decimal(stripped) * 10**power
    if exact < 0:
        # What rounds to nothing is not below it.
        return (
            -8
            if exact.copy_abs() <= LARGEST and exact.quantize(Decimal(1), ROUND_HALF_UP)
            else (0 if exact > -1 else NONSENSE)
        )
    if exact > LARGEST + 1:
        return NONSENSE
    rounded = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    return rounded if rounded <= LARGEST else NONSENSE


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0.010, 0.020 : 0.5", 0.53),
        ("-", None),
        ("", None),
        ("1", 1),
        ("0.1, -", 0.1),
        ("- : 2", 2),
        (" , ", None),
    ],
)
def test_times_of_several_upstreams_add_up(text: str, seconds: float | None) -> None:
    got = numbers.summed(spans_of([text]), 9, LARGEST, blank=-1)
    assert got.tolist() == [-1 if seconds is None else round(seconds * 10**9)]
    assert numbers.summed(spans_of([f"{text}, x"]), 9, LARGEST, blank=-1).tolist() == [NONSENSE]
    assert numbers.summed(spans_of([f"{text}, 86400, 1"]), 9, LARGEST).tolist() == [NONSENSE]


zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1970, 1, 3), datetime(2199, 12, 29), timezones=zones)  # noqa: DTZ001
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


@given(moments, st.sampled_from([" ", "T"]), st.sampled_from(["", "."]), st.booleans())
@settings(max_examples=300)
def test_times_are_what_datetime_makes_of_them(at: datetime, between: str, point: str, colon: bool) -> None:
    zone = at.strftime("%z")
    zone = zone[:3] + ":" + zone[3:] if colon else zone
    fraction = f".{at.microsecond:06}123" if point else ""
    second = int(at.replace(microsecond=0).timestamp())
    nanoseconds = at.microsecond * 1000 + 123 if point else 0
    iso = at.strftime(f"%Y-%m-%d{between}%H:%M:%S") + fraction + zone
    clf = at.strftime("%d/%b/%Y:%H:%M:%S ") + at.strftime("%z")
    assert clocks.iso_times(spans_of([f" {iso} "])).tolist() == [second * 10**9 + nanoseconds], iso
    assert clocks.clf_times(spans_of([clf])).tolist() == [second * 10**9], clf
    assert clocks.clf_times(spans_of([f"::1 - [x] [{clf}] "]), last=True).tolist() == [second * 10**9]


dates = st.tuples(st.integers(1968, 2202), st.integers(0, 13), st.integers(0, 32))
hours = st.tuples(st.integers(0, 25), st.integers(0, 61), st.integers(0, 59))


@given(dates, hours)
@settings(max_examples=300)
def test_what_is_no_moment_is_no_time(date: tuple[int, int, int], clock: tuple[int, int, int]) -> None:
    (year, month, day), (hour, minute, second) = date, clock
    text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        at = None
    sane = at is not None and 1970 <= year < 2200
    expected = round(at.timestamp()) * 10**9 if at is not None and sane else NONSENSE
    assert clocks.iso_times(spans_of([text])).tolist() == [expected]


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("2016-12-31T23:59:60Z", True),
        ("2025-10-09T08:53:20 Z", True),
        ("2025-10-09t08:53:20", False),
        ("2025-10-09T08:53:20.", False),
        ("2025-10-09T08:53:20+2", False),
        ("2025-10-09T08:53:20+02:", False),
        ("2025-10-09T08:53:2", False),
        ("+025-10-09T08:53:20", False),
        ("2025-10-09T08:53:20ZZ", False),
    ],
)
def test_iso_8601_that_is_odd(text: str, sound: bool) -> None:
    assert (clocks.iso_times(spans_of([text]))[0] != NONSENSE) == sound


# Words and texts


@given(
    st.lists(
        st.none() | st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), max_size=3),
        max_size=40,
    )
)
def test_words_are_told_apart_and_texts_stay_what_they_are(written: list[str | None]) -> None:
    spans = spans_of([text or "" for text in written])
    start = np.array(
        [ABSENT if text is None else at for text, at in zip(written, spans.start, strict=True)], np.int32
    )
    spans = spans._replace(start=start)
    assert texts.series(spans).to_list() == written
    found = words.told_apart(spans)
    assert found is not None
    known = [*texts.series(found.words).to_list(), None]
    assert len(set(known)) == len(known)
    assert [known[code] for code in found.codes] == written


def test_words_of_which_too_many_differ_are_none() -> None:
    assert words.told_apart(spans_of([str(n) for n in range(words.MOST)])) is not None
    assert words.told_apart(spans_of([str(n) for n in range(words.MOST + 1)])) is None


def test_many_texts_with_line_ends_in_them_stay_apart() -> None:
    lines = [json.dumps({"a": f"{n}\r" if n % 3 else f"\n{n}"}) for n in range(3000)]
    spans = objects.values_of(Lines.made(lines), ("a",))["a"]
    assert texts.series(spans).to_list() == [json.loads(line)["a"] for line in lines]


@given(
    st.sampled_from(
        [
            "",
            "/",
            "/a?b",
            "http://h",
            "http://h/",
            "HTTP://h:80/a//b?c=://",
            "//x/y",
            "a://",
            "1a://h/x",
            "h:80",
            "x/y",
        ]
    )
    | st.text(st.sampled_from("ah/:?1"), max_size=12)
)
@settings(max_examples=200)
def test_the_parts_of_urls(url: str) -> None:
    spans = spans_of([url])
    absolute = re.match(r"[a-zA-Z]+://[^/]*(/.*)$", url)
    path = url if url.startswith("/") else absolute and absolute[1]
    host = re.match(r"[a-zA-Z]+://([^/:]+)", url)
    assert texts.series(urls.part_of(spans, urls.PATH)).to_list() == [path or None]
    assert texts.series(urls.part_of(spans, urls.HOST)).to_list() == [host and host[1]]


@pytest.mark.parametrize("data", [b"\xff\xfe\n\xc3", b"\xc3\n\xa4\n", b"\0\n\n\r\n\r", b"", b"\n"])
def test_lines_of_any_bytes(data: bytes) -> None:
    expected = data.split(b"\n")
    expected = expected[:-1] if expected[-1] == b"" else expected
    assert Lines.of(data).texts() == [
        line.removesuffix(b"\r").decode("utf-8", "replace") for line in expected
    ]
