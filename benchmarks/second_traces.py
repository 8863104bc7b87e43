"""The second reader's part for Zeek's log and for spans of Zipkin and Jaeger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import second_parser as second

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS = ("http.response.status_code", "http.status_code")


# Zeek


def zeek(text: str) -> Iterator[second.Verdict]:
    names: list[str] = []
    for line in text.split("\n"):
        if line.startswith("#"):
            names = line.split("\t")[1:] if line.startswith("#fields") else names
            yield second.NO_CALL
        elif line.strip():
            values = line.rstrip("\r").split("\t")
            whole = len(values) == len(names)
            yield second.attempted(_seen, dict(zip(names, values, strict=False))) if whole else second.INVALID


def zeek_json(text: str) -> Iterator[second.Verdict]:
    for line in text.split("\n"):
        if line.strip():
            yield second.attempted(_seen_object, line)


def _seen_object(line: str) -> second.Verdict:
    it = second.json_object(line)
    if it.get("_path", "http") != "http" or "trans_depth" not in it:
        return second.NO_CALL
    return _seen(it)


def _seen(it: dict[str, Any]) -> second.Verdict:
    code = it.get("status_code", "-")
    return second.Call(second.moment(it["ts"]), second.UNKNOWN, 0 if code == "-" else second.status(code))


# Spans


def zipkin(data: bytes) -> Iterator[second.Verdict]:
    spans = []
    for value in _values(data.decode("utf-8-sig")):
        spans += value if isinstance(value, list) else [value]
    wanted = "CLIENT" if any(each.get("kind") == "CLIENT" for each in spans) else "SERVER"
    for span in spans:
        if span.get("kind") == wanted:
            yield second.attempted(lambda it: _call(it, "timestamp", it.get("tags") or {}), span)
        else:
            yield second.NO_CALL


def jaeger(data: bytes) -> Iterator[second.Verdict]:
    spans = []
    for value in _values(data.decode("utf-8-sig")):
        whole = value.get("data", value) if isinstance(value, dict) else value
        for each in whole if isinstance(whole, list) else [whole]:
            spans += each.get("spans", [each])
    tagged = [({tag["key"]: tag["value"] for tag in span.get("tags") or ()}, span) for span in spans]
    wanted = "client" if any(tags.get("span.kind") == "client" for tags, _ in tagged) else "server"
    for tags, span in tagged:
        if tags.get("span.kind") == wanted:
            yield second.attempted(lambda both: _call(both[1], "startTime", both[0]), (tags, span))
        else:
            yield second.NO_CALL


def _values(text: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.split("\n") if line.strip()]


def _call(span: dict[str, Any], begun: str, tags: dict[str, Any]) -> second.Verdict:
    failed = (
        str(tags.get("error", "")).lower() not in {"", "false"} or tags.get("otel.status_code") == "ERROR"
    )
    code = next((tags[name] for name in STATUS if tags.get(name) not in {None, ""}), 0 if failed else 200)
    spent = second.took(span.get("duration"), second.US)
    return second.Call(second.unix(span[begun], second.US), spent, second.status(code))
