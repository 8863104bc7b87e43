"""Reads logs with cbtool and with a second parser, and prints where they disagree.

    python benchmarks/real_logs.py [--format FORMAT] [--show N] FILE_OR_DIRECTORY ...

A row a file: its format, lines that are not blank, calls, lines that are no call, and invalid ones, by cbtool
and by the second parser (`second_parser.py`), and how many of the calls have the same time, duration and
status in both. Exit status 1 if a file that both can read differs, or fewer than 99.9 % of its valid lines
were read. `--show` prints the first N differences.
"""

from __future__ import annotations

import argparse
import bz2
import codecs
import gzip
import json
import lzma
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import second_documents
import second_parser as second
import second_shapes
import second_traces

from cbtool.errors import CbtoolError
from cbtool.logs import LogRead, read_calls
from cbtool.traffic.formats import FORMATS, Stamp, format_named

if TYPE_CHECKING:
    from collections.abc import Iterator

HELD = 0.999
GUESSED = "guessed"
TOLERANCE = 1_000  # ns: what a Unix time as a float rounds off
DOCUMENTS = {
    "har": second_documents.har,
    "jmeter-xml": second_documents.jmeter_xml,
    "otlp": second_documents.otlp,
    "zipkin": second_traces.zipkin,
    "jaeger": second_traces.jaeger,
}
DIRECTED = {"zeek": second_traces.zeek, "zeek-json": second_traces.zeek_json}
AROUND = (
    re.compile(r"\d{4}-\d\d-\d\dT\S+ (?:stdout|stderr) [FP] "),
    re.compile(r"[\w.-]+ +\| "),
    re.compile(r"(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^\s:]+: ?(?=[{\[])"),
)


class Counts(NamedTuple):
    """What became of a file's lines."""

    lines: int
    calls: int
    skipped: int
    invalid: int

    @property
    def text(self) -> str:
        return f"{self.lines:>8,} {self.calls:>8,} {self.skipped:>7,} {self.invalid:>7,}"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--format", help="as cbtool's --log-format")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="differences to print for each file")
    asked = parser.parse_args()
    print(f"{'':53}{'cbtool':>34}{'second parser':>34}")
    heads = f"{'lines':>8} {'calls':>8} {'no call':>7} {'invalid':>7}"
    print(f"{'file':36} {'format':16} {heads} {heads} {'same':>8}")
    wrong = 0
    for path in _files(asked.paths):
        wrong += not _compare(path, asked.format, asked.show)
    print(f"{wrong} differ" if wrong else "no difference")
    return int(wrong > 0)


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (each for each in found if each.is_file() and each.suffix not in {".md", ".tsv", ".py"})


def _compare(path: Path, log_format: str | None, show: int) -> bool:
    """Print a file's row; whether both agree."""
    try:
        read = read_calls([str(path)], log_format=log_format)
    except CbtoolError as error:
        print(f"{path.name[:36]:36} {'-':16} {str(error).partition(chr(10))[0][-100:]}")
        return True
    own = Counts(read.lines, len(read.calls), read.lines - len(read.calls) - read.rejected, read.rejected)
    verdicts = _verdicts(path, read.format)
    row = f"{path.name[:36]:36} {read.format[:16]:16} {own.text}"
    if verdicts is None:
        print(f"{row} {'no second parser':>34}")
        return True
    calls = [each for each in verdicts if isinstance(each, second.Call)]
    skipped = verdicts.count(second.NO_CALL)
    other = Counts(len(verdicts), len(calls), skipped, len(verdicts) - len(calls) - skipped)
    same, different = _same(read, calls)
    agreed = own == other and same == len(calls)
    agreed = agreed and (not other.calls or own.calls >= HELD * other.calls)
    print(f"{row} {other.text} {same:>8,}{'' if agreed else '  <<<'}")
    for line in different[:show]:
        print(f"    {line}")
    if show and own.invalid != other.invalid:
        print(*(f"    cbtool rejects line {each.line}: {each.text[:160]}" for each in read.samples), sep="\n")
    return agreed


def _verdicts(path: Path, name: str) -> list[second.Verdict] | None:
    data = _decompressed(path.read_bytes())
    for mark, encoding in (
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
        (b"\xef\xbb\xbf", ""),
    ):
        if data.startswith(mark):
            data = data.decode(encoding).encode() if encoding else data[3:]
            break
    if name == "gatling" and data.startswith(b"\0"):
        return list(second_documents.gatling_binary(data))
    if name in DOCUMENTS:
        return list(DOCUMENTS[name](data))
    if data.startswith(b"PAR1") or b"\x06Result\x01" in data[:20]:
        return None
    text = _bare(data.decode("utf-8", "replace"))
    if name == GUESSED:
        verdicts = second_shapes.shaped(text)
        if not second_shapes.count(verdicts):
            return None
    elif name in second.PARSERS | DIRECTED:
        verdicts = list((second.PARSERS | DIRECTED)[name](text))
    else:
        return None
    # What is being written ends within a line.
    cut = len(verdicts) > 1 and verdicts[-1] == second.INVALID and not data.endswith(b"\n")
    return verdicts[: len(verdicts) - cut]


def _decompressed(data: bytes) -> bytes:
    for magic, decompress in (
        (b"\x1f\x8b", gzip.decompress),
        (b"BZh", bz2.decompress),
        (b"\xfd7zXZ", lzma.decompress),
    ):
        if data.startswith(magic):
            return decompress(data)
    return data


def _bare(text: str) -> str:
    """The lines without what a container's runtime or syslog put before each."""
    lines = text.split("\n")
    if lines[0].startswith(('{"log":"', '{"log": "')):
        return "\n".join(json.loads(line)["log"].rstrip("\n") if line else "" for line in lines)
    if lines[0].startswith("{") and '"message":"' in lines[0] and '] \\"' in lines[0]:
        return "\n".join(json.loads(line)["message"] if line else "" for line in lines)
    for prefix in AROUND:
        if sum(bool(prefix.match(line)) for line in lines[:40]) > 0.6 * min(len(lines), 40):
            return "\n".join(prefix.sub("", line, count=1) for line in lines)
    console = re.compile(r"^(\S+ \S+)\t\S+\t(\S+)\t[^\t]*\t\{")
    if console.match(lines[0]):
        return "\n".join(console.sub(r'{"ts":"\1","logger":"\2",', line) for line in lines)
    return text


def _same(read: LogRead, calls: list[second.Call]) -> tuple[int, list[str]]:
    """How many calls are the same in both, in the file's order, and what differs."""
    known = [format_named(name) for name in read.format.split(", ") if name in FORMATS]
    if (not known and read.format != GUESSED) or len(read.calls) != len(calls):
        return 0, []
    # Of what is guessed the second parser gives starts.
    stamped_end = bool(known) and known[0].stamp is Stamp.END
    grain = known[0].resolution_ns if known else second.SECOND
    own = read.calls
    order = np.argsort(own.position, kind="stable") if own.position is not None else np.arange(len(own))
    stamps = own.start_ns + round(own.epoch * 1e6) * 1000
    if stamped_end:
        stamps = stamps + np.maximum(own.duration_ns, 0)
    different, same = [], 0
    for index, call in zip(order.tolist(), calls, strict=True):
        off = int(stamps[index]) - call.stamp
        near = -TOLERANCE <= off < grain + TOLERANCE if grain > 1 else abs(off) <= TOLERANCE
        length = int(own.duration_ns[index])
        if near and abs(length - call.took) <= 1 and int(own.status[index]) == call.status:
            same += 1
        else:
            different.append(
                f"cbtool: {off:+,} ns, took {length}, status {own.status[index]}; second: {call}"
            )
    return same, different


if __name__ == "__main__":
    sys.exit(main())
