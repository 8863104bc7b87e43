"""The terminal dashboard: what a run looks like, ten times a second, on standard error.

A `LiveView` becomes panels (`head`, `gauges`, `numbers`, `history`), which are lines of styled text
(`line`, `widgets`), which `frame` fits to the terminal and `attach` draws from a thread of its own.
"""

from cbtool.dashboard.attach import attach

__all__ = ["attach"]
