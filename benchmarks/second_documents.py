"""The second reader's part for documents: HAR, JMeter's rows and XML, spans, and Gatling's binary log."""

# ruff: noqa: C901  # a format is as it is

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import second_parser as second

if TYPE_CHECKING:
    from collections.abc import Iterator

MS = 1_000_000


# JMeter


def jmeter_row(row: dict[str, str]) -> second.Verdict:
    return jmeter_sample(
        row["timestamp"],
        row["elapsed"],
        row.get("responsecode"),
        row.get("responsemessage"),
        row.get("success"),
    )


def jmeter_sample(
    stamp: str | None, elapsed: str | None, code: str | None, message: str | None, success: str | None
) -> second.Verdict:
    second.check(stamp is not None)
    if (message or "").startswith("Number of samples in transaction"):
        return second.NO_CALL
    at = second.unix(stamp, MS) if str(stamp).isdigit() else second.iso(str(stamp).replace("/", "-"))
    spent = second.took(elapsed, MS)
    if code is None and success is not None:  # the column was left out
        return second.Call(at, spent, 200 if success.lower() == "true" else 0)
    if not (code or "").strip():
        return second.NO_CALL if (success or "true").lower() == "true" else second.Call(at, spent, 0)
    if str(code).startswith("Non HTTP"):
        return second.Call(at, spent, 0)
    return second.Call(at, spent, second.status(code))


def jmeter_xml(data: bytes) -> Iterator[second.Verdict]:
    try:
        root = ET.fromstring(data)  # noqa: S314
    except ET.ParseError:
        # Cut off: what was whole before counts, and the damage is one invalid line.
        yield from _cut_off(data)
        return
    for node in root:
        yield from _samples(node)


def _cut_off(data: bytes) -> Iterator[second.Verdict]:
    parser = ET.XMLPullParser(("start", "end"))
    parser.feed(data)
    depth = 0
    try:
        for kind, node in parser.read_events():
            depth += 1 if kind == "start" else -1
            if kind == "end" and depth == 1:
                yield from _samples(node)
    except ET.ParseError:
        yield second.INVALID


def _samples(node: ET.Element) -> Iterator[second.Verdict]:
    """An HTTP sample, or those within a transaction, or a sample of another kind without any."""
    if node.tag == "httpSample":
        yield _verdict(node)
        return
    if node.tag != "sample":
        for child in node:
            yield from _samples(child)
        return
    if next(node.iter("httpSample"), None) is not None:
        for child in node:
            yield from _samples(child)
        return
    inner = [child for child in node if child.tag == "sample"]
    for child in inner:
        yield from _samples(child)
    yield _verdict(node)


def _verdict(node: ET.Element) -> second.Verdict:
    it = node.attrib
    return second.attempted(
        lambda it: jmeter_sample(it.get("ts"), it.get("t"), it.get("rc", ""), it.get("rm"), it.get("s")), it
    )


# HAR


UNSENT = ("net::ERR_BLOCKED", "net::ERR_CACHE_MISS", "net::ERR_FILE")
ABORTED = {"net::ERR_ABORTED", "NS_BINDING_ABORTED", "Aborted"}


def har(data: bytes) -> Iterator[second.Verdict]:
    for entry in json.loads(data.decode("utf-8-sig"), parse_float=str)["log"]["entries"]:
        yield second.attempted(_har_entry, entry)


def _har_entry(entry: dict[str, Any]) -> second.Verdict:
    url, response = str(entry["request"]["url"]), entry["response"]
    words = str(response.get("_error") or response.get("_failureText") or "")
    if not url.lower().startswith(("http:", "https:", "ws:", "wss:")):
        return second.NO_CALL
    if words.startswith(UNSENT) or entry.get("_fromCache") or "Cache" in entry.get("_fetchType", ""):
        return second.NO_CALL
    code = second.scaled(response["status"], 1)
    answer = 0 if code < 0 else second.status(code)
    if answer == 0 and (words in ABORTED or response.get("statusText") in ABORTED):
        answer = 499
    spent = entry.get("time")
    if spent is None:
        phases = ("blocked", "dns", "connect", "send", "wait", "receive")
        known = [float(entry.get("timings", {}).get(name) or 0) for name in phases]
        spent = sum(phase for phase in known if phase > 0)
    return second.Call(second.iso(entry["startedDateTime"]), second.took(spent, MS), answer)


# Spans


def otlp(data: bytes) -> Iterator[second.Verdict]:
    spans = []
    text = data.decode("utf-8-sig")
    try:
        batches = [json.loads(text)]
    except ValueError:
        batches = [json.loads(line) for line in text.split("\n") if line.strip()]
    for batch in batches:
        for resource in batch["resourceSpans"]:
            for scope in resource.get("scopeSpans", resource.get("instrumentationLibrarySpans", ())):
                spans += scope.get("spans", ())
    wanted = 3 if any(_kind(span) == 3 for span in spans) else 2
    for span in spans:
        if _kind(span) in {wanted, None}:
            yield second.attempted(_span, span)


def _kind(span: dict[str, Any]) -> int | None:
    names = {"SPAN_KIND_SERVER": 2, "SPAN_KIND_CLIENT": 3}
    kind = span.get("kind")
    return names.get(str(kind), kind)


def _span(span: dict[str, Any]) -> second.Verdict:
    attributes = {each["key"]: next(iter(each["value"].values())) for each in span.get("attributes", ())}
    code = attributes.get("http.response.status_code", attributes.get("http.status_code"))
    begun, ended = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    second.check(begun > 0)
    if code is None:
        failed = span.get("status", {}).get("code") in {2, "STATUS_CODE_ERROR"}
        code = 0 if failed else 200
    return second.Call(begun, second.took(ended - begun, 1), second.status(code))


# Gatling


def gatling_binary(data: bytes) -> Iterator[second.Verdict]:
    """Every record but users' and the head is a line."""
    at, known = 1, dict[int, str]()

    def number(form: str = ">i") -> int:
        nonlocal at
        found: int = struct.unpack_from(form, data, at)[0]
        at += struct.calcsize(form)
        return found

    def text() -> str:
        nonlocal at
        length = number()
        if not length:
            return ""
        value = data[at : at + length]
        wide = data[at + length]
        at += length + 1
        return value.decode("utf-16-le" if wide else "latin-1")

    def cached() -> str:
        index = number()
        if index >= 0:
            known[index] = text()
        return known[abs(index)]

    text(), text()
    begun = number(">q")
    text()
    for _ in range(number()):
        text()
    for _ in range(number()):
        size = number()
        at += size
    yield second.NO_CALL
    try:
        while at < len(data):
            kind = number("b")
            if kind == 1:
                for _ in range(number()):
                    cached()
                cached()
                start, end, passed = number(), number(), number("b")
                words = cached()
                code = 200 if passed else int(words[-3:]) if "found " in words and words[-3:].isdigit() else 0
                yield second.Call((begun + start) * MS, (end - start) * MS, code)
            elif kind == 2:
                at += 9
            elif kind == 3:
                for _ in range(number()):
                    cached()
                at += 13
                yield second.NO_CALL
            elif kind == 4:
                cached(), number()
                yield second.NO_CALL
            else:
                yield second.INVALID
                return
    except (struct.error, IndexError):
        return  # cut off
