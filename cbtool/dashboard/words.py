"""Numbers as the dashboard writes them: of steady width, since they change ten times a second."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """Return a time that is watched as it runs: `4.2 s`, `1:05`, `2:03:10`."""
    if seconds < 60:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def percent(value: float) -> str:
    """Return a percentage: `52 %`, `3.4 %`, `0 %`."""
    return f"{value:.0f} %" if value >= 9.95 or value == 0 else f"{value:.1f} %"


def rate(per_second: float) -> str:
    """Return calls a second: `1,200`, `48`, `0.5`."""
    return f"{per_second:,.0f}" if per_second >= 9.95 or per_second == 0 else f"{per_second:.1f}"


def latency(seconds: float) -> str:
    """Return a latency: `0.8 ms`, `45 ms`, `1.20 s`."""
    if seconds >= 0.9995:
        return f"{seconds:.2f} s"
    milliseconds = seconds * 1e3
    return f"{milliseconds:.0f} ms" if milliseconds >= 9.95 else f"{milliseconds:.1f} ms"
