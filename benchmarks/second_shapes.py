"""A second reader for files whose format cbtool guesses: each shape written down by itself, in plain Python.

`shaped` tries all shapes on all lines and takes the one that finds the most calls. A call's stamp is its start
here, to the second where the file has no finer times.
"""

# ruff: noqa: E501  # patterns are as long as lines are

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import second_parser as second

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND, MS, US = second.SECOND, second.MS, second.US
GO = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": MS, "µs": US, "us": US, "ns": 1}
METHOD = r"(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|PROPFIND|REPORT|CONNECT|TRACE)"


def go_duration(text: str) -> int:
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|s|µs|us|ns)", text)
    second.check(parts)
    return sum(second.scaled(number, GO[unit]) for number, unit in parts)


def rack_time(text: str) -> int:
    return second.clf(text.replace(" ", ":", 1) + " +0000")


def ctime(text: str) -> int:
    month, day, clock, year = text.split()[1:]
    return second.clf(f"{int(day):02}/{month}/{year}:{clock} +0000")


def ended(at: int, took: int, status: str) -> second.Call:
    return second.Call(at - max(took, 0), took, second.status(status))


# By name: a pattern of a whole line, and what makes the call of its groups.
LINES: dict[str, tuple[str, Callable[..., second.Verdict]]] = {
    "rack": (
        r'\S+ \S+ \S+ \[(\d\d/\w{3}/\d{4} \d\d:\d\d:\d\d)\] "[^"]*" (\d{3}) \S+ (\d+\.\d+)',
        lambda at, code, took: ended(rack_time(at), second.took(took, SECOND), code),
    ),
    "jira and confluence": (
        rf"\[([^\]]+)\] .*? {METHOD} \S+ HTTP/\S+ (\d{{3}}) (\d+)ms .*",
        lambda at, code, took: ended(second.clf(at), second.took(took, MS), code),
    ),
    "bitbucket": (
        r'.*\| (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) \| "[^"]*" \| "[^"]*" "[^"]*" \| (\d{3}) \| \S+ \| \S+ \| [^|]* \| (\d+) \|.*',
        lambda at, code, took: ended(second.iso(at), second.took(took, MS), code),
    ),
    "openstack": (
        r'.*? (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) .*"[A-Z]+ \S+ HTTP/\S+" status: (\d{3}) len: \d+ time: (\d+\.\d+)',
        lambda at, code, took: ended(second.iso(at), second.took(took, SECOND), code),
    ),
    "uwsgi": (
        rf"\[pid: .*? \[(\w{{3}} \w{{3}} +\d+ \d\d:\d\d:\d\d \d{{4}})\] {METHOD} \S+ => generated \d+ bytes in (\d+) (msecs|micros) \(HTTP/\S+ (\d{{3}})\).*",
        lambda at, took, unit, code: second.Call(
            ctime(at), second.took(took, MS if unit == "msecs" else US), second.status(code)
        ),
    ),
    "combined with milliseconds": (
        r'.*?\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4})\] "(?:[^"\\]|\\.)*" (\d{3}) \S+ "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*" (\d+)',
        lambda at, code, took: ended(second.clf(at), second.took(took, MS), code),
    ),
    "combined with %T and %D": (
        r'.*?\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4})\] "(?:[^"\\]|\\.)*" (\d{3}) \S+ "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*" \D*\d+[ /](\d+)\**',
        lambda at, code, took: second.Call(second.clf(at), second.took(took, US), second.status(code)),
    ),
    "common without a duration": (
        r'.*?\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [-+]\d{4})\] "(?:[^"\\]|\\.)*" (\d{3})(?: .*)?',
        lambda at, code: second.Call(second.clf(at), second.UNKNOWN, second.status(code)),
    ),
}


def line_shape(name: str) -> Callable[[str], second.Verdict]:
    pattern, make = LINES[name]
    whole = re.compile(pattern)

    def parse(line: str) -> second.Verdict:
        found = whole.fullmatch(line)
        second.check(found)
        assert found  # noqa: S101
        return make(*found.groups())

    return parse


def gcp(it: dict[str, Any]) -> second.Verdict:
    request = it["httpRequest"]
    took = go_duration(request["latency"]) if "latency" in request else second.UNKNOWN
    code = second.status(request.get("status", 0))
    details = str((it.get("jsonPayload") or {}).get("statusDetails"))
    left = code == 0 and details.startswith(("client_disconnected", "client_timed_out"))
    return second.Call(second.iso(it["timestamp"]), took, 499 if left else code)


def azure(it: dict[str, Any]) -> second.Verdict:
    inside = it["properties"]
    at = second.iso(it.get("time") or it["timeStamp"])
    code = inside["httpStatusCode"] if "httpStatusCode" in inside else inside["httpStatus"]
    return ended(at, second.took(inside["timeTaken"], SECOND), code)


def cloudflare(it: dict[str, Any]) -> second.Verdict:
    """Its times are ISO 8601, or Unix seconds or nanoseconds; of fine ones the difference is the duration."""
    begun, ended = (_edge_time(it.get(f"Edge{name}Timestamp")) for name in ("Start", "End"))
    second.check(begun is not None)
    took = second.took(it.get("EdgeTimeToFirstByteMs", it.get("OriginResponseDurationMs")), MS)
    if ended is not None and (took == second.UNKNOWN or (begun % SECOND and ended % SECOND)):
        took = ended - begun
    return second.Call(begun, took, second.status(it["EdgeResponseStatus"]))


def _edge_time(value: Any) -> int | None:
    if value is None or isinstance(value, str):
        return None if value is None else second.iso(value)
    return second.unix(value, 1 if value > 10**17 else SECOND)


def elastic_common(it: dict[str, Any]) -> second.Verdict:
    code = it["http"]["response"]["status_code"]
    return second.Call(second.iso(it["@timestamp"]), second.UNKNOWN, second.status(code))


def plain(it: dict[str, Any]) -> second.Verdict:
    """Objects with `time`, `status` and a duration in seconds at the end."""
    took = it.get("response_time", it.get("apptime", it.get("reqtime")))
    return ended(second.iso(it["time"]), second.took(took, SECOND), it["status"])


OBJECTS = (gcp, azure, cloudflare, elastic_common, plain)


def object_shape(make: Callable[[dict[str, Any]], second.Verdict]) -> Callable[[str], second.Verdict]:
    def parse(line: str) -> second.Verdict:
        it = second.json_object(line)
        try:
            return make(it)
        except KeyError:
            return second.NO_CALL  # an object without a status

    return parse


def shaped(text: str) -> list[second.Verdict]:
    """Return what the shape that fits best says of each line that is not blank."""
    if text.lstrip().startswith(("{", "[")):
        text = one_a_line(text)
    elif re.match(r"\w+:[^\t\n]*\t", text):
        text = "\n".join(
            json.dumps(dict(pair.split(":", 1) for pair in line.split("\t")))
            for line in text.split("\n")
            if line
        )
    shapes = [line_shape(name) for name in LINES] + [object_shape(make) for make in OBJECTS]
    best: list[second.Verdict] = []
    for shape in shapes:
        verdicts = list(second.linewise(shape)(text))
        if count(verdicts) > count(best):
            best = verdicts
    if count(best) * 5 < len(best) * 3:  # most lines are an application's own
        best = [second.NO_CALL if each == second.INVALID else each for each in best]
    return best


def count(verdicts: list[second.Verdict]) -> int:
    return sum(isinstance(each, second.Call) for each in verdicts)


def one_a_line(text: str) -> str:
    decode, at, made = json.JSONDecoder(), 0, list[str]()
    try:
        while at < len(text):
            found, at = decode.raw_decode(text, at)
            made += [json.dumps(each) for each in (found if isinstance(found, list) else [found])]
            at += len(text[at:]) - len(text[at:].lstrip(" \r\n,"))
    except ValueError:
        return text
    return "\n".join(made)
