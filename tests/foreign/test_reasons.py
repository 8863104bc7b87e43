"""Every value that is exported has a reason, and a user is told it."""

from __future__ import annotations

import pytest

from cbtool.errors import ConfigurationError
from cbtool.foreign.arguments import LIBRARIES
from cbtool.foreign.code import identifier
from cbtool.foreign.writing import export_profile, formats_of
from cbtool.profiles import load_profile
from cbtool.shipped import shipped_profiles


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_value_of_every_shipped_profile_has_its_reason(library: str) -> None:
    told = 0
    for name in shipped_profiles():
        try:
            exported = export_profile(load_profile(name), library, form=formats_of(library)[0], rate=20.0)
        except ConfigurationError:  # it says another library's breaker not at all
            continue
        assert [setting for setting, why in exported.reasons.items() if not why] == []
        told += len(exported.reasons)
        remarks = exported.remarks()
        for setting, why in exported.reasons.items():
            words = " ".join(exported.text.split())
            beside = f"{setting}: {why}" in remarks
            assert beside or all(word in words for word in why.split()), (name, setting)
    assert told


def test_growing_waits_are_code_in_net_and_no_setting() -> None:
    code = export_profile(load_profile("balanced"), "polly")
    assert "Math.Min(TimeSpan.FromSeconds(2).TotalSeconds * Math.Pow(1.5, args.HalfOpenAttempts)" in code.text
    data = export_profile(load_profile("balanced"), "polly", form="json")
    assert '"BreakDurationGenerator"' not in data.text
    assert data.config.wait_backoff_multiplier == 1.0
    assert any(
        loss.startswith("wait_backoff_multiplier = 1.5: a BreakDurationGenerator") for loss in data.losses
    )


def test_finagle_is_written_in_scala() -> None:
    text = export_profile(load_profile("finagle"), "finagle").text
    code = [line.strip() for line in text.splitlines() if not line.strip().startswith("//")]
    assert code == [
        "val finagle = Http.client.configured(FailureAccrualFactory.Param(() =>",
        "FailureAccrualPolicy.successRateWithinDuration(",
        "0.8,",
        "30.seconds,",
        "Backoff.equalJittered(5.seconds, 300.seconds),",
        "5).orElse(",
        "FailureAccrualPolicy.consecutiveFailures(",
        "5,",
        "Backoff.equalJittered(5.seconds, 300.seconds)))",
        "))",
    ]


def test_a_value_that_was_changed_for_the_library_has_not_the_profile_s_reason() -> None:
    why = {"minimum_number_of_calls": "because of the night", "sliding_window_size": "because of the day"}
    exported = export_profile(load_profile("balanced"), "sentinel", reasons=why)
    assert exported.config.minimum_calls != load_profile("balanced").config.minimum_calls
    assert exported.reasons["minRequestAmount"] == "no rate is judged over fewer calls"
    assert exported.reasons["statIntervalMs"] == "because of the day"


@pytest.mark.parametrize(
    ("name", "variable"), [("default", "breaker_default"), ("New", "breaker_new"), ("pay", "pay")]
)
def test_no_variable_has_a_name_that_its_language_keeps_for_itself(name: str, variable: str) -> None:
    assert identifier(name) == variable
