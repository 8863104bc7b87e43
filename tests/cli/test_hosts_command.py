"""`cbtool hosts` from its command line to its figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cbtool.__main__ import run

HALF = '[breaker]\ndialect = "envoy"\n[breaker.options]\nmax_ejection_percent = 50\n'
HEADER = "timestamp,status,instance\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write_log(calls: int = 600) -> None:
    """Ten calls a second over six hosts in turn, of which b answers 500 from the tenth second on."""
    rows = []
    for call in range(calls):
        host = "abcdef"[call % 6]
        rows.append(f"{call / 10},{500 if host == 'b' and call >= 100 else 200},{host}\n")
    Path("log.csv").write_text(HEADER + "".join(rows))


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    return answer


def test_the_hosts_of_a_log_are_watched(capsys: pytest.CaptureFixture[str]) -> None:
    write_log()
    Path("half.toml").write_text(HALF)
    assert run(["hosts", "log.csv", "-p", "half.toml", "--json"]) == 0
    fleet = told(capsys)
    assert (fleet["observed"], fleet["calls"], fleet["refused"]) == (True, 600, 0)
    hosts = {host["host"]: host for host in fleet["hosts"]}  # type: ignore[attr-defined]
    # b fails its calls 103, 109, 115, 121 and 127: out at 12.7 s for 30 s, to the sweep at 50 s, then again
    # after five more.
    assert hosts["b"]["ejections"] == 2
    assert hosts["b"]["by"] == {"consecutive_5xx": 2}
    assert hosts["b"]["ejected"] == pytest.approx((50 - 12.7) + (59.9 - 52.9), abs=1e-6)
    assert [hosts[name]["ejections"] for name in "acdef"] == [0] * 5
    assert fleet["most_ejected"] == pytest.approx(100 / 6)


def test_a_balancer_sends_the_calls_of_ejected_hosts_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{call / 10},{500 if call >= 100 else 200}\n" for call in range(400))
    Path("down.csv").write_text("timestamp,status\n" + rows)
    Path("half.toml").write_text(HALF)
    assert run(["hosts", "down.csv", "--hosts", "4", "-p", "half.toml", "--json"]) == 0
    fleet = told(capsys)
    # All hosts fail, and at most half may be out: the others are found and spared.
    assert fleet["most_ejected"] == 50.0
    assert sum(host["calls"] for host in fleet["hosts"]) == 400  # type: ignore[attr-defined]
    assert fleet["refused"] == fleet["in_panic"] == 0
    assert fleet["spared"]


def test_too_many_hosts_out_make_the_balancer_panic(capsys: pytest.CaptureFixture[str]) -> None:
    Path("eager.toml").write_text(
        '[breaker]\ndialect = "envoy"\n[breaker.options]\nmax_ejection_percent = 100\n'
    )
    rows = "".join(f"{call / 10},{500 if call >= 100 else 200}\n" for call in range(400))
    Path("down.csv").write_text("timestamp,status\n" + rows)
    assert run(["hosts", "down.csv", "--hosts", "4", "-p", "eager.toml", "--json"]) == 0
    fleet = told(capsys)
    assert fleet["most_ejected"] == 100.0
    assert fleet["in_panic"]
    assert fleet["refused"] == 0


def test_the_text_names_the_ejected_hosts_and_their_rules(capsys: pytest.CaptureFixture[str]) -> None:
    write_log()
    Path("half.toml").write_text(HALF)
    assert run(["hosts", "log.csv", "-p", "half.toml"]) == 0
    printed = capsys.readouterr().out
    assert "Ejected 1 of 6 hosts, 2 times." in printed
    assert next(line for line in printed.splitlines() if line.startswith("b ")).split()[1:5] == [
        "100",
        "83",
        "%",
        "2",
    ]


def test_a_limit_under_one_host_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    write_log()
    assert run(["hosts", "log.csv"]) == 0
    printed = capsys.readouterr()
    assert "Ejected none of 6 hosts." in printed.out
    assert "max_ejection_percent = 10 is less than one of 6 hosts: none can ever be ejected" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["log.csv", "-p", "balanced"], "outlier detection is of the dialects envoy and istio"),
        (["bare.csv"], "names no hosts; give --hosts N"),
    ],
)
def test_what_cannot_be_answered_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_log(60)
    Path("bare.csv").write_text("timestamp,status\n0,200\n1,500\n")
    assert run(["hosts", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_each_path_has_a_fleet_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Of six hosts three serve each of two paths; one fails, and now and then nobody is named."""
    rows = []
    for call in range(1200):
        path, host = (f"/a/{call}", "abc"[call // 2 % 3]) if call % 2 else ("/b", "def"[call // 2 % 3])
        bad = host == "b" and call >= 200
        rows.append(f"{call / 10},{500 if bad else 200},{'' if call % 100 == 7 else host},{path}\n")
    Path("two.csv").write_text("timestamp,status,instance,path\n" + "".join(rows))
    Path("half.toml").write_text(HALF)
    assert run(["hosts", "two.csv", "-p", "half.toml", "--by", "path", "--json"]) == 0
    orders, other = told(capsys)["groups"]  # type: ignore[misc]
    assert (orders["group"], orders["calls"], other["group"], other["calls"]) == ("/a/:id", 588, "/b", 600)
    assert {host["host"]: host["ejections"] for host in orders["hosts"]} == {"a": 0, "b": 2, "c": 0}
    assert [host["host"] for host in other["hosts"]] == ["d", "e", "f"]
    # One of three, where without --by it would be one of six.
    assert orders["most_ejected"] == pytest.approx(100 / 3)
    assert run(["hosts", "two.csv", "-p", "half.toml", "--by", "path"]) == 0
    line = capsys.readouterr().out.splitlines()[1].split()
    assert line == ["/a/:id", "588", "3", "27.7", "%", "1", "2", "0", "33.3", "%"]
    assert run(["hosts", "two.csv", "-p", "half.toml", "--path", "/b", "--json"]) == 0
    assert len(told(capsys)["hosts"]) == 3  # type: ignore[arg-type]
    assert run(["hosts", "two.csv", "-p", "half.toml", "--by", "instance"]) == 0
    assert "max_ejection_percent = 50 is less than one of 1 hosts" in capsys.readouterr().err
