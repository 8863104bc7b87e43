"""A study as the one JSON document that its page embeds and shows; nothing on the page is not in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import State
from cbtool.breaker.parts import WindowType
from cbtool.breaker.reach.words import notes
from cbtool.profiles import breaker_table
from cbtool.report.html.paste import to_paste
from cbtool.report.html.pull_request import pull_request
from cbtool.report.series.numbers import rounded
from cbtool.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker import BreakerConfig
    from cbtool.report.html.study import Study
    from cbtool.report.html.trials import Trial

MOST_TRANSITIONS = 2_000
"""Of one simulation; a page must stay small."""


def document_of(study: Study, libraries: Sequence[str], command: str) -> dict[str, Any]:
    """Return the document of a page about traffic.

    Args:
        study: what there is to say.
        libraries: in whose words the settings are offered; empty: the usual ones.
        command: what makes the page again.

    Raises:
        ConfigurationError: a library is unknown or cannot say such settings.
    """
    document: dict[str, Any] = {
        "cbtool": __version__,
        "about": "traffic",
        "source": study.source,
        "command": command,
        "traffic": {
            "calls": study.calls,
            "counted": study.counted,
            "failing": study.failing,
            "failing_percent": _percent(study.failing, study.counted),
            "span_s": round(study.span, 3),
            "rate": rounded(study.rate),
        },
        "recommendation": {**study.answer.to_json(), "source": study.source},
        "before": _trial(study.before, study),
        "after": None if study.after is None else _trial(study.after, study),
        "series": _series(study),
        "latency": None if study.latency is None else study.latency.to_json(),
        "drawn": _drawn(study.drawn),
        **to_paste(study.answer, study.source, libraries),
    }
    document["pull_request"] = pull_request(document, command)
    return document


def _trial(trial: Trial, study: Study) -> dict[str, Any]:
    config, summary = trial.profile.config, trial.summary
    whole = sum(summary.time_in_state.values())
    simulation = {
        "source": study.source,
        "profile": trial.profile.name,
        "load": 1.0,
        "seed": study.seed,
        **summary.to_json(config),
    }
    simulation["impact"] = {**simulation["impact"], "failing": trial.failing, "healthy": trial.healthy}
    simulation["reachability"] = [finding.to_json() for finding in trial.reach.findings]
    changes = simulation["transitions"]
    simulation["transitions"] = changes[:MOST_TRANSITIONS]
    return {
        "title": trial.title,
        "recorded": trial.recorded,
        "breaker": breaker_table(config),
        "simulation": simulation,
        "transitions_left_out": len(changes) - len(simulation["transitions"]),
        "judgement": trial.judgement.to_json(),
        "remarks": list(notes(trial.reach)),
        "failed_shed_percent": _percent(summary.impact.failed_shed, trial.failing),
        "healthy_refused_percent": _percent(summary.impact.healthy_refused, trial.healthy),
        "not_permitted_percent": _percent(summary.not_permitted, summary.calls),
        "time_open_percent": _percent(summary.time_in_state[State.OPEN], whole),
    }


def _series(study: Study) -> dict[str, Any]:
    return {
        "bin_s": study.bins.width,
        "end_s": rounded(study.bins.end, 9),
        "t": study.bins.starts,
        **study.traffic.to_json(),
        **_windows(study),
        "before": study.before.states.to_json(),
        "after": None if study.after is None else study.after.states.to_json(),
    }


def _windows(study: Study) -> dict[str, Any]:
    """Return what the windows saw; null where they hold no rate."""
    if study.windows is None:
        return {"window_failure_rate": None, "window_slow_call_rate": None}
    return study.windows.to_json()


def _drawn(config: BreakerConfig) -> dict[str, Any]:
    """Return the numbers behind the lines that figures draw; durations in seconds."""
    slow = config.slow_call_duration_threshold
    timed = config.sliding_window_type is WindowType.TIME
    runs = config.sliding_window_type is WindowType.CONSECUTIVE
    return {
        "failure_rate_threshold": None if runs else config.failure_rate_threshold,
        "slow_call_rate_threshold": None if slow is None else config.slow_call_rate_threshold,
        "slow_call_duration_s": slow,
        "window": config.window_size,
        "window_unit": "s" if timed else "calls",
        "minimum_number_of_calls": config.minimum_calls,
        "minimum_number_of_errors": config.minimum_number_of_errors,
    }


def _percent(part: float | None, whole: float) -> float | None:
    return rounded(100.0 * part / whole) if part is not None and whole else None
