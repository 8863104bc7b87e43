"""Which URLs are asked, and that no secret and no other host gets into them."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from helpers_live import plan_of
from hypothesis import given
from hypothesis import strategies as st

from cbtool import __version__
from cbtool.breaker import BreakerConfig
from cbtool.errors import ConfigurationError
from cbtool.live.plan import RequestLine, RunPlan
from cbtool.live.redaction import is_secret_name, redact_path, safe_url
from cbtool.live.requests import MOST_BUILT, RequestBook, health_request, joined, preflight_request


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/a/b?c=d", "http://127.0.0.1:8080/base/a/b?c=d"),
        ("/", "http://127.0.0.1:8080/base/"),
        ("//evil.example/x", "http://127.0.0.1:8080/base/evil.example/x"),
        ("http://evil.example/x?y=1", "http://127.0.0.1:8080/base/x?y=1"),
        ("https://user:pw@evil.example", "http://127.0.0.1:8080/base/"),
        ("@evil.example/x", "http://127.0.0.1:8080/base/"),
        ("evil.example:443", "http://127.0.0.1:8080/base/"),
        ("http://[x/y?z", "http://127.0.0.1:8080/base/y?z"),
        ("*", "http://127.0.0.1:8080/base/"),
        ("/a b\r\nX: y", "http://127.0.0.1:8080/base/a%20b%0D%0AX:%20y"),
        ("/\\evil.example", "http://127.0.0.1:8080/base/%5Cevil.example"),
        ("/caf%C3%A9", "http://127.0.0.1:8080/base/caf%C3%A9"),
        ("/café", "http://127.0.0.1:8080/base/caf%C3%A9"),
        ("/a#b", "http://127.0.0.1:8080/base/a"),
    ],
)
def test_only_path_and_query_of_a_line_are_joined(path: str, url: str) -> None:
    assert joined("http://127.0.0.1:8080/base?x=1", path) == url


@given(st.text(max_size=60))
def test_no_path_leads_to_another_host(path: str) -> None:
    plan = plan_of([0.0], lines=(RequestLine("GET", path),))
    url = RequestBook(plan, plan.url)[0].url
    assert (url.scheme, url.host, url.port) == ("http", "127.0.0.1", 8080)
    assert url.path.startswith("/ask/")


@pytest.mark.parametrize(
    "name",
    [
        "token", "access_token", "apiKey", "api_key", "API-KEY", "apikey", "password", "client_secret",
        "X-Amz-Signature", "sig", "auth", "session_id", "sessionid", "jwt", "token[]", "%74oken",
    ],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["page", "monkey", "author", "keyboard", "tokenize", "design", "q", "", "sign_up"]
)
def test_names_of_no_secrets(name: str) -> None:
    assert not is_secret_name(name)


def test_secrets_are_replaced_and_the_rest_stays_to_the_letter() -> None:
    assert redact_path("/a?x=%20&token=abc&y&sig=1=2") == "/a?x=%20&token=REDACTED&y&sig=REDACTED"
    assert redact_path("/a") == "/a"
    assert safe_url("http://u:p@h:1/a?token=b&c=d#e") == "http://h:1/a?token=REDACTED&c=d"


def test_a_request_says_who_sends_it() -> None:
    request = RequestBook(plan_of([0.0]), "http://127.0.0.1:1/")[0]
    assert request.headers["user-agent"] == f"cbtool/{__version__}"
    assert not {"cookie", "authorization"} & set(request.headers)


def test_own_headers_replace_ours() -> None:
    plan = plan_of([0.0], headers=(("user-agent", "me"), ("X-A", "1"), ("X-A", "2")))
    headers = RequestBook(plan, plan.url)[0].headers
    assert headers.get_list("user-agent") == ["me"]
    assert headers.get_list("x-a") == ["1", "2"]


def test_a_password_in_the_url_becomes_a_header_and_is_not_shown() -> None:
    plan = RunPlan("probe", "http://me:pw@127.0.0.1/x", plan_of([0.0]).schedule, BreakerConfig())
    request = RequestBook(plan, plan.url)[0]
    assert request.headers["authorization"] == "Basic bWU6cHc="
    assert str(request.url) == "http://127.0.0.1/x"
    assert plan.title == "probe http://127.0.0.1/x"


def test_a_request_is_built_once_and_sent_many_times() -> None:
    book = RequestBook(plan_of([0.0]), "http://127.0.0.1/")
    assert book[0] is book[0]


def test_requests_of_a_log_with_many_lines_stay_bounded() -> None:
    lines = tuple(RequestLine("GET", f"/{n}") for n in range(MOST_BUILT + 10))
    book = RequestBook(plan_of([0.0], lines=lines), "http://127.0.0.1/")
    for line in range(len(lines)):
        book[line]
    assert len(book._built) == 10


def test_an_impossible_header_is_a_mistake_of_the_user() -> None:
    plan = plan_of([0.0], headers=(("X-A", "ü€"), ("X\n", "b")))
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        RequestBook(plan, "http://[bad/")[0]


def test_the_health_check_asks_the_targets_host() -> None:
    plan = RunPlan("probe", "http://127.0.0.1:8/deep/x?y=1", plan_of([0.0]).schedule, BreakerConfig())
    request = health_request(plan, "/healthz?full=1")
    assert (request.method, str(request.url)) == ("GET", "http://127.0.0.1:8/healthz?full=1")


def test_the_question_before_a_run_can_be_told_from_traffic() -> None:
    request = preflight_request(plan_of([0.0]), 0.5)
    assert (request.method, request.headers["x-cbtool-preflight"]) == ("HEAD", "1")
    assert request.extensions["timeout"]["read"] == 0.5
    assert urlsplit(str(request.url)).path == "/ask"
