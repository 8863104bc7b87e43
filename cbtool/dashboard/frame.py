"""One frame: a view laid out on a terminal of a given size. Pure: the same view gives the same lines.

Panels have a rank. The frame takes them in that order for as long as there is room, then spends what is
left on a taller chart and more transitions; so a small terminal loses the least important panels first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.breaker import State
from cbtool.dashboard.focus import Focus, focus_of, judged
from cbtool.dashboard.gauges import gauges, window_title
from cbtool.dashboard.head import head
from cbtool.dashboard.history import chart_title, error_chart, transition_lines
from cbtool.dashboard.line import Line, Span, clean, fit, justify, rule, trimmed
from cbtool.dashboard.numbers import brief, numbers
from cbtool.dashboard.palette import styles
from cbtool.dashboard.widgets import gauge
from cbtool.dashboard.words import clock

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from cbtool.metrics.view import LiveView

NARROWEST = 20  # columns; a narrower terminal gets frames of this width, cut
_WIDE = 51  # columns from which the numbers stand in blocks and the badge is large
_HIGH = 18  # rows from which the panels have headings
_TALLEST_CHART = 8
_MOST_TRANSITIONS = 12
_LEAST_HISTORY = 7  # rows that a second row of numbers leaves for the chart and the transitions


@dataclass(frozen=True, slots=True)
class Frame:
    """Lines that Rich can print."""

    lines: tuple[Line, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the segments."""
        from rich.segment import Segment  # noqa: PLC0415  # tests of the layout need no Rich

        look = styles(plain=console.no_color)
        for index, line in enumerate(self.lines):
            if index:
                yield Segment.line()
            for text, style in line:
                yield Segment(text, look[style])

    def __str__(self) -> str:
        return "\n".join("".join(span.text for span in line).rstrip() for line in self.lines)


def frame(view: LiveView, width: int, height: int, *, fill: bool = True) -> Frame:
    """Return the view as a frame.

    Args:
        view: the run now.
        width: columns; a filled frame's lines have exactly so many, the others at most.
        height: rows.
        fill: whether to take all of `height`, with the progress on the last row; else only what is needed.
    """
    room = max(width, NARROWEST)
    lines = _Layout(view, room, height, fill=fill).lines()[:height]
    fitted = (fit(line, width) for line in lines)
    return Frame(tuple(fitted if fill else map(trimmed, fitted)))


class _Layout:
    """The panels of one frame, and which of them there is room for."""

    def __init__(self, view: LiveView, width: int, height: int, *, fill: bool) -> None:
        self._view = view
        self._width = width
        self._height = height
        self._focus: Focus = focus_of(view)
        self._fill = fill
        self._large = height >= _HIGH and width >= _WIDE

    def lines(self) -> list[Line]:
        """Return the panels from top to bottom."""
        view, width = self._view, self._width
        top = [*self._title(), *head(view, self._focus, width, large=self._large), *self._notice()]
        bottom = [self._progress()]
        left = self._height - len(top) - len(bottom)
        meters = self._gauges()[: max(left, 0)]
        left -= len(meters)
        figures = self._numbers(left - _LEAST_HISTORY)
        if len(figures) > left:
            figures = brief(view, width)[: max(left, 0)]
        left -= len(figures)
        past = self._history(left)
        blank: list[Line] = [[]] * (left - len(past) if self._fill else 0)
        return [*top, *meters, *figures, *past, *blank, *bottom]

    def _title(self) -> list[Line]:
        if self._height < _HIGH:
            return []
        what: Line = [Span(clean(self._view.title), "title")]
        return [justify(what, self._shadow(), self._width)]

    def _shadow(self) -> Line:
        return [Span("shadow: refuses nothing", "shadow")] if self._view.shadow else []

    def _notice(self) -> list[Line]:
        notice = self._view.notice
        return [[Span(clean(notice), "notice")]] if notice else []

    def _gauges(self) -> list[Line]:
        state, counts = judged(self._view, self._focus)
        drawn = gauges(state, counts, self._view.config, self._width)
        if not self._large:
            return drawn
        title = "trials" if state is State.HALF_OPEN else window_title(self._view.config)
        if len(self._view.breakers) > 1:
            title += f" of #{self._focus.instance}"
        if self._focus.breaker.state is State.OPEN:
            title += ", when it opened"
        return [rule([title], self._width), *drawn]

    def _numbers(self, room: int) -> list[Line]:
        if not self._large:
            return brief(self._view, self._width)
        return numbers(self._view, self._width, room)

    def _history(self, left: int) -> list[Line]:
        """Share what is left between the chart (first) and the transitions."""
        view, width = self._view, self._width
        headings = self._large
        if left < 2:
            return transition_lines(view, width, left) if left > 0 and view.transitions else []
        chart_rows = 1 if left < 5 else min(_TALLEST_CHART, (left - headings * 2) // 2 - 1 or 1)
        lines = [chart_title(view, width)] if headings and left > 2 else []
        lines += error_chart(view, width, max(1, chart_rows))
        left -= len(lines)
        if headings and left >= 2:
            lines.append(rule(["transitions"], width))
            left -= 1
        if left >= 1:
            shown = transition_lines(view, width, min(left, _MOST_TRANSITIONS))
            lines += shown
        return lines

    def _progress(self) -> Line:
        view, width = self._view, self._width
        if view.total is None or view.total <= 0:
            return justify([Span(clock(view.elapsed), "strong")], [Span("Ctrl-C stops", "faint")], width)
        left = max(view.total - view.elapsed, 0.0)
        words = f" {clock(view.elapsed)} of {clock(view.total)}, {clock(left)} left"
        room = max(width - len(words), 4)
        return [*gauge(view.elapsed / view.total, room, "progress"), Span(words)]
