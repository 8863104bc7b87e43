"""The tool from Python: logs in, frames and dataclasses out. `import cbtool` gives what stands here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from os import PathLike
from typing import TYPE_CHECKING

from cbtool.breaker import BreakerConfig
from cbtool.cluster import connected
from cbtool.errors import ConfigurationError
from cbtool.incident_files import parse_labels
from cbtool.logs import read_calls, read_long_calls
from cbtool.long_logs import simulate_long
from cbtool.metrics.thresholds import Threshold
from cbtool.profiles import Profile, default_profile, load_profile
from cbtool.profiles.verify_rules import VerifyRules
from cbtool.recommend import Budget
from cbtool.recommend.asked import Asked
from cbtool.recommend.held_out.validation import answered
from cbtool.simulation.run import simulate as _simulate
from cbtool.sweeping.axes import parse_axes
from cbtool.sweeping.designs import Design, points
from cbtool.sweeping.records import frame_of
from cbtool.sweeping.running import plan_of
from cbtool.sweeping.traffic import traffic_of
from cbtool.traffic.calls import Calls
from cbtool.traffic.selection import Moment, Selection
from cbtool.verifying.dealt import recommended_for
from cbtool.verifying.verify import verify as _verify

if TYPE_CHECKING:
    import polars as pl

    from cbtool.cluster import Cluster
    from cbtool.logs import LogRead
    from cbtool.recommend import Recommendation
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.parts import LongCalls
    from cbtool.verifying import Verification

    Traffic = Calls | LongCalls | str | PathLike[str] | Sequence[str | PathLike[str]]
    """Calls, in memory or on disk, or the files that they are in."""

__all__ = [
    "BreakerConfig",
    "Budget",
    "Moment",
    "Selection",
    "open_log",
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


def open_log(
    *paths: str | PathLike[str], log_format: str | None = None, which: Selection | None = None
) -> Calls | LongCalls:
    """Return what `read_log` does or, of more than four million calls, what lies on disk.

    `simulate`, `sweep` and `recommend` take either; the disk's room is given back with the object.

    Args:
        paths: at least one file.
        log_format: a format's name; None: the content tells.
        which: the calls to look at; None: all.

    Returns:
        n calls; in memory as arrays, on disk `parts()` gives them a million at a time.

    Raises:
        CbtoolError: as `read_log`; there is no room on the disk.
    """
    if not paths:
        raise ConfigurationError("open_log needs at least one file")
    return read_long_calls([str(path) for path in paths], log_format=log_format, which=which).calls


def simulate(
    calls: Traffic,
    profile: str | Profile | BreakerConfig | None = None,
    *,
    instances: int = 1,
    seed: int = 0,
) -> SimulationResult:
    """Run calls through a breaker in virtual time.

    Args:
        calls: from `read_log` or `open_log`, or the files, which are opened.
        profile: a shipped profile's name, a file's path, a profile, or only a breaker's settings, with the
            usual outcome rules; None: the default profile.
        instances: over how many breakers the calls are split.
        seed: of the split and of the waits' jitter.

    Returns:
        The summary; and of calls in memory, what became of each.

    Raises:
        CbtoolError: there is no such profile, or it asks for a health check, which a log does not answer.
    """
    settings, traffic = _profile(profile), _opened(calls)
    if isinstance(traffic, Calls):
        verdicts = settings.rules.verdicts(traffic)
        return _simulate(traffic, verdicts, settings.config, instances=instances, seed=seed)
    return simulate_long(traffic, settings.rules, settings.config, instances=instances, seed=seed).result


def sweep(
    calls: Traffic,
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
        calls: as in `simulate`.
        vary: what varies, each as `--vary` takes it: `failure_rate_threshold=5..60:5`.
        profile: the settings that do not vary; as in `simulate`.
        design: `grid`, `random` or `latin`.
        sample: how many points a sample has.
        instances: over how many breakers the calls are split.
        seed: of the sample, the split and the waits' jitter.
        scheduler: of the Dask cluster that simulates, and reads what is given as files; None: this machine.

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
        traffic = traffic_of(_opened(calls, cluster), settings.rules, cluster)
        swept = traffic.sweep(plan, axes, instances=instances, seed=seed)
    return frame_of(swept)


def recommend(
    calls: Traffic,
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
        calls: as in `simulate`.
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
        parse_labels(incidents),
        today,
    )
    return answered(_opened(calls), asked, validate=validate)


def verify(
    profile: str | Profile | BreakerConfig,
    calls: Traffic | None = None,
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
        calls: recent traffic, as in `simulate`; None: scenarios and rules alone.
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
    opened = None if calls is None else _opened(calls)
    return _verify(
        settings,
        rules.over(settings.verify),
        source="the calls" if calls is not None else "no log",
        calls=opened,
        rates=loads,
        instances=instances or recommended_for(settings.evidence, opened),
        seed=seed,
        labels=parse_labels(incidents),
    )


def _opened(given: Traffic, cluster: Cluster | None = None) -> Calls | LongCalls:
    if not isinstance(given, (str, PathLike, Sequence)):
        return given
    paths = [given] if isinstance(given, (str, PathLike)) else given
    if cluster is None or not paths:
        return open_log(*paths)
    read: LogRead[Calls | LongCalls] = cluster.read([str(path) for path in paths])
    return read.calls


def _profile(given: str | Profile | BreakerConfig | None) -> Profile:
    if given is None:
        return default_profile()
    if isinstance(given, BreakerConfig):
        return Profile("given", given, default_profile().rules)
    return given if isinstance(given, Profile) else load_profile(given)
