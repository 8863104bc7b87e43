"""The tool from Python: logs in, frames and dataclasses out. `import cbtool` gives what stands here."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from cbtool.breaker import BreakerConfig
from cbtool.cluster import connected
from cbtool.errors import ConfigurationError
from cbtool.incident_files import parse_label
from cbtool.logs import read_calls
from cbtool.metrics.thresholds import Threshold
from cbtool.profile_verify import VerifyRules
from cbtool.profiles import Profile, default_profile, load_profile
from cbtool.recommend import Budget
from cbtool.recommend.validation import Asked, validated
from cbtool.simulation.run import simulate as _simulate
from cbtool.sweeping.axes import parse_axes
from cbtool.sweeping.designs import Design, points
from cbtool.sweeping.records import frame_of
from cbtool.sweeping.running import plan_of
from cbtool.sweeping.traffic import traffic_of
from cbtool.traffic.selection import Moment, Selection
from cbtool.verifying.verify import verify as _verify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    import polars as pl

    from cbtool.recommend import Recommendation
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls
    from cbtool.verifying import Verification

__all__ = [
    "BreakerConfig",
    "Budget",
    "Moment",
    "Selection",
    "read_log",
    "recommend",
    "simulate",
    "sweep",
    "verify",
]


def read_log(
    *paths: str | PathLike[str], log_format: str | None = None, which: Selection | None = None
) -> Calls:
    """Return the calls in logs or run records, merged by time.

    Args:
        paths: at least one file; `.gz` and `.zst` are told by their content.
        log_format: a format's name, as `--log-format` takes it; None: the content tells.
        which: the calls to look at; None: all.

    Returns:
        n calls as arrays; `frame()` gives them as a table, `notes` says what the log lacked.

    Raises:
        CbtoolError: a file is missing, is no log, or holds no such call; the message says where.
    """
    if not paths:
        raise ConfigurationError("read_log needs at least one file")
    calls = read_calls([str(path) for path in paths], log_format=log_format).calls
    return calls if which is None else which.of(calls)


def simulate(
    calls: Calls, profile: str | Profile | BreakerConfig | None = None, *, instances: int = 1, seed: int = 0
) -> SimulationResult:
    """Run calls through a breaker in virtual time.

    Args:
        calls: from `read_log`.
        profile: a shipped profile's name, a file's path, a profile, or only a breaker's settings, with the
            usual outcome rules; None: the default profile.
        instances: over how many breakers the calls are split.
        seed: of the split and of the waits' jitter.

    Raises:
        CbtoolError: there is no such profile, or it asks for a health check, which a log does not answer.
    """
    settings = _profile(profile)
    verdicts = settings.rules.verdicts(calls)
    return _simulate(calls, verdicts, settings.config, instances=instances, seed=seed)


def sweep(
    calls: Calls,
    vary: Sequence[str],
    profile: str | Profile | BreakerConfig | None = None,
    *,
    design: str = "grid",
    sample: int | None = None,
    instances: int = 1,
    seed: int = 0,
    scheduler: str | None = None,
) -> pl.DataFrame:
    """Try many settings on the same calls.

    Args:
        calls: from `read_log`.
        vary: what varies, each as `--vary` takes it: `failure_rate_threshold=5..60:5`.
        profile: the settings that do not vary; as in `simulate`.
        design: `grid`, `random` or `latin`.
        sample: how many points a sample has.
        instances: over how many breakers the calls are split.
        seed: of the sample, the split and the waits' jitter.
        scheduler: of the Dask cluster that simulates; None: this machine.

    Returns:
        A row a point, in their order: its settings (durations in seconds), `trips`, `false_trips`, `caught`,
        `detection_delay` (seconds), `failed_shed`, `let_through` and `healthy_refused` (calls), and whether
        it is on the Pareto `front`. Points that are no valid settings are left out.

    Raises:
        CbtoolError: what varies is malformed, or no point is valid.
    """
    settings = _profile(profile)
    axes = parse_axes(vary)
    if not axes or design not in list(Design) or (design != Design.GRID and sample is None):
        raise ConfigurationError("sweep needs something to vary, and a sample's size where it takes one")
    tried = points(axes, Design(design), sample, seed)
    plan = plan_of(settings.config, tried)
    with nullcontext() if scheduler is None else connected(scheduler) as cluster:
        swept = traffic_of(calls, settings.rules, cluster).sweep(plan, axes, instances=instances, seed=seed)
    return frame_of(swept)


def recommend(
    calls: Calls,
    *,
    instances: int | None = 1,
    budget: Budget | None = None,
    seed: int = 0,
    incidents: Sequence[str] = (),
    current: str | Profile | BreakerConfig | None = None,
    validate: bool = False,
) -> Recommendation:
    """Recommend settings from calls, with reasons.

    Args:
        calls: from `read_log`.
        instances: over how many breakers the calls will be split; None: the instances that the log names.
        budget: how often it may trip falsely, and what refusing costs; None: the defaults.
        seed: of the simulations.
        incidents: those that you know of, each as `--incident` takes it; none is looked for then.
        current: today's settings, to be held beside the new ones; they also give the outcome rules.
        validate: whether parts of the calls are to be fitted, too, and judged on the rest.

    Returns:
        The settings as a profile, or None with what is missing, and all that led there.

    Raises:
        CbtoolError: an incident is malformed or lies outside the calls, or there is no such profile.
    """
    today = None if current is None else _profile(current)
    asked = Asked(
        instances,
        budget or Budget(),
        (today or default_profile()).rules,
        seed,
        tuple(parse_label(text) for text in incidents),
        today,
    )
    return validated(calls, asked) if validate else asked.of(calls)


def verify(
    profile: str | Profile | BreakerConfig,
    calls: Calls | None = None,
    *,
    loads: Sequence[float] = (),
    thresholds: Sequence[str] = (),
    instances: int | None = None,
    incidents: Sequence[str] = (),
    seed: int = 0,
) -> Verification:
    """Say whether a profile still holds, against traffic, scenarios, its own rules, the past and its reach.

    Args:
        profile: as in `simulate`.
        calls: recent traffic, from `read_log`; None: scenarios and rules alone.
        loads: calls a second that ONE breaker sees, for the scenarios; empty: as in the calls, or the
            profile's evidence.
        thresholds: what must hold on the calls, each as `--threshold` takes it.
        instances: over how many breakers the calls are split; None: as the profile was recommended for.
        incidents: those that you know of, as in `recommend`.
        seed: of every random choice.

    Returns:
        `passed`, and each of the `checks` with its value and limit.

    Raises:
        CbtoolError: there is too little to say, or an argument is malformed.
    """
    settings = _profile(profile)
    rules = VerifyRules(thresholds=tuple(Threshold.parse(text) for text in thresholds))
    return _verify(
        settings,
        rules.over(settings.verify),
        source="the calls" if calls is not None else "no log",
        calls=calls,
        rates=loads,
        instances=instances or (1 if settings.evidence is None else settings.evidence.instances),
        seed=seed,
        labels=tuple(parse_label(text) for text in incidents),
    )


def _profile(given: str | Profile | BreakerConfig | None) -> Profile:
    if given is None:
        return default_profile()
    if isinstance(given, BreakerConfig):
        return Profile("given", given, default_profile().rules)
    return given if isinstance(given, Profile) else load_profile(given)
