"""HTTP archives: found in documents of any make, cut anywhere, and read as the rule for one entry has it."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.errors import WrongFormatError
from cbtool.logs import read_calls
from cbtool.logs.archives import EntryBlock, entry_blocks
from cbtool.logs.decoded_entries import decoded
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.scanning import elements, har, texts
from cbtool.traffic.scanning.lines import LinesApart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cbtool.logs import LogRead

MS = 1_000_000
GOOD = {
    "startedDateTime": "2026-11-24T10:00:01.500Z",
    "time": 12.5,
    "request": {"method": "GET", "url": "https://shop.example/a", "headers": []},
    "response": {"status": 200, "statusText": "OK", "content": {"size": 5, "text": "hello"}},
    "timings": {"send": 0.5, "wait": 11, "receive": 1},
}

# What generators, or nobody, may have put where an entry says something of its call.
_TEXTS = ("", "a", "GET", "Aborted", "net::ERR_ABORTED", "net::ERR_BLOCKED_BY_CLIENT", "no }]{[ end", 'a"b\\')
_WORDS = ("net::ERR_TIMED_OUT", "NS_BINDING_ABORTED", "net::ERR_CACHE_MISS", "net::ERR_FILE_X", "ünd €", "👍")
_URLS = (
    "https://h/a?b=1",
    "HTTP://h/",
    "ws://h",
    "wss://h/x",
    "data:x,[",
    "blob:http://h",
    "about:blank",
    "ht",
)
_NUMBERS = (200, 503, 0, -1, 499, 404.0, 0.5, 12, 310.4624959648936, 1e-3, 10**12, True, False)
_ODD: tuple[Any, ...] = (None, [], {}, [1, {"status": 5}], {"time": 1, "entries": [{}]}, "200", "0", -0.0)
_ANY = (*_TEXTS, *_WORDS, *_URLS, *_NUMBERS, *_ODD)
_USUAL: dict[str, Sequence[Any]] = {
    "startedDateTime": ("2026-11-24T10:00:01.500Z", "2026-11-24T10:00:01+01:00", "x"),
    "time": (12, 0.5, 30.25, 0),
    "method": ("GET", "POST"),
    "url": _URLS,
    "status": (200, 204, 503, 0, -1, 499),
    "_error": ("", *_WORDS, "net::ERR_ABORTED", "net::ERR_BLOCKED_BY_CLIENT", None),
    "_failureText": ("", *_WORDS, None),
    "statusText": ("", "OK", "Aborted", "Aborted by x"),
    "_fromCache": ("memory", "disk", "", None, False, True),
    "_fetchType": ("Network Load", "Memory Cache", "", None),
    "serverIPAddress": ("192.0.2.1", ""),
}
_TOP = (
    "startedDateTime",
    "time",
    "request",
    "response",
    "timings",
    "_fromCache",
    "_fetchType",
    "serverIPAddress",
)
_WITHIN = {
    "request": ("method", "url", "headers", "cookies"),
    "response": ("status", "_error", "_failureText", "statusText", "content", "status2"),
    "timings": ("blocked", "dns", "connect", "send", "wait", "receive", "ssl"),
}


class Writer:
    """Writes JSON as nobody would: any white space, any escapes, keys twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._blanks = ("", "", " ", "\n", "\r\n\t ") if chance.random() < 0.5 else ("",)
        self._escapes = chance.random() < 0.3
        self._ascii = chance.random() < 0.5

    def blank(self) -> str:
        return self._chance.choice(self._blanks)

    def text(self, value: str) -> str:
        if self._escapes and self._chance.random() < 0.3:
            return '"' + "".join(self._letter(one) for one in value) + '"'
        return json.dumps(value, ensure_ascii=self._ascii)

    def _letter(self, one: str) -> str:
        if self._chance.random() < 0.3 and ord(one) < 1 << 16:
            return f"\\u{ord(one):04x}" if self._chance.random() < 0.5 else f"\\u{ord(one):04X}"
        return "\\/" if one == "/" else json.dumps(one, ensure_ascii=self._ascii)[1:-1]

    def value(self, value: Any) -> str:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return self.object([(key, self.value(each)) for key, each in value.items()])
        if isinstance(value, list):
            return self.list([self.value(each) for each in value])
        return json.dumps(value)

    def list(self, written: list[str]) -> str:
        inner = ",".join(f"{self.blank()}{each}{self.blank()}" for each in written)
        return f"[{inner or self.blank()}]"

    def object(self, pairs: list[tuple[str, str]]) -> str:
        """An object of keys and values that are written already."""
        inner = ",".join(
            f"{self.blank()}{self.text(key)}{self.blank()}:{self.blank()}{value}{self.blank()}"
            for key, value in pairs
        )
        return "{" + (inner or self.blank()) + "}"


def _said(chance: random.Random, key: str) -> Any:
    odd = chance.random() < 0.1 or key not in _USUAL
    return chance.choice(_ANY if odd else _USUAL[key])


def _entry(chance: random.Random, write: Writer) -> str:
    if chance.random() < 0.05:
        return write.value(chance.choice((None, 5, -1.5e3, True, "a]", [], [[{}]], {}, "")))
    pairs = list[tuple[str, str]]()
    for key in (*_TOP, "_x", *chance.choices(_TOP, k=chance.choice((0, 0, 1)))):
        inner = _WITHIN.get(key, ())
        if chance.random() < 0.1:
            continue
        if inner and chance.random() < 0.95:
            names = [name for name in inner if chance.random() < 0.7]
            names += chance.choices(inner, k=chance.choice((0, 0, 0, 1)))
            chance.shuffle(names)
            pairs.append((key, write.object([(name, write.value(_said(chance, name))) for name in names])))
        else:
            pairs.append((key, write.value(_said(chance, key))))
    chance.shuffle(pairs)
    return write.object(pairs)


def _around(chance: random.Random, name: str, inner: str, write: Writer) -> str:
    """An object with other keys before and behind the one that is wanted."""
    others = ("version", "pages", "creator", "comment", "entrie", "x", "logs")
    before, behind = (
        [(key, write.value(chance.choice(_ANY))) for key in others if chance.random() < 0.3] for _ in range(2)
    )
    return write.object([*before, (name, inner), *behind])


def _archive(chance: random.Random) -> tuple[str, int]:
    write = Writer(chance)
    entries = [_entry(chance, write) for _ in range(chance.choice((0, 1, 3, 8, 40)))]
    log = _around(chance, "entries", write.list(entries), write)
    return _around(chance, "log", log, write) + write.blank(), len(entries)


def _pieces(chance: random.Random, data: bytes) -> Iterator[bytes]:
    cuts = sorted(chance.choices(range(len(data) + 1), k=chance.choice((0, 1, 5, 100))))
    for first, behind in pairwise((0, *cuts, len(data))):
        if first < behind:
            yield data[first:behind]


def said(pieces: Iterator[bytes], notes: list[str] | None = None) -> list[dict[str, str | None]]:
    """What the entries of an archive say."""
    found = []
    for block in entry_blocks(pieces, "a.har", [].append if notes is None else notes.append):
        if isinstance(block, EntryBlock):
            lines = block.lines()
            assert isinstance(lines, LinesApart)
            columns = {name: texts.series(part).to_list() for name, part in lines.parts.items()}
            found += [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return found


def told(said_there: dict[str, str | None]) -> dict[str, str | None]:
    """The same where no words and empty ones are the same."""
    return {
        name: value or None if name in {"error", "status"} else value for name, value in said_there.items()
    }


@settings(max_examples=400)
@given(st.integers(0, 2**32))
def test_any_archive_cut_anywhere_gives_what_the_rule_for_an_entry_has(seed: int) -> None:
    chance = random.Random(seed)
    text, count = _archive(chance)
    entries = json.loads(text)["log"]["entries"]
    assert len(entries) == count
    got = said(_pieces(chance, text.encode()))
    expected = [decoded(json.dumps(entry).encode()) for entry in entries]
    for one, wanted, entry in zip(got, expected, entries, strict=True):
        assert told(one) == told(dict(wanted)), entry


@settings(max_examples=100)
@given(st.integers(0, 2**32))
def test_an_archive_that_breaks_off_gives_its_whole_entries(seed: int) -> None:
    chance = random.Random(seed)
    text, _ = _archive(chance)
    data = text.encode()
    whole = said(iter([data]))
    cut, notes = data[: chance.randrange(1, len(data.rstrip()))], list[str]()
    try:
        got = said(_pieces(chance, cut), notes)
    except WrongFormatError as error:
        assert "a.har: damaged: the archive ends early" in str(error)  # noqa: PT017  # one of two outcomes
        return
    assert notes == ["a.har: the archive ends early; it was read up to there"]
    assert got == said(iter([cut]))
    # What was open when it broke off may have been said already, if it was a number or a word.
    assert got[: len(whole)][:-1] == whole[: len(got) - 1]


def document(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "entries": list(entries), **more}}


def read(path: Path, content: bytes | str | dict[str, Any]) -> LogRead:
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_calls([str(path)])


@pytest.mark.parametrize("form", ["one", "pretty", "lines", "list", "spread list"])
def test_entries_without_their_archive(form: str, tmp_path: Path) -> None:
    slow = {"_connectionId": "9", "_priority": "High", **GOOD, "time": 90.0}
    entries = [GOOD] if form in {"one", "pretty"} else [GOOD, slow, GOOD]
    text = {
        "one": json.dumps(GOOD),
        "pretty": json.dumps(GOOD, indent=2),
        "lines": "\n".join(map(json.dumps, entries)) + "\n",
        "list": json.dumps(entries),
        "spread list": json.dumps(entries, indent=2),
    }[form]
    path = tmp_path / "entries.json"
    path.write_text(text)
    found = read_calls([str(path)])
    assert (found.format, found.rejected) == ("har", 0)
    assert found.calls.duration_ns.tolist() == [round(each["time"] * MS) for each in entries]
    assert found.calls.status.tolist() == [200] * len(entries)


def test_of_entries_without_their_archive_one_that_breaks_off_is_told(tmp_path: Path) -> None:
    path = tmp_path / "entries.json"
    path.write_text("\n".join([json.dumps(GOOD)] * 3)[:-40])
    found = read_calls([str(path)])
    assert (len(found.calls), found.rejected) == (2, 1)


def test_where_the_list_is_and_how_it_is_written_makes_no_difference(tmp_path: Path) -> None:
    entries = [GOOD, {**GOOD, "time": 3}]
    page = {"id": "page_1", "title": 'entries": [{', "pageTimings": {"entries": [{"log": {"entries": [1]}}]}}
    first = {"log": {"entries": entries, "version": "1.2", "pages": [page], "creator": {"name": "x"}}}
    last = {"log": {"creator": {"name": "x"}, "pages": [page], "comment": "]}", "entries": entries}}
    within = {"comment": "x", "n": 1.5, "log": {"version": "1.2", "entries": entries}, "tail": {"log": [{}]}}
    texts_of = (
        *(json.dumps(each, indent=indent) for each in (first, last, within) for indent in (None, 0, 1, 4)),
        json.dumps(first, indent="\t").replace("\n", "\r\n"),
        json.dumps(first).replace('"entries": [{"started', '"\\u0065ntri\\u0065s" : [{"started'),
    )
    for text in texts_of:
        got = read(tmp_path / "a.har", text)
        assert (got.format, got.lines, got.rejected) == ("har", 2, 0)
        assert got.calls.duration_ns.tolist() == [12_500_000, 3 * MS] or got.calls.duration_ns.tolist() == [
            3 * MS,
            12_500_000,
        ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_urls_are_the_same_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    entry = {**GOOD, "request": {"method": "GET", "url": "https://shöp.example/ä€👍?b=\u0022"}}
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    content = (mark + json.dumps(document(entry), ensure_ascii=False)).encode(encoding)
    got = read(tmp_path / "a.har", content)
    assert got.calls.path is not None
    assert (got.calls.path.to_list(), got.rejected) == (['/ä€👍?b="'], 0)


def test_what_is_not_utf8_becomes_a_replacement(tmp_path: Path) -> None:
    content = json.dumps(document(GOOD, GOOD)).encode().replace(b"/a", b"/caf\xe9", 1)
    got = read(tmp_path / "a.har", content)
    assert got.calls.path is not None
    assert (sorted(got.calls.path.to_list()), got.rejected) == (["/a", "/caf\ufffd"], 0)


def test_archives_one_behind_the_other(tmp_path: Path) -> None:
    one = json.dumps(document(GOOD), indent=1)
    for between in ("", "\n", "\n\n \t"):
        got = read(tmp_path / "a.har", between.join([one] * 3))
        assert (got.format, len(got.calls), got.rejected, len(got.calls.notes)) == ("har", 3, 0, 1)


@pytest.mark.parametrize(
    ("behind", "problem"),
    [
        ("xyz", "the archive is no JSON behind its first part"),
        ("]", "the archive is no JSON behind its first part"),
        ('{"log":', "the archive ends early"),
    ],
)
def test_what_stands_behind_an_archive_is_told(tmp_path: Path, behind: str, problem: str) -> None:
    got = read(tmp_path / "a.har", json.dumps(document(GOOD)) + behind)
    assert (len(got.calls), got.rejected) == (1, 0)
    assert f"{tmp_path / 'a.har'}: {problem}; it was read up to there" in got.calls.notes


def test_an_archive_that_is_cut_gives_what_is_whole_and_says_so(tmp_path: Path) -> None:
    text = json.dumps(document(GOOD, GOOD, GOOD))
    second = text.index("{", text.index(json.dumps(GOOD)) + len(json.dumps(GOOD)))
    note = f"{tmp_path / 'a.har'}: the archive ends early; it was read up to there"
    for length, calls, rejected in ((second - 1, 1, 0), (second + 1, 1, 1), (len(text) - 3, 3, 0)):
        got = read(tmp_path / "a.har", text[:length])
        assert (len(got.calls), got.rejected) == (calls, rejected)
        assert note in got.calls.notes
    assert note not in read(tmp_path / "a.har", text).calls.notes


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"log": {"entries": [', r"a\.har: damaged: the archive ends early"),
        ('{"log": {"entries": [{"startedDateTime": "2', r"a\.har: damaged: the archive ends early"),
        ('{"log": {"version": "1.2", "pages": []}}', r"a\.har: a HAR file without log\.entries"),
        ('{"log": {"version": "1.2", "entries": {"a": [{}]}}}', r"a\.har: a HAR file without log\.entries"),
        ('{"log": {"version" 1.2 ]', r"a\.har: damaged: the archive is no JSON behind"),
        ('{"log":{"entries":[{"a":1},{"request":{}}]}}', r"a\.har:1: 2 of 2 lines are not har"),
        ('{"log":{\n"entries":[1,\n"a]",[{}],null]}}', r"a\.har:2: 4 of 4 lines are not har; this one: '1'"),
        ('{"log":{"entries":[{}],"entries":[{}]}}', r"a\.har:1: 1 of 1 lines are not har"),
    ],
)
def test_an_archive_of_which_nothing_can_be_read_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(WrongFormatError, match=problem):
        read(tmp_path / "a.har", text)


def test_of_two_lists_of_entries_the_first_is_read_and_the_other_told(tmp_path: Path) -> None:
    one = json.dumps([GOOD])
    got = read(tmp_path / "a.har", f'{{"log":{{"entries":{one},"entries":{one}}}}}')
    assert len(got.calls) == 1
    assert any("has log.entries twice" in note for note in got.calls.notes)


def test_damaged_and_odd_entries_cost_no_others(tmp_path: Path) -> None:
    good, log = json.dumps(GOOD), '{"log":{"entries":['
    deep = good.replace('"OK"', "[" * 600 + "]" * 600)
    bad = good.replace("12.5", "12.5.5")
    doubtful = good.replace("200", "2e2")
    lines = [good, "7", bad, doubtful, deep, good.replace("12.5", "null"), "{}", good, good, good]
    got = read(tmp_path / "a.har", log + ",\n".join(lines) + "]}}")
    assert (len(got.calls), got.lines, got.rejected) == (7, 10, 3)
    assert [sample.line for sample in got.samples] == [2, 3, 7]
    assert got.calls.duration_ns.tolist() == [12_500_000] * 7


def test_long_texts_are_not_held_and_the_url_of_a_pages_own_data_may_be_one(tmp_path: Path) -> None:
    body = ("x" * 31 + '\\" é\u20ac\U0001f44d\n') * 30_000
    large = {**GOOD, "response": {**GOOD["response"], "content": {"text": body}}}
    data = {**GOOD, "request": {"method": "GET", "url": "data:image/png;base64," + "A" * 300_000}}
    long = {**GOOD, "request": {"method": "GET", "url": "https://h/" + "A" * 300_000}}
    for ascii_only in (True, False):
        text = json.dumps(document(large, data, GOOD, long, large), ensure_ascii=ascii_only)
        got = read(tmp_path / "a.har", text)
        assert (len(got.calls), got.lines, got.rejected) == (3, 5, 1)
        found = elements.Elements(("log", "entries"))
        content, kept = text.encode(), list[bytes]()
        starts, ends = list[int](), list[int]()
        for at in range(0, len(content), 100_003):
            cut = found.cut(content[at : at + 100_003])
            kept += map(bytes, cut.kept)
            starts += cut.start.tolist()
            ends += cut.end.tolist()
        whole = b"".join(kept)
        assert len(whole) < 4 * (elements.LONGEST_TEXT + 1000)
        entries = [json.loads(whole[a:b]) for a, b in zip(starts, ends, strict=True)]
        assert [entry["time"] for entry in entries] == [12.5] * 5
        shortened = entries[0]["response"]["content"]["text"].rstrip("\ud83d")  # half of a pair
        assert body.startswith(shortened)
        assert len(shortened.encode()) > elements.LONGEST_TEXT // 2


def test_an_entry_that_has_no_end_of_parts_is_damaged_and_not_held() -> None:
    part = b'{"a":[1,"b"]},' * 70_000
    head = json.dumps(document(GOOD)).encode()[:-3] + b',{"time":1,"_x":['
    count = elements.LARGEST * 3 // len(part)
    tail = b"0]}," + json.dumps(GOOD).encode() + b"]}}"

    def pieces() -> Iterator[bytes]:
        yield head
        for _ in range(count):
            yield part
        yield tail

    found = elements.Elements(("log", "entries"))
    held = sum(len(kept) for piece in pieces() for kept in found.cut(piece).kept)
    assert held < elements.LARGEST + 3 * len(part)
    got = said(pieces())
    assert len(got) == 3
    assert got[0] == got[2]
    assert got[1] == dict.fromkeys(har.PARTS)


def test_failures_that_many_entries_have(tmp_path: Path) -> None:
    def entry(status: int, **more: Any) -> dict[str, Any]:
        return {**GOOD, "response": {"status": status, "statusText": "", **more}}

    entries = [
        entry(0, _error="net::ERR_CONNECTION_TIMED_OUT"),
        entry(-1, _failureText="net::ERR_ABORTED; x"),
        entry(0, statusText="Aborted"),
        entry(0),
        entry(200, _error="net::ERR_HTTP2_PROTOCOL_ERROR"),
        entry(499),
        entry(0, _error="net::ERR_BLOCKED_BY_CLIENT"),
        {**GOOD, "_fromCache": "disk"},
        {**GOOD, "_fetchType": "Disk Cache"},
        {**GOOD, "time": None},
    ]
    got = read(tmp_path / "a.har", document(*entries))
    assert (got.lines, got.rejected) == (10, 0)
    assert got.calls.status.tolist() == [0, 499, 499, 0, 200, 499, 200]
    timeout, broken = ErrorKind.TIMEOUT, ErrorKind.CONNECTION_ERROR
    assert got.calls.error.tolist() == [timeout, 0, 0, broken, broken, 0, 0]


def test_an_indented_entry_is_shown_on_one_line(tmp_path: Path) -> None:
    entries = [GOOD, {**GOOD, "time": "x"}, {**GOOD, "startedDateTime": "x"}]
    got = read(tmp_path / "a.har", json.dumps(document(*entries), indent=2))
    sample = got.samples[0]
    assert (len(got.calls), got.rejected) == (2, 1)
    assert sample.line == json.dumps(document(*entries), indent=2).split('"startedDateTime": "x"')[0].count(
        "\n"
    )
    assert sample.text.startswith('{ "startedDateTime": "x", "time": 12.5, "request": {')
