"""JMeter's XML: the compiled scanner against the parser, and how a file comes in."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.errors import WrongFormatError
from cbtool.logs import jmeter, parsed_samples, read_calls
from cbtool.logs.blocks import Block
from cbtool.logs.parsed_samples import Parser
from cbtool.traffic.scanning import jtl, samples, texts
from cbtool.traffic.scanning.lines import LinesApart
from cbtool.traffic.scanning.memory import WIDE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from random import Random

OPENING = '<?xml version="1.0" encoding="UTF-8"?>\n<testResults version="1.2">\n'
NAMES = ["time", "duration", "code", "message", "success", "url", "method"]
Said = tuple[str | None, ...]
VALUES = [
    *("1700000000000", "12", "200", "OK", "true", "", " ", "é ✓ 😀", "a &amp; b", "&lt;&gt;&quot;&apos;"),
    *("&#65;&#x42;&#xe9;&#x1F600;", "&#10;&#13;&#9;", "a\tb\nc\r\nd\re", "]]", "/>", "a>b", "\x7f", "x" * 40),
]
ODD_VALUES = [
    *("&nbsp;", "&#0;", "&#xD800;", "&#xFFFE;", "&", "&#;", "&#x;", "&#X41;", "&#00000000000065;"),
    *("<", "\0", "\x0b", "\ufffe"),
]
TEXTS = [*VALUES, "'", '"', "http://a.b/c?d=1&amp;e=2", "GET", "\n  ", "x" * 4096]
ODD_TEXTS = [
    *ODD_VALUES,
    *("]]>", "<!-- - -->", "<!-- -- -->", "<![CDATA[ <a> & ]]>", "<?a b?>", "<!DOCTYPE", "x" * 4097),
]
ATTRIBUTES = ["t", "ts", "rc", "rm", "s", "lb", "lt", "it", "ct", "tn", "a.b-c_d", "responseData", "xml"]
ODD_ATTRIBUTES = ["xmlns", "xml:lang", "a:b", "é", "t", "ts", "9a", "-a", "a=", ""]
ELEMENTS = [
    *("httpSample", "httpSample", "sample", "java.net.URL", "method", "assertionResult", "responseHeader"),
    "httpSampler",
]


class Writer:
    """Writes documents of any make, with as much in them that is odd as is wanted."""

    def __init__(self, random: Random, oddness: float) -> None:
        self.random = random
        self.oddness = oddness

    def of(self, usual: Sequence[str], odd: Sequence[str]) -> str:
        return self.random.choice(odd if self.random.random() < self.oddness else usual)

    def blank(self, most: int = 2) -> str:
        length = self.random.randint(most // 2, most)
        return "".join(self.random.choices((" ", " ", "\n", "\t", "\r\n"), k=length))

    def attributes(self) -> str:
        names = self.random.sample(ATTRIBUTES, self.random.randint(0, 8))
        if self.random.random() < self.oddness:
            names.append(self.random.choice([*ODD_ATTRIBUTES, *names]))
        written = []
        for name in names:
            quote = self.random.choice("\"'")
            value = self.of(VALUES, ODD_VALUES)
            written.append(
                f"{self.of([self.blank()], [''])}{name}{self.blank(1)}={self.blank(1)}{quote}{value}"
                f"{self.of([quote], ['', '!'])}"
            )
        return "".join(written)

    def element(self, depth: int) -> str:
        name = self.random.choice(ELEMENTS)
        begin = f"<{name}{self.attributes()}{self.blank(1)}"
        if self.random.random() < 0.3:
            return f"{begin}/>"
        inner = self.content(depth - 1) if depth else self.of(TEXTS, ODD_TEXTS)
        return f"{begin}>{inner}</{self.of([name], [name[:-1], '', name + 'x'])}{self.blank(1)}>"

    def content(self, depth: int) -> str:
        if self.random.random() < 0.3:
            return self.of(TEXTS, ODD_TEXTS)
        elements = [self.element(depth) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        return "".join(chain(*((self.blank(1), each, self.of(["\n"], ODD_TEXTS)) for each in elements)))

    def document(self) -> bytes:
        """A document, now and then cut off or with a byte that is another."""
        content = "\n".join(self.element(3) for _ in range(self.random.randint(0, 12)))
        end = self.of(["\n</testResults>\n"], ["", "</testResult>", "</testResults>x"])
        data = (OPENING + content + end).encode()
        if self.random.random() < 4 * self.oddness:
            at = self.random.randint(len(OPENING), len(data))
            other = self.random.choice((b"\xff", b'"', b"<", b"&", b" ", b"\0", b">", b"/", b"\xc3"))
            return self.random.choice((data[:at], data[:at] + other + data[at + 1 :], data + other))
        return data


def parsed(data: bytes) -> list[Said]:
    """What the parser alone says of a whole document."""
    parser = Parser()
    parser.feed(memoryview(data))
    found: list[Said] = [tuple(each.said.get(what) for what in range(jtl.WHOLE)) for each in parser.made]
    return [*found, (None,) * jtl.WHOLE] if parser.damage else found


def damage_of(data: bytes) -> str | None:
    parser = Parser()
    parser.feed(memoryview(data))
    damage = parser.damage
    if damage is None:
        return None
    return f"damaged: {damage.what or f'line {damage.line + 1}, column {damage.column}'}"


def pieces_of(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def blocks_of(pieces: Iterator[bytes]) -> list[Block]:
    header, *blocks = jmeter.sample_blocks(pieces, "x")
    assert isinstance(header, bytes)
    assert all(isinstance(block, Block) for block in blocks)
    return blocks  # type: ignore[return-value]


def said(blocks: Sequence[Block]) -> list[Said]:
    found: list[Said] = []
    for block in blocks:
        lines = block.lines()
        assert isinstance(lines, LinesApart)
        found += zip(*(texts.series(lines.parts[name]).to_list() for name in NAMES), strict=True)
    return found


@pytest.fixture(scope="module", params=[(1 << 20, 1 << 20, 1 << 20), (1000, 300, 64), (200, 1, 50)])
def sized(request: pytest.FixtureRequest) -> Iterator[int]:
    """Blocks, turns of the parser and pieces of several sizes."""
    block, turn, piece = request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jmeter, "BLOCK", block)
        patch.setattr(parsed_samples, "_AT_LEAST", turn)
        patch.setattr(parsed_samples, "_AT_A_TIME", turn + 100)
        yield piece


@given(st.randoms(use_true_random=True), st.sampled_from([0, 0, 0.003, 0.02, 0.1]))
@settings(max_examples=150)
def test_the_scanner_says_what_the_parser_says(sized: int, random: Random, oddness: float) -> None:
    data = Writer(random, oddness).document()
    first = max(len(OPENING), sized)
    blocks = blocks_of(chain([data[:first]], pieces_of(data[first:], sized)))
    assert said(blocks) == parsed(data)
    damage = damage_of(data)
    if damage is not None and b"\r" not in data.replace(b"\r\n", b""):
        lines = blocks[-1].lines()
        assert lines.text(len(lines) - 1) == damage
        if len(blocks) == 1:
            assert f"line {blocks[0].first + lines.newlines_before(len(lines) - 1)}," in damage


@given(st.randoms(use_true_random=True))
@settings(max_examples=50)
def test_what_is_not_odd_is_never_left_to_the_parser(random: Random) -> None:
    writer = Writer(random, 0)
    data = "\n".join(writer.element(3) for _ in range(8)).replace("x" * 4096, "x").encode()
    data = data.replace(b"\n", b" ").replace(b"\t", b" ").replace(b"\r", b" ")
    view = np.frombuffer(data + b"\n" * WIDE, np.uint8)
    found = samples.scanned(view, 0, len(data), samples.Rows.room(1000), 0)
    assert (found.at, found.why) == (data.rfind(b">") + 1, samples.UNFINISHED)


SAMPLE = '<httpSample t="{n}" ts="{at}" rc="200" rm="OK" s="true"/>\n'


def file_of(count: int, *, begin: str = OPENING, end: str = "</testResults>\n") -> str:
    return begin + "".join(SAMPLE.format(n=n % 900, at=1_700_000_000_000 + 5 * n) for n in range(count)) + end


def test_a_sample_that_is_rejected_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jtl"
    odd = '<httpSample\n t="1" rc="200"/>\n'
    path.write_text(file_of(3, end=odd + file_of(2, begin="", end="<!-- odd -->" + odd + "</testResults>")))
    got = read_calls([str(path)])
    assert (len(got.calls), got.rejected) == (5, 2)
    assert [each.line for each in got.samples] == [6, 10]
    assert {each.text[:18] for each in got.samples} == {'<httpSample t="1" '}


def test_damage_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jtl"
    path.write_text(file_of(3, end="<sample></simple>" + file_of(3)))
    got = read_calls([str(path)])
    assert (len(got.calls), got.rejected) == (3, 1)
    assert [(each.line, each.text) for each in got.samples] == [(6, "damaged: line 6, column 10")]


@pytest.mark.parametrize("damage", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbf\xbf"])
def test_what_is_no_character_is_damage(damage: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.jtl"
    path.write_bytes(file_of(4, end="").encode() + damage + b"</testResults>")
    got = read_calls([str(path)])
    assert (len(got.calls), got.rejected) == (4, 1)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("UTF-8", "utf-16"),
        ("utf8", "utf-8"),
        ("US-ASCII", "ascii"),
        ("ISO-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
    ],
)
def test_other_encodings(declared: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jtl"
    name = "x" if encoding == "ascii" else "é"
    url = f"<java.net.URL>http://a.example/{name}</java.net.URL></httpSample>"
    sample = SAMPLE.format(n=1, at=1_700_000_000_000).replace("/>\n", ">" + url)
    path.write_bytes(file_of(2, begin=OPENING.replace("UTF-8", declared) + sample).encode(encoding))
    got = read_calls([str(path)])
    assert (len(got.calls), got.rejected) == (3, 0)
    assert got.calls.path is not None
    assert f"/{name}" in got.calls.path.to_list()


def test_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "a.jtl"
    path.write_text(file_of(2).replace("UTF-8", "gbk"))
    with pytest.raises(WrongFormatError, match="damaged: multi-byte encodings are not supported"):
        read_calls([str(path)])


def test_what_has_no_end_is_held_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed_samples, "_LONGEST_TAG", 100_000)
    monkeypatch.setattr(jmeter, "BLOCK", 10_000)
    begin = file_of(3, end="").encode()
    asked = []

    def endless(piece: bytes) -> Iterator[bytes]:
        yield begin
        while True:
            asked.append(len(piece))
            yield piece

    blocks = blocks_of(endless(b'<httpSample rm="' + b"x" * 20_000))
    assert [each[0] for each in said(blocks)][3:] == [None]
    assert sum(asked) < 600_000


def test_samples_that_are_short_and_many() -> None:
    data = (OPENING + "<sample/>" * 100_000 + "</testResults>").encode()
    blocks = blocks_of(pieces_of(data, 1 << 20))
    assert said(blocks) == [(None,) * jtl.WHOLE] * 100_000
    transaction = "<sample>" + '<httpSample t="1"/>' * 100_000 + "</sample>"
    data = (OPENING + transaction + "</testResults>").encode()
    assert [each[1] for each in said(blocks_of(pieces_of(data, 1 << 20)))] == ["1"] * 100_000


def test_elements_that_are_deeper_than_the_scanner_goes() -> None:
    data = (OPENING + "<sample>" * 300 + "</sample>" * 300 + SAMPLE + "</testResults>").encode()
    assert len(said(blocks_of(pieces_of(data, 1 << 20)))) == 301


def test_a_document_type_between_comments_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jtl"
    declared = '<!-- a --><!DOCTYPE testResults [<!ENTITY a "b">]><!-- b -->'
    path.write_text(declared + file_of(1, begin="<testResults>"))
    with pytest.raises(WrongFormatError, match=r"a\.jtl: a document type"):
        read_calls([str(path)])
