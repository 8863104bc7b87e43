"""Who asks a Prometheus server: a token or a user from a file or the environment, sent and never printed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from helpers_prometheus import Asked, StandIn, standing_in

from cbtool.__main__ import run
from cbtool.errors import ConfigurationError
from cbtool.logs.credentials import TOKEN, USER, credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "s3cret"  # noqa: S105  # of this test
BASIC = "Basic bWU6czNjcmV0"  # me:s3cret
POINTS = [[1_700_000_000 + 15 * at, "2"] for at in range(40)]


def for_those_who_say_who_they_are(asked: Asked) -> tuple[int, bytes]:
    if asked.authorization is None:
        return 401, b"Unauthorized"
    data = {"resultType": "matrix", "result": [{"metric": {}, "values": POINTS}]}
    return 200, json.dumps({"status": "success", "data": data}).encode()


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standing_in(for_those_who_say_who_they_are) as made:
        yield made


def ask(server: StandIn, *more: str) -> int:
    asked = ["simulate", "--prometheus", server.url, "--total", "up", "--errors", "down", "--json", *more]
    return run([*asked, "--since", "1700000000", "--until", "1700000600"])


def sent_to(server: StandIn) -> set[str | None]:
    return {each.authorization for each in server.asked}


@pytest.mark.parametrize(
    ("given", "sent"), [((TOKEN, SECRET), f"Bearer {SECRET}"), ((USER, f"me:{SECRET}"), BASIC)]
)
def test_the_environment_says_who_asks(
    given: tuple[str, str],
    sent: str,
    server: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(*given)
    assert ask(server) == 0
    assert sent_to(server) == {sent}
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err


@pytest.mark.parametrize(
    ("config", "sent"),
    [
        (f"basic_auth: {{username: me, password: {SECRET}}}", BASIC),
        ("basic_auth: {username: me, password_file: secret}", BASIC),
        (f"authorization: {{credentials: {SECRET}}}", f"Bearer {SECRET}"),
        ("authorization: {type: Token, credentials_file: secret}", f"Token {SECRET}"),
        ("bearer_token_file: secret\nfollow_redirects: false", f"Bearer {SECRET}"),
    ],
)
def test_promtools_file_says_who_asks(
    config: str, sent: str, server: StandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "http.yml").write_text(config)
    assert ask(server, "--http-config-file", str(tmp_path / "http.yml")) == 0
    assert sent_to(server) == {sent}
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err


def test_who_says_nothing_is_told_how(server: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(server) == 4
    assert f"(status 401): set {TOKEN} or {USER} in the environment" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("[1]", "no configuration of a client"),
        ("basic_auth: {", "no configuration of a client"),
        ("authorization: s3cret", "authorization must have keys of its own"),
        ("oauth2: {client_secret: s3cret}", "oauth2: not supported"),
        ("tls_config: {key_file: x}", "tls_config.key_file: not supported"),
        ("bearer_token_file: none", "none: cannot be read: No such file"),
        ("authorization: {credentials: 's3cret\\nX: y'}", "."),
        ('bearer_token: "s3cret\\r\\nX: y"', "characters that no header may have"),
    ],
)
def test_a_file_that_cannot_be_followed(config: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "http.yml"
    path.write_text(config)
    if problem == ".":  # in single quotes a backslash is one
        assert credentials(None, str(path)).headers["Authorization"].endswith("\\nX: y")
        return
    with pytest.raises(ConfigurationError, match=problem) as caught:
        credentials(None, str(path))
    assert SECRET not in str(caught.value)
