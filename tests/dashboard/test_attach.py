"""The dashboard attached: to a terminal, to something else, and to what goes wrong."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import termios
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TextIO

import pytest
from dashboard_views import CONFIG, RETRY, TRIP, closed, eight, half_open, open_

from cbtool.breaker import describe
from cbtool.dashboard import attach
from cbtool.dashboard.plain import PlainLog, status_line
from cbtool.metrics.view import InstanceTransition, LiveView

ENTER, LEAVE, SHOW_CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
COLOUR = re.compile(r"\x1b\[[0-9;]*\b(?:3[0-8]|4[0-8]|9[0-7])\b[0-9;]*m")


class Terminal:
    """A pseudo-terminal, and what has been written to it."""

    def __init__(self, columns: int, rows: int) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._master, False)
        self.stream: TextIO = os.fdopen(slave, "w", encoding="utf-8")

    def text(self) -> str:
        self.stream.flush()
        pieces = []
        try:
            while piece := os.read(self._master, 1 << 16):
                pieces.append(piece)
        except BlockingIOError:
            pass
        return b"".join(pieces).decode()

    def close(self) -> None:
        self.stream.close()
        os.close(self._master)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal(80, 24)
    yield terminal
    terminal.close()


def show(view: Callable[[], LiveView], stream: TextIO) -> None:
    # The block ends at once, and one last look is always taken.
    with attach(view, stderr=stream):
        pass


def test_a_terminal_gets_frames_on_its_alternate_screen_and_keeps_the_last_one(terminal: Terminal) -> None:
    show(open_, terminal.stream)
    during, _, after = terminal.text().partition(LEAVE)
    assert during.startswith(ENTER)
    assert "O P E N" in during
    assert SHOW_CURSOR in during
    assert "O P E N" in after
    assert after.endswith("\n")
    assert COLOUR.search(during)


def test_no_color_draws_without_colour(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    show(open_, terminal.stream)
    text = terminal.text()
    assert "O P E N" in text
    assert not COLOUR.search(text)


@pytest.mark.parametrize("kind", ["dumb", "unknown", ""])
def test_a_dumb_terminal_gets_plain_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("TERM", kind)
    show(open_, terminal.stream)
    assert "\x1b" not in terminal.text()


def test_what_is_no_terminal_gets_plain_lines() -> None:
    stream = io.StringIO()
    show(half_open, stream)
    assert stream.getvalue().splitlines() == [
        f"  31.2 s  closed -> open: {describe(TRIP, CONFIG)}",
        "  41.2 s  open -> half_open: the wait is over",
        "  41.5 s  stopping, waiting for 4 calls …",
        "  41.5 s  half_open, 198 of 200 calls/s, 7,280 calls, p99 123 ms, 960 not permitted, 3 dropped",
    ]


def test_a_stream_that_is_not_unicode_gets_question_marks() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    show(open_, stream)
    assert b"failure rate 50 % ? 50 %" in raw.getvalue()


def test_a_view_that_fails_does_not_end_the_run(terminal: Terminal) -> None:
    def broken() -> LiveView:
        raise RuntimeError("no view\x1b[2J")

    show(broken, terminal.stream)
    assert "the dashboard stopped: RuntimeError('no view\\x1b[2J')" in terminal.text().partition(LEAVE)[2]


def test_a_stream_that_is_gone_does_not_end_the_run() -> None:
    stream = io.StringIO()
    stream.close()
    log = io.StringIO()
    log.write = stream.write  # type: ignore[method-assign]  # a pipe whose reader has left
    show(open_, log)
    assert log.getvalue() == ""


def test_each_transition_is_logged_once_and_the_status_every_five_seconds() -> None:
    log = PlainLog()
    first = InstanceTransition(0, TRIP)
    assert log.lines(closed(elapsed=4.9)) == []
    assert log.lines(closed(elapsed=5.1)) == [status_line(closed(elapsed=5.1))]
    assert len(log.lines(closed(elapsed=9.9, transitions=(first,)))) == 1
    assert log.lines(closed(elapsed=9.95, transitions=(first,))) == []
    again = (first, InstanceTransition(0, RETRY))
    assert log.lines(closed(elapsed=9.97, transitions=again)) == [
        "  41.2 s  open -> half_open: the wait is over"
    ]
    assert len(log.lines(closed(elapsed=10.0, transitions=again))) == 1


def test_two_transitions_at_one_moment_are_both_logged() -> None:
    both = (InstanceTransition(0, TRIP), InstanceTransition(1, TRIP))
    assert len(PlainLog().lines(replace(eight(), transitions=both, elapsed=1.0))) == 2


def test_the_status_line_counts_many_breakers() -> None:
    assert status_line(eight()) == (
        "  41.5 s  2 open, 1 half_open, 5 closed, 198 of 200 calls/s, 7,280 calls, p99 123 ms, "
        "960 not permitted, 3 dropped"
    )
    assert status_line(closed()) == (
        "  26.4 s  closed, 198 of 200 calls/s, 5,280 calls, failure rate 1.0 %, p99 123 ms, 0 not permitted"
    )
