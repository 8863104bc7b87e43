"""The scenarios: loads of 0.05/s to 500/s, healthy failures of 0.01 to 5 %, and every kind of trouble."""

from __future__ import annotations

from processes import Baseline, Latency, Load, Process, Trouble

HOUR, DAY = 3600.0, 86_400.0
MARKOV = Baseline(failing=0.005, worse=8.0, worse_for=20.0, worse_every=300.0)


def outage(count: int, low: float, high: float) -> Trouble:
    return Trouble("outage", count, (low, high), (0.97, 1.0))


def brown(count: int, low: float, high: float, level: tuple[float, float]) -> Trouble:
    return Trouble("brown-out", count, (low, high), level)


def slow(count: int, low: float, high: float, factor: float = 8.0) -> Trouble:
    return Trouble("slow", count, (low, high), (0.9, 1.0), factor)


def timeouts(count: int, low: float, high: float, after: float) -> Trouble:
    return Trouble("timeout", count, (low, high), (0.7, 1.0), after)


BLIPS = Trouble("blip", 6, (1.0, 3.0))
DEPLOYS = Trouble("deploy", 6, (3.0, 3.0), (0.5, 1.0))
ONE_BAD = Trouble("one bad", 2, (400.0, 900.0), (0.125, 0.125))
DIURNAL = Load(12.0, 0.2, day=DAY / 4)

KINDS = (
    Process("steady50_outage", 3000, Load(50), Baseline(0.01), (outage(3, 60, 240),)),
    Process("steady500_outage", 600, Load(500), Baseline(0.0001), (outage(3, 15, 45),)),
    Process("high200_brown30", 1000, Load(200), Baseline(0.005), (brown(3, 30, 90, (0.28, 0.35)),)),
    Process("steady50_brown45", 3000, Load(50), Baseline(0.02), (brown(3, 60, 240, (0.4, 0.5)),)),
    Process("mid20_brown30", 2 * HOUR, Load(20), Baseline(0.01), (brown(3, 120, 500, (0.3, 0.35)),)),
    Process(
        "low2_retry_brown50",
        12 * HOUR,
        Load(2),
        Baseline(0.005, bursts_an_hour=2),
        (brown(3, 600, 1800, (0.45, 0.55)),),
    ),
    Process("low1_outage_5pct", DAY, Load(1), Baseline(0.05), (outage(3, 600, 1800),)),
    Process("low1_retry_outage", DAY, Load(1), Baseline(0.002, bursts_an_hour=1), (outage(3, 400, 1500),)),
    Process("low005_outage", 10 * DAY, Load(0.05), Baseline(0.005), (outage(3, 1800, 7200),)),
    Process("low005_outage_5pct", 10 * DAY, Load(0.05), Baseline(0.05), (outage(3, 2400, 7200),)),
    Process("low02_brown60", 5 * DAY, Load(0.2), Baseline(0.01), (brown(3, 1800, 7200, (0.55, 0.65)),)),
    Process("mid20_mmpp_outage", 2 * HOUR, Load(20, wobble=0.3), MARKOV, (outage(3, 60, 300),)),
    Process("mid20_mmpp_brown50", 2 * HOUR, Load(20), MARKOV, (brown(3, 100, 400, (0.45, 0.55)),)),
    Process("high100_mmpp_brown40", 1500, Load(100, wobble=0.2), MARKOV, (brown(3, 30, 120, (0.38, 0.45)),)),
    Process("mid20_slow", 2 * HOUR, Load(20), Baseline(0.01), (slow(3, 120, 400),)),
    Process("low1_slow", DAY, Load(1), Baseline(0.005), (slow(3, 600, 2400, 12.0),)),
    Process("mid20_timeouts", 2 * HOUR, Load(20), Baseline(0.005), (timeouts(3, 120, 400, 10.0),)),
    Process("high200_timeouts_3s", 900, Load(200), Baseline(0.002), (timeouts(3, 25, 60, 3.0),)),
    Process("diurnal_outage", DAY, DIURNAL, Baseline(0.01), (outage(4, 200, 900),)),
    Process(
        "diurnal_retry_outage", DAY, DIURNAL, Baseline(0.003, bursts_an_hour=1.5), (outage(4, 200, 900),)
    ),
    Process("diurnal_brown40", DAY, DIURNAL, Baseline(0.01), (brown(4, 300, 1200, (0.38, 0.45)),)),
    Process(
        "square_retry_brown60",
        DAY,
        Load(6, 0.1, day=DAY / 4, square=True),
        Baseline(0.005, bursts_an_hour=1),
        (brown(4, 400, 1500, (0.55, 0.65)),),
    ),
    Process(
        "steady50_flapping", 3000, Load(50), Baseline(0.01), (Trouble("flap", 3, (100, 260), factor=10.0),)
    ),
    Process(
        "low5_flapping", 6 * HOUR, Load(5), Baseline(0.01), (Trouble("flap", 3, (300, 900), factor=30.0),)
    ),
    Process("steady50_ramp", 3000, Load(50), Baseline(0.01), (Trouble("ramp", 3, (150, 400), (0.7, 0.9)),)),
    Process("steady50_blips_outage", 3000, Load(50), Baseline(0.01), (BLIPS, outage(2, 60, 240))),
    Process("high200_blips", 900, Load(200), Baseline(0.001), (BLIPS,)),
    Process("mid20_deploys_outage", 2 * HOUR, Load(20), Baseline(0.01), (DEPLOYS, outage(2, 100, 400))),
    Process("steady100_deploys", 1500, Load(100), Baseline(0.002), (DEPLOYS,)),
    Process("steady50_one_bad_outage", 3600, Load(50), Baseline(0.005), (ONE_BAD, outage(2, 60, 240))),
    Process("mid20_one_bad", 2 * HOUR, Load(20), Baseline(0.005), (ONE_BAD,)),
    Process(
        "mid20_bad_client_brown50",
        2 * HOUR,
        Load(20),
        Baseline(0.005, refused=0.05),
        (Trouble("bad client", 2, (200, 700), (0.08, 0.14)), brown(2, 100, 400, (0.45, 0.55))),
    ),
    Process(
        "mid20_mixed",
        2 * HOUR,
        Load(20),
        Baseline(0.01),
        (outage(1, 60, 300), brown(1, 100, 400, (0.35, 0.5)), slow(1, 100, 400), timeouts(1, 100, 300, 5.0)),
    ),
    Process(
        "low3_mmpp_mixed",
        10 * HOUR,
        Load(3),
        MARKOV,
        (outage(1, 300, 900), brown(1, 400, 1500, (0.4, 0.55)), slow(1, 400, 1500), BLIPS),
    ),
    Process("steady100_short_outages", 1500, Load(100), Baseline(0.005), (outage(4, 15, 30),)),
    Process("low5_long_outage", 8 * HOUR, Load(5), Baseline(0.01), (outage(2, 2400, 4800),)),
    Process(
        "mid30_spread_outages", 2 * HOUR, Load(30), Baseline(0.01), (outage(3, 20, 60), outage(1, 900, 1500))
    ),
    Process(
        "low2_short_and_long", 10 * HOUR, Load(2), Baseline(0.01), (outage(3, 40, 90), outage(1, 6000, 8000))
    ),
    Process("mid20_nothing", 2 * HOUR, Load(20), Baseline(0.01)),
    Process("high200_mmpp_nothing", 900, Load(200, wobble=0.3), MARKOV),
    Process("low05_retry_nothing", 2 * DAY, Load(0.5), Baseline(0.01, bursts_an_hour=1)),
    Process("diurnal_retry_nothing", DAY, DIURNAL, Baseline(0.005, bursts_an_hour=1.5)),
    Process("low005_5pct_nothing", 10 * DAY, Load(0.05), Baseline(0.05)),
    Process("too_little_low005", 2 * HOUR, Load(0.05), Baseline(0.01), refused=True),
    Process("too_little_20", 20, Load(20), Baseline(0.01), refused=True),
    Process("too_little_outage", 1200, Load(0.2), Baseline(0.01), (outage(1, 200, 300),), refused=True),
)

LONG = (
    Process("30 days at 0.05/s", 30 * DAY, Load(0.05), Baseline(0.01)),
    Process("30 days at 0.05/s, 5 %", 30 * DAY, Load(0.05), Baseline(0.05)),
    Process("30 days at 0.5/s, bursts", 30 * DAY, Load(0.5), Baseline(0.01, bursts_an_hour=0.5)),
    Process("20 days, day and night, bursts", 20 * DAY, Load(3, 0.1), Baseline(0.005, bursts_an_hour=0.5)),
    Process("10 days at 2/s, Markov", 10 * DAY, Load(2), MARKOV),
    Process("10 days at 5/s", 10 * DAY, Load(5), Baseline(0.02), latency=Latency(0.1, 0.8)),
)
