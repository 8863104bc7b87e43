"""All checks of one profile, in the order in which people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.breaker.reach import Load, Reachability, reachability
from cbtool.breaker.reach.words import TRIP_RULES, notes, said
from cbtool.errors import InsufficientDataError
from cbtool.recommend.model import IncidentKind
from cbtool.recommend.reading.columns import count, median_of
from cbtool.recommend.refusal import missing
from cbtool.recommend.surroundings.reach import loads_along
from cbtool.traffic.labels import label_spans
from cbtool.units import format_rate
from cbtool.verifying.dealt import dealt
from cbtool.verifying.drift import drift_checks
from cbtool.verifying.expected_trips import expected_trips
from cbtool.verifying.lab import TYPICAL_P99, AtLoad, Usual, loads_of
from cbtool.verifying.model import Check, Group, Limits, Verification
from cbtool.verifying.scenarios import scenario_checks
from cbtool.verifying.seen import Seen, seen, seen_of
from cbtool.verifying.traffic import assertion_checks, traffic_checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbtool.metrics.thresholds import Threshold
    from cbtool.profiles import Profile
    from cbtool.profiles.verify_rules import VerifyRules
    from cbtool.simulation.health import HealthTimeline
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.labels import Label
    from cbtool.traffic.parts import LongCalls

_P99_OVER_MEDIAN = 3.0  # where nobody said how long most calls take


@dataclass(frozen=True)
class Story:
    """A scenario to hold the profile against.

    Attributes:
        name: for people.
        calls: its calls.
        health: what health checks answer.
        thresholds: what must hold in it, beside what always must.
    """

    name: str
    calls: Calls
    health: HealthTimeline | None = None
    thresholds: tuple[Threshold, ...] = ()


def verify(
    profile: Profile,
    rules: VerifyRules,
    *,
    source: str,
    calls: Calls | LongCalls | None = None,
    stories: Sequence[Story] = (),
    rates: Sequence[float] = (),
    timeout: float | None = None,
    instances: int | None = 1,
    seed: int = 0,
    labels: Sequence[Label] | None = None,
) -> Verification:
    """Return what holds of a profile, and what does not.

    Args:
        profile: the settings.
        rules: what must hold, the profile's own included.
        source: what it is held against, in words.
        calls: recent traffic; None: there is none, and drift is not looked for.
        stories: scenarios beside those that are made.
        rates: calls a second that one breaker sees, for the scenarios that are made; empty: by the rules,
            the recent traffic or the evidence.
        timeout: the caller's, in seconds; None: as the traffic shows.
        instances: breakers that share the calls; None: one for each instance that they name.
        seed: of every random choice.
        labels: the incidents in `calls`, where the user knows them, and none is looked for; None: these are.

    Raises:
        InsufficientDataError: there is too little traffic to say anything.
        ConfigurationError: the profile resets by health checks, which recorded traffic does not answer.
    """
    limits = _limits(profile, rules)
    found = None if calls is None else _seen(calls, profile, source, instances, seed, labels)
    loads = _loads(profile, rules, found, rates, timeout)
    reach = reachability(profile.config, loads) if loads else Reachability(())
    checks: list[Check] = []
    if found is not None:
        checks += traffic_checks(found, limits, expected=expected_trips(profile.config, found, limits, seed))
        checks += assertion_checks(found, rules.thresholds)
    usual = _usual(profile, found, timeout)
    for load in loads_of(tuple(load.rate for load in loads)):
        checks += scenario_checks(profile, load, usual, limits, seed)
        checks += _strays(reach, load, limits)
    for story in stories:
        told = seen(
            story.calls,
            profile,
            instances=1 if instances is None else instances,
            seed=seed,
            health=story.health,
        )
        checks += traffic_checks(told, limits, story.name)
        own = story.thresholds if found is not None else (*rules.thresholds, *story.thresholds)
        checks += assertion_checks(told, own, story.name)
    if found is not None and profile.evidence is not None:
        checks += drift_checks(profile.config, profile.evidence, found, seed)
    checks += _reach_checks(reach)
    return Verification(
        profile.name,
        source,
        tuple(checks),
        (*_remarks(profile, found), *notes(reach)),
        seed,
        tuple(load.rate for load in loads),
        reach,
    )


def _limits(profile: Profile, rules: VerifyRules) -> Limits:
    evidence = profile.evidence
    if evidence is None:
        return Limits(rules)
    return Limits(rules, evidence.detection_delay, evidence.detection_delay_high)


def _seen(  # noqa: PLR0917  # as they come
    calls: Calls | LongCalls,
    profile: Profile,
    source: str,
    instances: int | None,
    seed: int,
    labels: Sequence[Label] | None,
) -> Seen:
    shared = dealt(calls, profile.rules, instances, seed)
    needs = missing(shared.trace, shared.instances)
    if needs:
        raise InsufficientDataError(f"{source} cannot say whether {profile.name} is right", needs)
    return seen_of(shared, profile, None if labels is None else label_spans(labels, calls), seed=seed)


def _loads(
    profile: Profile,
    rules: VerifyRules,
    found: Seen | None,
    rates: Sequence[float],
    timeout: float | None,
) -> tuple[Load, ...]:
    """Return the loads to try, the quietest first; none where nobody says any."""
    observed = () if found is None else loads_along(found.trace, found.dealt.gave_up, found.instances)
    given = tuple(rates) or tuple(rate for rate in (rules.load_low, rules.load_high) if rate is not None)
    evidence = profile.evidence
    if not given and not observed and evidence is not None:
        given = tuple(rate for rate in (evidence.load_low, evidence.load_high) if rate)
    like = observed[0] if observed else None
    share = like.failure_rate if like else (evidence.healthy_failure_rate if evidence else None)
    patience = timeout if timeout is not None else (like.timeout if like else None)
    failing = like.failing if like else 0.0
    chosen = sorted(set(given)) or [load.rate for load in observed]
    return tuple(Load(rate, failing, patience, share) for rate in chosen)


def _usual(profile: Profile, found: Seen | None, timeout: float | None) -> Usual:
    """Return what healthy calls are like: as they are, else as they were, else as calls are."""
    evidence = profile.evidence
    if found is None:
        if evidence is None or evidence.healthy_failure_rate is None:
            return Usual(timeout=timeout)
        p99 = evidence.healthy_p99 or TYPICAL_P99
        return Usual(p99 / _P99_OVER_MEDIAN, p99, evidence.healthy_failure_rate, timeout=timeout)
    healthy, p99 = found.healthy, found.p99 or TYPICAL_P99
    median = median_of(healthy.duration) / 1e9 if len(healthy) else 0.0
    partial = [each.failed for each in found.incidents if each.kind is IncidentKind.BROWN_OUT]
    return Usual(
        median=min(median, p99) if median > 0 else p99 / _P99_OVER_MEDIAN,
        p99=p99,
        failure_rate=100.0 * (count(healthy.failed) / len(healthy)) if len(healthy) else 0.0,
        brown_out=min(partial, default=None),
        timeout=timeout,
    )


def _strays(reach: Reachability, load: AtLoad, limits: Limits) -> Iterator[Check]:
    """Hold the false trips that chance makes of stray errors to the budget: no log shows them."""
    known = [
        finding.strays_per_day
        for finding in reach.findings
        if finding.rate == load.rate and finding.strays_per_day is not None
    ]
    if known:
        daily, most = sum(known), limits.false_trips_per_day
        yield Check(
            Group.SCENARIOS,
            f"{load.name} ({format_rate(load.rate)}): chance trips a day",
            daily <= most,
            daily,
            most,
            f"{daily:,.0f}" if daily >= 10 else f"{daily:.2g}",
            f"≤ {most:.3g}",
            "stray errors, each independent of the others, fire its rules so often",
        )


def _reach_checks(reach: Reachability) -> Iterator[Check]:
    """Give one check a trip rule, and one that the breaker closes again: neither may be out of reach."""
    dead = {finding.rule: finding for finding in reach.never}
    for rule in dict.fromkeys(finding.rule for finding in reach.findings):
        of_rule = [finding for finding in reach.findings if finding.rule == rule]
        finding = dead.get(rule, of_rule[-1])
        if rule not in TRIP_RULES and rule not in dead:
            continue
        yield Check(
            Group.REACH,
            f"{rule} can fire" if rule in TRIP_RULES else f"{rule} can be had",
            rule not in dead,
            finding.reach.value,
            "reachable",
            said(finding),
            "reachable",
            finding.why if rule in dead else "",
        )


def _remarks(profile: Profile, found: Seen | None) -> Iterator[str]:
    if found is None:
        yield "No log: nothing was held against recent traffic, and drift was not looked for."
    elif profile.evidence is None:
        yield (
            "The profile carries no [evidence] of what it was recommended from, so drift was not looked for;"
            " recommend --output writes it."
        )
    if found is not None and not found.incidents:
        yield "No incident in this traffic: whether incidents are caught is known from the scenarios alone."
