"""The text of a live run."""

from __future__ import annotations

from helpers import count_window
from helpers_live import Answer, Behaviour, every, plan_of, play

from cbtool.breaker import WhenOpen, WhenOpenAction
from cbtool.metrics.thresholds import Threshold
from cbtool.report.live import live_text, plan_text


def outage(now: float, _: object) -> Answer:
    return Answer(500 if 5.0 <= now < 12.0 else 200)


def fits(text: str) -> bool:
    return all(len(line) <= 80 for line in text.splitlines())


def test_what_a_trip_looks_like() -> None:
    result = play(plan_of(every(0.1, 400), count_window(10), profile="mine"), outage).result
    checks = [Threshold.parse(text).check(result.values()) for text in ("opens==0", "time_to_open<5s")]
    text = live_text(result, checks=checks, record="run.ndjson")
    blocks = text.split("\n\n")
    assert blocks[0].startswith("Tripped 1 time: ")
    assert [line[0] for line in blocks[1].splitlines()] == ["✗", "✓"]
    assert blocks[2].startswith("breaker        1 breaker, profile mine\ntime in state  closed ")
    assert "failure rate 50 %" in text
    assert blocks[-1] == "record  run.ndjson"
    assert fits(text)


def test_what_shadow_and_redirect_add() -> None:
    shadow = play(plan_of(every(0.1, 400), count_window(10), shadow=True), outage).result
    assert "in shadow: nothing is blocked" in live_text(shadow)
    assert "would not have been permitted" in live_text(shadow)
    assert "would have shed" in live_text(shadow)
    fallback = WhenOpen(WhenOpenAction.REDIRECT, "http://127.0.0.1:9001")
    redirected = play(plan_of(every(0.1, 400), count_window(10, when_open=fallback)), outage).result
    assert f"redirected     {redirected.redirected:,}, of which " in live_text(redirected)
    assert fits(live_text(shadow))
    assert fits(live_text(redirected))


def test_a_run_without_any_answer() -> None:
    hanging: Behaviour = lambda _, __: Answer(after=1e6)  # noqa: E731
    text = live_text(play(plan_of(every(0.1, 5), max_in_flight=2), hanging).result)
    assert "errors        2 timeout" in text
    assert "3 (over 2 calls in flight; --connections raises it)" in text


def test_a_dry_run_in_words() -> None:
    text = plan_text(plan_of(every(0.5, 21), profile="default"), 2.0, {"POST": 3})
    assert "calls     21, 2/s on average, at most 2/s" in text
    assert "left out  3 POST" in text
    assert "duration  10s" in text
