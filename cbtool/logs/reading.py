"""One file: recognised, parsed block by block on all cores."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from cbtool.logs.pieces import Pieces
from cbtool.logs.refusing import RejectedLine, is_other, problem_of, shown, wrong_format
from cbtool.traffic.formats import (
    FORMATS,
    LogFormat,
    Rows,
    advice,
    fitted_format,
    guessed_format,
    guessed_lines,
    parse_lines,
    recognise,
)
from cbtool.traffic.formats.counts import spread_counts
from cbtool.traffic.formats.layouts import DelimitedRows
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from concurrent.futures import Future

    import polars as pl

    from cbtool.logs.blocks import Block
    from cbtool.logs.streams import Stream
    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.scanning.lines import Lines

    Take = Callable[[LogFormat, pl.DataFrame], None]
    Begin = Callable[[str, Block, "Plan"], Future["Part"]]

SAMPLES = 5
"""How many rejected lines are kept to show."""

_SAMPLE_LINES = 200
_TOLD_BY = 12  # lines that are looked at for why a file is not read
_ABOVE_HEADER = 10  # lines among which a header is looked for
_IN_FLIGHT = 3  # blocks being parsed
_KEPT = 200
_TOLD_LITTLE = ("csv", "ndjson", "combined", "apache-us", "apache-s")
"""Formats of files that may say more, such as durations or their unit."""
_LATENCY = "duration_ms"  # the plain formats' own name of it
_BLOCK = 100_000  # calls of a table that are taken at a time


class Part(NamedTuple):
    """What became of one block."""

    frame: pl.DataFrame
    lines: int
    rejected: int
    samples: list[RejectedLine]


class File(NamedTuple):
    """What became of one source; of its `calls`, `rows` has those that are not elsewhere."""

    rows: Rows
    calls: int
    lines: int
    rejected: int
    samples: list[RejectedLine]
    notes: tuple[str, ...]


class Found(NamedTuple):
    """The first block with content, how to parse the file, and its first lines."""

    block: Block
    plan: Plan
    opening: list[str]


def first_plan(name: str, incoming: Iterator[Block], chosen: Sequence[LogFormat]) -> Found | None:
    """Return how to parse a file; None where there is nothing in it.

    Args:
        name: of the source, for messages.
        incoming: its blocks.
        chosen: what it may be; none: any format.

    Raises:
        WrongFormatError: it is no such log.
    """
    for block in incoming:
        content = _content(block)
        if len(content):
            return _plan(name, block, content, chosen)
    return None


def _content(block: Block) -> Lines:
    """The first lines that are not blank; a last one that was cut off says nothing beside others."""
    lines = block.lines()
    lines = lines[: len(lines) - 1] if block.cut and len(lines) > 1 else lines
    # Blank lines are looked for among the first ones only, unless there is nothing else there.
    few = lines[: 2 * _SAMPLE_LINES]
    content = few[~few.blank()]
    return (content if len(content) else lines[~lines.blank()])[:_SAMPLE_LINES]


class Plan(NamedTuple):
    """How to parse one source: `header` is the number of the line above its calls, 0 for none."""

    log_format: LogFormat
    parts: Parts
    header: int


def _plan(name: str, block: Block, content: Lines, chosen: Sequence[LogFormat]) -> Found:
    log_format, above = _recognised(chosen, content)
    opening = content[above:].texts()
    if not chosen and (log_format is None or log_format.name in _TOLD_LITTLE):
        log_format = _guessed(log_format, content[above:], opening)
    parts = None if log_format is None else log_format.layout.opened_by(opening)
    first = block.first + content.newlines_before(above)
    if log_format is None or parts is None:
        raise wrong_format(
            RejectedLine(name, first, shown(content.text(0))),
            problem_of(chosen, content[:_TOLD_BY].texts()),
            None if chosen or is_other(opening) else advice(opening),
        )
    header = log_format.layout.header
    log_format = _as_fine_as(log_format, parts, content[above + header :])
    return Found(block, Plan(log_format, parts, first if header else 0), opening)


def _guessed(log_format: LogFormat | None, content: Lines, opening: Sequence[str]) -> LogFormat | None:
    """Return what the columns' names tell, where a format does not or gives no durations and they do."""
    if log_format is None and any(
        isinstance(each.layout, DelimitedRows) and each.layout.opened_by(opening) for each in FORMATS.values()
    ):
        return None  # a known header, below which there is no call
    guess = guessed_lines(opening, timed=log_format is not None)
    if log_format is None or not isinstance(log_format.layout, PatternLines):
        guess = guessed_format(opening) or guess
    if log_format is None and guess is None:
        guess = fitted_format(opening)
    if guess is None or (log_format is not None and (guess.duration is None or _LATENCY in opening[0])):
        return log_format
    return recognise([guess], content) or log_format


def _as_fine_as(log_format: LogFormat, parts: Parts, lines: Lines) -> LogFormat:
    """Return a format without its grain of time where the times of the first lines are finer."""
    if log_format.resolution_ns == 1 or not len(lines):
        return log_format
    times = parse_lines(log_format, parts, lines, texts=()).rows["time"]
    finer = (times % log_format.resolution_ns != 0).any()
    return replace(log_format, resolution_ns=1) if finer else log_format


def _recognised(chosen: Sequence[LogFormat], content: Lines) -> tuple[LogFormat | None, int]:
    """Return the format, and how many lines stand above its header, such as comments."""
    formats = chosen or FORMATS.values()
    log_format = chosen[0] if len(chosen) == 1 else recognise(formats, content)
    fits = log_format is not None and log_format.layout.opened_by(content.texts()) is not None
    with_header = [each for each in formats if each.layout.header and each.detected]
    if fits or not with_header:
        return log_format, 0
    for above in range(1, min(_ABOVE_HEADER + 1, len(content))):
        found = recognise(with_header, content[above:])
        if found is not None:
            return found, above
    return log_format, 0


def parsed_blocks(
    stream: Stream, block: Block, incoming: Iterator[Block], plan: Plan, begin: Begin
) -> Iterator[Part]:
    """Parse the blocks on all cores, in order, with few of them in memory."""
    running: deque[Future[Part]] = deque()
    for current in chain([block], incoming):
        # By the time that a stream's last block comes, it is known whether the stream broke off.
        whole = current.without_cut_line() if stream.broken else current
        running.append(begin(stream.name, whole, plan))
        plan = _after(current, plan)
        if len(running) > _IN_FLIGHT:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


def _after(block: Block, plan: Plan) -> Plan:
    """Return how to parse what follows a block, in which the last directive may have changed it."""
    directive = plan.log_format.directive.encode()
    at = block.data.rfind(b"\n" + directive) if directive else -1
    if at < 0:
        return plan
    line = block.data[at + 1 :].partition(b"\n")[0].decode("utf-8", "replace")
    return plan._replace(parts=plan.log_format.layout.opened_by([line]) or plan.parts)


def parsed_block(texts: Collection[str], name: str, block: Block, plan: Plan) -> Part:
    """Parse one block."""
    lines = block.lines_below(plan.header)
    parsed = parse_lines(plan.log_format, plan.parts, lines, texts=texts)
    rejected = parsed.rejected
    # A file that is being written ends within a line: that is no mistake, unless there is nothing else.
    cut = bool(block.cut and len(rejected) and rejected[-1] == len(lines) - 1 and len(lines) > 1)
    rejected = rejected[: len(rejected) - cut]
    samples = [
        RejectedLine(name, block.first + lines.newlines_before(index), shown(lines.text(index), _KEPT))
        for index in rejected[:SAMPLES].tolist()
    ]
    return Part(parsed.rows, parsed.lines - cut, len(rejected), samples)


def collected(stream: Stream, plan: Plan, incoming: Iterator[Part], take: Take | None) -> File:
    """Put the blocks' results together, or refuse them; their rows go to `take`, if there is one.

    Raises:
        WrongFormatError: most lines did not parse.
    """
    counts = plan.log_format.total is not None
    calls = lines = rejected = 0
    samples: list[RejectedLine] = []
    pieces = Pieces()
    for part in incoming:
        calls += len(part.frame)
        lines += part.lines
        rejected += part.rejected
        samples += part.samples[: SAMPLES - len(samples)]
        if take is not None and not counts:
            take(plan.log_format, part.frame)
            pieces.add(part.frame.clear())
        else:
            pieces.add(part.frame)
    if rejected * 2 > lines:
        problem = f"{rejected:,} of {lines:,} lines are not {plan.log_format.name}; this one"
        raise wrong_format(samples[0], problem)
    notes = stream.notes
    if stream.broken:
        notes = (*notes, f"{stream.name}: the compressed data ends early; it was read up to there")
    frame = pieces.taken()
    if counts:
        frame = spread_counts(frame, cumulative=plan.log_format.cumulative)
        calls = len(frame)
        if take is not None:
            for block in frame.iter_slices(_BLOCK):
                take(plan.log_format, block)
            frame = frame.clear()
    rows = Rows(plan.log_format, frame)
    return File(rows, calls, lines, rejected, samples, notes)
