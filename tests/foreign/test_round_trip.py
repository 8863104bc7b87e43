"""What is written in a library's own format, or as data, is read back as it was."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from native_settings import LIBRARIES, natives

from cbtool.breaker.dialects import dialect_named
from cbtool.errors import InvalidSettingError
from cbtool.foreign.reading import config_of, import_profiles
from cbtool.foreign.writing import export_profile, formats_of
from cbtool.profiles import Profile
from cbtool.traffic.outcomes import OutcomeRules

FORMATS = [
    (name, form) for name in LIBRARIES for form in formats_of(name) if form != "code" or name == "traefik"
]
# Traefik's code is YAML, which is read, too.
NAMED = st.sampled_from(["payments", "getOrder", "Client#get(String)", "api.v2", "10", "true", "Zahlung ä"])
ONE_WORD = st.sampled_from(["payments", "api.v2", "10", "get_order"])


@pytest.mark.parametrize(("library", "form"), FORMATS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_an_export_is_read_back_as_it_was(library: str, form: str, data: st.DataObject) -> None:
    dialect = dialect_named(library)
    try:
        config = config_of(dialect, data.draw(natives(library)))
    except InvalidSettingError:
        assume(False)
    name = data.draw(ONE_WORD if form == "config" else NAMED)
    profile = Profile(name, config, OutcomeRules())
    exported = export_profile(profile, library, form=form)
    if (library, form) == ("polly", "json") and config.wait_backoff_multiplier != 1:
        assert any("BreakDurationGenerator" in loss for loss in exported.losses)
        config = exported.config  # every wait is the same there
        profile = Profile(name, config, OutcomeRules())
        exported = export_profile(profile, library, form=form)
    assert not exported.losses
    alike = (library, form) == ("hystrix-1.5.12", "properties")  # as any Hystrix': no version is in it
    for named in (library,) if alike else (None, library):
        imported = import_profiles(exported.text, "file", named)
        assert imported.library == library
        assert [(each.name, each.config) for each in imported.profiles] == [(name, config)]
    again = export_profile(imported.profiles[0], library, form=form)
    assert again.text == exported.text
