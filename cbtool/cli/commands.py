"""The commands and the front page. Imports nothing heavy: `cbtool --help` must answer at once."""

from __future__ import annotations

COMMANDS = {
    "demo": "Everything in 30 s on loopback: faults, breaker, dashboard, recommendation.",
    "recommend": "Recommend breaker settings from a log or a run, with reasons.",
    "simulate": "Run a log, a run or a scenario through a breaker in virtual time.",
    "compare": "Put several profiles side by side on the same traffic, at several loads.",
    "sweep": "Try thousands of settings on the same traffic, and show which none beats.",
    "hosts": "Which hosts outlier detection would eject, as Envoy and Istio do it.",
    "report": "One HTML page from a log, a run or a sweep: what happened, what to set.",
    "verify": "Is a profile still right? A gate for CI, with drift and reachability.",
    "capacity": "What dependencies that are down cost, and which wait keeps it small.",
    "probe": "Send generated traffic to a live endpoint through a breaker.",
    "replay": "Send a recorded log's traffic to a live endpoint through a breaker.",
    "upstream": "Serve the faults of a scenario on loopback.",
    "profiles": "List, show, check, import and export breaker profiles and scenarios.",
    "config": "Show which values the options have, and where each comes from.",
    "completion": "Print the script that completes commands and options in a shell.",
}

_PAGE = """\
Usage: cbtool COMMAND [OPTIONS] [ARGUMENTS]

  Test and tune circuit breakers: replay or generate traffic through a
  breaker, watch it, and get thresholds from the data.

Commands:
{commands}

Start here:
  cbtool demo
  cbtool recommend access.log
  cbtool simulate access.log --profile mine.toml
  cbtool verify access.log --profile mine.toml
  cbtool probe http://127.0.0.1:8080/ --rate 200/s --duration 30s
  cbtool COMMAND --help              options and examples of one command

Options for every command:
  --config FILE         Settings; default cbtool.toml or pyproject.toml here.
  --no-color            No colour (so does the variable NO_COLOR).
  --debug               A traceback with an error.
  --version             Print the version.
  --install-completion  Install completion for this shell.
  --show-completion     Print the completion script of this shell.
  -h, --help            Print this page.

Settings come from the flag, else CBTOOL_<FLAG> in the environment, else the
command's table in cbtool.toml or [tool.cbtool.COMMAND] in pyproject.toml,
else the default.

Exit status: 0 done, 1 a gate failed, 2 usage or configuration, 3 too little
data, 4 target or file unreachable, 130 interrupted.
"""


def front_page() -> str:
    """Return what `cbtool --help` prints, at most 80 columns wide."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items()]
    return _PAGE.format(commands="\n".join(lines))
