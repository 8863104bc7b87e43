"""Where traffic may go: decided on the URL's text, before anything is resolved or sent."""

from __future__ import annotations

import socket

import numpy as np
import pytest

from cbtool.errors import ConfigurationError
from cbtool.live.safety import check_rate, check_target, is_loopback, peak_rate


@pytest.fixture(autouse=True)
def _no_resolving(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a name was resolved")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "gethostbyname", refuse)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.9.8.7", "::1"])
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.com", "127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", "::",  # noqa: S104  # nothing is bound
        "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "::ffff:8.8.8.8", "",
    ],
)  # fmt: skip
def test_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://10.0.0.1:8443/x",
        "http://127.0.0.1@example.com/",
        "http://user:pw@example.com/",
        "http://localhost.example.com/",
        "http://[2001:db8::1]/",
    ],
)
def test_another_host_must_be_confirmed(url: str) -> None:
    with pytest.raises(ConfigurationError, match="--allow-host"):
        check_target(url, ["127.0.0.1", "localhost"])


def test_a_refusal_shows_no_password() -> None:
    with pytest.raises(ConfigurationError) as error:
        check_target("http://user:hunter2@example.com/?token=abc", [])
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com", "example.com."])
def test_a_confirmed_host_may_be_loaded(host: str) -> None:
    assert check_target("http://Example.com:8080/x", [host]) is False


def test_a_confirmed_address() -> None:
    assert check_target("http://[2001:db8::1]/", ["[2001:db8::1]"]) is False


def test_loopback_needs_no_leave() -> None:
    assert check_target("http://127.0.0.1:8080/", []) is True
    assert check_target("http://[::1]:8080/", []) is True


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/", "127.0.0.1:80", "http://", "http:///x", "http://127.0.0.1:99999/",
        "http://[::1/", "file:///etc/passwd", "http://127.0.0.1/a b", "http://127.0.0.1/\x1b[2J", "",
    ],
)  # fmt: skip
def test_what_is_no_target(url: str) -> None:
    with pytest.raises(ConfigurationError):
        check_target(url, ["127.0.0.1"])


@pytest.mark.parametrize(
    ("peak", "loopback", "cap", "refused"),
    [
        (1e6, True, None, False),
        (50.0, False, None, False),
        (51.0, False, None, True),
        (500.0, False, 500.0, False),
        (501.0, False, 500.0, True),
        (101.0, True, 100.0, True),
    ],
)
def test_a_load_above_the_cap_is_refused(
    peak: float, loopback: bool, cap: float | None, refused: bool
) -> None:
    if refused:
        with pytest.raises(ConfigurationError, match="--max-rate"):
            check_rate(peak, loopback=loopback, max_rate=cap)
    else:
        check_rate(peak, loopback=loopback, max_rate=cap)


def test_the_peak_of_a_schedule_is_its_busiest_ten_seconds() -> None:
    quiet = np.arange(0, 60, 1.0)
    busy = 30 + np.arange(0, 10, 0.01)
    schedule = np.rint(np.sort(np.concatenate([quiet, busy])) * 1e9).astype(np.int64)
    assert peak_rate(schedule) == pytest.approx(101.0)
    assert peak_rate(np.rint(np.arange(0, 30, 0.02) * 1e9).astype(np.int64)) == pytest.approx(50.0)
    assert peak_rate(schedule[:1]) == 1.0
    assert peak_rate(schedule[:0]) == 0.0
