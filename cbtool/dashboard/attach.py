"""Watch a run: a thread of its own takes ten views a second and draws them, or logs what changed."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, Self, TextIO

from cbtool.dashboard.line import clean
from cbtool.dashboard.plain import PlainLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cbtool.metrics.view import LiveView

FRAMES_PER_SECOND = 10.0
LAST_FRAME_HEIGHT = 24  # rows at most of the frame that stays on the screen after the run


@contextlib.contextmanager
def attach(view: Callable[[], LiveView], *, stderr: TextIO | None = None) -> Iterator[None]:
    """Show a run on standard error for as long as the block runs.

    On a terminal, ten frames a second on its alternate screen; at the end the last frame stays. Anywhere
    else, a line for each transition, and a status line every five seconds.

    Args:
        view: gives the run's present view; called from another thread.
        stderr: where to draw; None: standard error.
    """
    stream = sys.stderr if stderr is None else stderr
    watcher = _Terminal(view, stream) if _can_draw(stream) else _Log(view, stream)
    with watcher:
        yield


class _Watcher(threading.Thread):
    """Calls `look` again and again until the block ends, and once more then."""

    def __init__(self, view: Callable[[], LiveView], stream: TextIO) -> None:
        super().__init__(name="dashboard", daemon=True)
        self.view = view
        self.stream = stream
        self.failure: Exception | None = None
        self._done = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()

    def run(self) -> None:
        """Look until told to stop. What goes wrong here never ends the run."""
        try:
            while not self._done.wait(1 / FRAMES_PER_SECOND):
                self.look()
            self.look()
        except Exception as error:  # noqa: BLE001  # a terminal that is gone, for one; the run goes on
            self.failure = error

    def look(self) -> None:
        """Show the run now."""
        raise NotImplementedError


class _Log(_Watcher):
    """Writes plain lines."""

    def __init__(self, view: Callable[[], LiveView], stream: TextIO) -> None:
        super().__init__(view, stream)
        self._log = PlainLog()

    def look(self) -> None:
        """Write what is new."""
        lines = self._log.lines(self.view())
        if lines:
            encoding = self.stream.encoding or "utf-8"  # a stream of text alone has none
            text = "".join(clean(line) + "\n" for line in lines)
            self.stream.write(text.encode(encoding, "replace").decode(encoding))
            self.stream.flush()


class _Terminal(_Watcher):
    """Draws frames on the alternate screen."""

    def __init__(self, view: Callable[[], LiveView], stream: TextIO) -> None:
        super().__init__(view, stream)
        from rich.console import Console  # noqa: PLC0415  # only a terminal needs Rich

        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._size = (0, 0)

    def __enter__(self) -> Self:
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)
        return super().__enter__()

    def __exit__(self, *exception: object) -> None:
        super().__exit__(*exception)
        with contextlib.suppress(OSError, ValueError):
            self._console.show_cursor(True)
            self._console.set_alt_screen(False)
            if self.failure is None:
                self._leave_last_frame()
            else:
                self._console.print(f"the dashboard stopped: {clean(repr(self.failure))}")

    def look(self) -> None:
        """Draw the run now, over the frame before."""
        from rich.control import Control  # noqa: PLC0415  # see above

        from cbtool.dashboard.frame import frame  # noqa: PLC0415  # see above

        size = _size_of(self.stream)
        home = Control.home() if size == self._size else Control.clear()
        self._console.size = size
        self._size = size
        self._console.print(home, frame(self.view(), *size), sep="", end="")

    def _leave_last_frame(self) -> None:
        from cbtool.dashboard.frame import frame  # noqa: PLC0415  # see above

        width, height = _size_of(self.stream)
        last = frame(self.view(), width, min(height - 1, LAST_FRAME_HEIGHT), fill=False)
        self._console.print(last)
        self._console.line()


def _can_draw(stream: TextIO) -> bool:
    """Return whether the stream is a terminal that moves its cursor and shows block characters."""
    terminal = stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
    return terminal and (stream.encoding or "").lower().replace("-", "") == "utf8"


def _size_of(stream: TextIO) -> tuple[int, int]:
    """Return columns and rows; the terminal is asked each time, since it can be resized."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except OSError:
        return 80, 24
    return max(size.columns, 1), max(size.lines, 1)
