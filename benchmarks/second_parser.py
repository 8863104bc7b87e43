"""A second reader of logs, to hold cbtool's to: plain Python, a line at a time.

`PARSERS` give for every line of a text a `Call`, NO_CALL or INVALID, as the programs' documentation has it.
They share no code with cbtool. Conventions of cbtool's that no log could tell are followed: status 0 where
there was no answer, 499 where the client left before there was one.
"""

# ruff: noqa: E501, S101  # patterns are as long as lines are

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

import second_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECOND, MS, US = 1_000_000_000, 1_000_000, 1_000
NO_CALL, INVALID = "no call", "invalid"
UNKNOWN = -1
LAST = 7_258_118_400  # the year 2200
DAY = 86_400 * SECOND
LONGEST_LINE = 65_536


class Call(NamedTuple):
    """What a line says: the moment that it stamps, how long the call took (both ns), and its status."""

    stamp: int
    took: int
    status: int


Verdict = Call | str


class Wrong(Exception):  # noqa: N818
    """The line makes no sense."""


def check(condition: object) -> None:
    if not condition:
        raise Wrong


# Values


MONTHS = {
    name: at
    for at, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}


def nanoseconds(moment: datetime, fraction: str | None = None) -> int:
    seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))
    check(0 <= seconds < LAST)
    return seconds * SECOND + int((fraction or "0")[:9].ljust(9, "0"))


def clf(text: str) -> int:
    """10/Oct/2000:13:55:36 -0700."""
    found = re.fullmatch(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d+))? ([+-])(\d\d)(\d\d)", text)
    check(found)
    assert found
    day, month, year, hour, minute, second, fraction, sign, east_hours, east_minutes = found.groups()
    east = timedelta(hours=int(east_hours), minutes=int(east_minutes))
    moment = datetime(int(year), MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    return nanoseconds(moment - east if sign == "+" else moment + east, fraction)


def iso(text: str) -> int:
    found = re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))? ?(?:[Zz]|([+-])(\d\d):?(\d\d))?",
        text.strip(),
    )
    check(found)
    assert found
    *parts, fraction, sign, hours, minutes = found.groups()
    moment = datetime(*(int(part) for part in parts), tzinfo=UTC)  # type: ignore[arg-type,misc]
    if sign:
        east = timedelta(hours=int(hours), minutes=int(minutes))
        moment = moment - east if sign == "+" else moment + east
    return nanoseconds(moment, fraction)


def scaled(text: Any, unit: int) -> int:
    """A number of units as whole nanoseconds, to the last digit of a decimal one."""
    try:
        return round(Decimal(str(text).strip()) * unit)
    except InvalidOperation:
        raise Wrong from None


def unix(text: Any, unit: int = SECOND) -> int:
    found = scaled(text, unit)
    check(0 <= found < LAST * SECOND)
    return found


def moment(text: Any) -> int:
    try:
        return unix(text)
    except (Wrong, ValueError):
        return iso(str(text))


def took(text: Any, unit: int) -> int:
    """A duration; empty or a dash is not known."""
    if text is None or str(text).strip() in {"", "-"}:
        return UNKNOWN
    found = scaled(text, unit)
    check(0 <= found <= DAY)
    return found


def status(text: Any) -> int:
    found = scaled(text, 1)
    check(found == 0 or 100 <= found <= 999)
    return found


# nginx and Apache

ACCESS = re.compile(
    r"""
    (?P<head>[^"]*?) \[? (?:(?P<time>\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\ [+-]\d{4}) \]\ +
        |(?P<iso>\d{4}-\d\d-\d\d[T\ ]\d\d:\d\d:\d\d[^"\]]*?) \]?\ +)
    "(?P<request>(?:[^"\\]|\\.)*)" \ (?P<status>\d{3}|-) \ (?P<size>\d+|-)
    (?:\ "(?P<referer>(?:[^"\\]|\\.)*)" \ "(?P<agent>(?:[^"\\]|\\.)*)")?
    (?P<rest>.*)
    """,
    re.VERBOSE | re.DOTALL,
)
ERROR_LOG = re.compile(
    r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: |\[\w{3} \w{3} \d\d \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \["
)
TIMES = re.compile(r' "?(\d+\.\d+|-)"?')


def access(duration: Callable[[str], int]) -> Callable[[str], Verdict]:
    def parse(line: str) -> Verdict:
        if ERROR_LOG.match(line):
            return NO_CALL
        found = ACCESS.fullmatch(line)
        check(found)
        assert found
        at = clf(found["time"]) if found["time"] else iso(found["iso"])
        code = 499 if found["status"] == "-" else status(found["status"])  # morgan's, of a client that left
        return Call(at, duration(found["rest"].rstrip()), code)

    return parse


def several(text: str) -> int:
    """Nginx' times of the servers that it tried, one after the other."""
    numbers = re.findall(r"\d+\.\d+|\d+", text)
    if not numbers:
        check(text.strip(' "') == "-")
        return UNKNOWN
    return took(str(sum(float(number) for number in numbers)), SECOND)


def request_time(rest: str) -> int:
    """The first time behind the agent that is none; other quoted values and dashes may stand between."""
    rest = re.sub(r'^ "(?:[^"\\]|\\.)*"(?= [\d-])', "", rest)
    rest = re.sub(r"^(?: -)+(?= \d)", "", rest)
    found = re.match(r' "?((?:\d+\.\d+|-)(?:(?:,| :) (?:\d+\.\d+|-))*)"?(?: |$)', rest)
    check(found)
    assert found
    return several(found[1])


def last_time(rest: str) -> int:
    """Of the times behind the agent the last one, perhaps with $pipe behind it."""
    found = re.search(r' "?((?:\d+\.\d+|-)(?:(?:,| :) (?:\d+\.\d+|-))*)"?(?: "?[.p]"?)?$', rest)
    check(found)
    assert found
    return several(found[1])


def keyed_time(rest: str) -> int:
    pairs = dict(re.findall(r'(?:^|[ ,;|"])(\w+)="?([\d., :-]+?)"?(?=$|[ ,;|"](?:\w|$))', rest))
    for key in ("rt", "request_time", "urt", "upstream_response_time", "upstream_time"):
        if re.match(r"\d", pairs.get(key, "")):
            return several(pairs[key])
    check(any("-" in value for value in pairs.values()))
    return UNKNOWN


def last_number(unit: int) -> Callable[[str], int]:
    def duration(rest: str) -> int:
        found = re.fullmatch(r' (?:"[^"]*" )*"?(?:\d+/)?(\d+)"?', rest)
        check(found)
        assert found
        return took(found[1], unit)

    return duration


def ingress(rest: str) -> int:
    found = re.match(r" \d+ (\d+\.\d+) \[", rest)
    check(found)
    assert found
    return took(found[1], SECOND)


# Proxies


def envoy(line: str) -> Verdict:
    found = re.match(
        r'\[([^\]]+)\] "(.*?)" (\d+) (\S+) (?:(\S+) (\S+) "[^"]*" )?(?:"[^"]*" )?(\d+) (\d+) (\d+|-) (\d+|-) "',
        line,
    ) or re.match(r'\[([^\]]+)\] "(.*?)" (\d+) (\S+) (\S+) (\S+) "[^"]*" "[^"]*" (\d+) (\d+) (\d+|-)', line)
    check(found)
    assert found
    code = status(found[3])
    if code == 0 and {"DC", "DR"} & set(found[4].split(",")):
        code = 499
    return Call(iso(found[1]), took(found[9], MS), code)


def envoy_json(line: str) -> Verdict:
    it = json_object(line)
    code = status(it["response_code"])
    if code == 0 and {"DC", "DR"} & set(str(it.get("response_flags")).split(",")):
        code = 499
    return Call(iso(str(it["start_time"])), took(it.get("duration"), MS), code)


HAPROXY = re.compile(
    r"\[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)\.(\d{3})\] \S+ [^\s/]+/\S+"
    r"(?: [^\s/]+)? (?:-?\d+/){4}\+?(-?\d+) (-1|\d{3}) \+?\d+ \S+ \S+ (\S{4}) (?:\d+/){4}\+?\d+ \d+/\d+ "
)
HAPROXY_TCP = re.compile(r"\[\d\d/\w{3}/\d{4}:[\d:.]+\] \S+ \S+ -?\d+/-?\d+/\+?-?\d+ \+?\d+ \S\S ")
HAPROXY_WORDS = re.compile(
    r"\] \S+: [A-Z]|\]: (?:Connect from|Proxy \S+ (?:started|stopped)|Server \S+ is|Backend|backend|Health|Stopping)"
)


def haproxy(line: str) -> Verdict:
    found = HAPROXY.search(line)
    if not found:
        check(HAPROXY_TCP.search(line) or HAPROXY_WORDS.search(line))
        return NO_CALL
    day, month, year, hour, minute, second, millis, total, code, state = found.groups()
    at = nanoseconds(
        datetime(int(year), MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC), millis
    )
    answer = (499 if state[0] in "Cc" else 0) if code == "-1" else status(code)
    return Call(at, UNKNOWN if total == "-1" else took(total, MS), answer)


def haproxy_clf(line: str) -> Verdict:
    found = re.search(
        r'\[(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "(?:.*?)" (-1|\d{3}) \d+ "" "" \d+ (\d{1,3}) "[^"]*" "[^"]*"'
        r' "[^"]*" (?:-?\d+ ){4}\+?(-?\d+) (\S{4}) ',
        line,
    )
    if not found:
        check(HAPROXY_WORDS.search(line))
        return NO_CALL
    answer = (499 if found[5][0] in "Cc" else 0) if found[2] == "-1" else status(found[2])
    return Call(
        clf(found[1]) + int(found[3]) * MS, UNKNOWN if found[4] == "-1" else took(found[4], MS), answer
    )


def haproxy_tcp(line: str) -> Verdict:
    found = re.search(
        r"\[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)\.(\d{3})\] \S+ [^\s/]+/\S+ -?\d+/-?\d+/\+?(-?\d+) \+?\d+ (\S\S) ",
        line,
    )
    check(found)
    assert found
    day, month, year, hour, minute, second, millis, total, state = found.groups()
    moment = datetime(int(year), MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    answer = 200 if state == "--" else 499 if state[0] in "Cc" else 0
    return Call(nanoseconds(moment, millis), UNKNOWN if total == "-1" else took(total, MS), answer)


def traefik(line: str) -> Verdict:
    found = re.search(
        r'\[([^\]]+)\] "(.*)" (\d+|-) (?:\d+|-) "(.*)" "(.*)" (?:\d+|-) "(.*)" "(.*)" (\d+)ms$', line
    )
    check(found)
    assert found
    return Call(clf(found[1]), took(found[8], MS), status(found[3]))


def heroku(line: str) -> Verdict:
    found = re.search(r"(\d{4}-\d\d-\d\dT\S+) (?:\S+ )?heroku(?:\[router\]:| router )(.*)", line)
    if not found or "at=" not in found[2]:
        check(re.search(r"\d{4}-\d\d-\d\dT\S+ (?:\S+ )?(?:app|heroku)(?:\[| )", line))
        return NO_CALL
    pairs = {key: quoted or bare for key, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|(\S*))', found[2])}
    service, connect = (pairs.get(name, "").removesuffix("ms") for name in ("service", "connect"))
    spent = took(int(service) + int(connect or 0), MS) if service else UNKNOWN
    return Call(iso(found[1]), spent, status(pairs["status"]) if pairs.get("status") else 0)


# JSON


def json_object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_float=str)
    except (ValueError, RecursionError):
        found = json.loads(re.sub(r"\\x(?=[0-9A-Fa-f]{2})", r"\\u00", line), parse_float=str)
    check(isinstance(found, dict))
    return found  # type: ignore[no-any-return]


def caddy(line: str) -> Verdict:
    it = json_object(line)
    logger = it.get("logger")
    if (logger and not str(logger).startswith("http.log.access")) or "request" not in it:
        check(logger or ("level" in it and "msg" in it))
        return NO_CALL
    return Call(caddy_time(it["ts"]), caddy_duration(it.get("duration")), status(it["status"]))


def caddy_time(value: Any) -> int:
    """Unix seconds, milliseconds or nanoseconds, or ISO 8601, as configured."""
    try:
        number = scaled(value, SECOND)
    except Wrong:
        return iso(str(value).replace("/", "-"))
    size = number // SECOND
    return unix(value, 1 if size >= 10**17 else MS if size >= 10**11 else SECOND)


def caddy_duration(value: Any) -> int:
    if isinstance(value, int) and value:
        return took(value, 1)  # whole numbers are nanoseconds
    text = str(value)
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|ms|m|s|µs|us|ns)", text)
    if parts:
        units = {"h": 3600 * SECOND, "m": 60 * SECOND, "s": SECOND, "ms": MS, "µs": US, "us": US, "ns": 1}
        return took(sum(scaled(number, units[unit]) for number, unit in parts), 1)
    return took(value, SECOND)


def traefik_json(line: str) -> Verdict:
    it = json_object(line)
    if "StartUTC" not in it:
        check("level" in it)
        return NO_CALL
    return Call(iso(it["StartUTC"]), took(it.get("Duration"), 1), status(it["DownstreamStatus"]))


def nginx_json(line: str) -> Verdict:
    it = json_object(line)
    if it.get("msec") not in {None, ""}:
        at = unix(it["msec"])
    elif it.get("time_local"):
        at = clf(it["time_local"])
    else:
        at = iso(next(str(it[key]) for key in ("time_iso8601", "@timestamp", "time") if it.get(key)))
    code = it["status"] if "status" in it else it["response"]
    return Call(at, took(it.get("request_time"), SECOND), status(code))


# AWS


def aws(line: str) -> Verdict:
    fields = re.findall(r'"(?:[^"\\]|\\.)*"|\S+', line)
    if line.startswith("#"):
        return NO_CALL
    classic = fields[0][0].isdigit()
    if classic:
        fields.insert(0, "classic")
    check(len(fields) >= 13)
    at = iso(fields[1])
    parts = fields[5:8]
    request = fields[12].strip('"')
    if request.strip() in {"- - -", "-"} and fields[8] == "-" and classic:
        return NO_CALL  # TCP
    spent = (
        UNKNOWN if any(part.startswith("-") for part in parts) else took(str(sum(map(float, parts))), SECOND)
    )
    if not classic and spent == UNKNOWN and len(fields) > 21:
        created = iso(fields[21])
        spent = at - created if at >= created else UNKNOWN
    return Call(at, spent, 0 if fields[8] == "-" else status(fields[8]))


def nlb(line: str) -> Verdict:
    fields = line.split(" ")
    check(fields[0] == "tls" and len(fields) >= 17)
    spent = took(fields[7], MS)
    answer = 0 if fields[6].startswith("-") else 499 if fields[8] == "-" else 200
    return Call(iso(fields[2]), spent, answer)


def alb_row(it: dict[str, Any]) -> Verdict:
    """A row of Athena's table."""
    names = ("request_processing_time", "target_processing_time", "response_processing_time")
    parts = [Decimal(str(it[name])) for name in names]
    spent = UNKNOWN if min(parts) < 0 else took(sum(parts), SECOND)
    return Call(iso(it["time"]), spent, status(it["elb_status_code"]))


def cloudfront_json(line: str) -> Verdict:
    it = json_object(line)
    text = str(it["sc-status"])
    return Call(
        iso(f"{it['date']} {it['time']}"),
        took(it.get("time-taken"), SECOND),
        499 if text == "000" else status(text),
    )


def iis_native(line: str) -> Verdict:
    fields = [field.strip() for field in line.split(",")]
    check(len(fields) >= 15)
    month, day, year = (int(part) for part in fields[2].split("/"))
    hour, minute, second = (int(part) for part in fields[3].split(":"))
    at = datetime(2000 + year % 100, month, day, hour, minute, second, tzinfo=UTC)
    return Call(nanoseconds(at), took(fields[7], MS), status(fields[10]))


def rails(text: str) -> Iterator[Verdict]:
    """Requests in the order in which they end; one that does not is invalid if another takes its place."""
    running: dict[str, int] = {}
    for line in text.split("\n"):
        begun = re.search(r'^(.*?)Started [A-Z]+ "[^"]*" for \S+ at (\S+ \S+(?: [-+]\d{4}| UTC)?)', line)
        ended = re.search(r"^(.*?)Completed (\d{3}) .*? in ([\d.]+)ms", line)
        lost = re.search(r"^(.*?)ActionController::RoutingError", line)
        found = begun or ended or lost
        if found is None:
            continue
        tags = re.findall(r"\[[^\]]*\]", found[1]) if found[1].rstrip().endswith("]") else []
        whose = tags[-1] if tags else "".join(re.findall(r"#\d+\]", found[1]))
        if begun:
            if whose in running:
                yield INVALID
            running[whose] = iso(begun[2].replace(" UTC", "Z"))
        elif whose in running:
            at = running.pop(whose)
            yield Call(at, took(ended[3], MS), status(ended[2])) if ended else Call(at, UNKNOWN, 404)


def s3(line: str) -> Verdict:
    fields = re.findall(r'"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\S+', line)
    check(re.fullmatch(r"[0-9a-f]+", fields[0]))
    if fields[9] == "-":
        return NO_CALL
    return Call(clf(fields[2].strip("[]")), took(fields[13], MS), status(fields[9]))


def squid(line: str) -> Verdict:
    stamp, spent, _client, result, _size, _method, _url, *_rest = line.split()
    word, _, code = result.partition("/")
    answer = 499 if code == "000" and "ABORTED" in word else status(code)
    return Call(unix(stamp), took(max(int(spent), 0), MS), answer)


# Delimited


def delimited(text: str) -> Iterator[dict[str, str] | None]:
    """Yield each row by its lower-case names; None for one that lacks values."""
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = [name.strip().lower() for name in next(rows)]
    for row in rows:
        if any(value.strip() for value in row):
            yield dict(zip(names, row, strict=False)) if len(row) >= len(names) else None


def rowwise(parse: Callable[[dict[str, str]], Verdict]) -> Callable[[str], Iterator[Verdict]]:
    def verdicts(text: str) -> Iterator[Verdict]:
        for row in delimited(text):
            yield INVALID if row is None else attempted(parse, row)

    return verdicts


def attempted(parse: Callable[[Any], Verdict], what: Any) -> Verdict:
    try:
        return parse(what)
    except (
        Wrong,
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        StopIteration,
    ):
        return INVALID


def k6_csv(row: dict[str, str]) -> Verdict:
    if row["metric_name"] != "http_req_duration":
        return NO_CALL
    return Call(moment(row["timestamp"]), took(row["metric_value"], MS), status(row["status"]))


def k6(line: str) -> Verdict:
    it = json_object(line)
    if it["metric"] != "http_req_duration" or it["type"] != "Point":
        return NO_CALL
    data = it["data"]
    return Call(iso(data["time"]), took(data["value"], MS), status(data["tags"]["status"]))


def vegeta(line: str) -> Verdict:
    it = json_object(line)
    return Call(iso(it["timestamp"]), took(it["latency"], 1), status(it["code"]))


def vegeta_csv(text: str) -> Iterator[Verdict]:
    for row in csv.reader(io.StringIO(text, newline="")):
        yield attempted(lambda row: Call(unix(row[0], 1), took(row[2], 1), status(row[1])), row)


JMETER = [
    "timestamp",
    "elapsed",
    "label",
    "responsecode",
    "responsemessage",
    "threadname",
    "datatype",
    "success",
    "failuremessage",
    "bytes",
    "sentbytes",
    "grpthreads",
    "allthreads",
    "url",
    "latency",
    "idletime",
    "connect",
]


def jmeter(text: str) -> Iterator[Verdict]:
    if re.match(r"\d{13}[,;\t|]", text):
        delimiter = text[13]
        text = delimiter.join(JMETER) + "\n" + text
    parents: dict[str, dict[str, str]] = {}  # by thread
    for row in delimited(text):
        verdict = INVALID if row is None else attempted(second_documents.jmeter_row, row)
        if row is not None and isinstance(verdict, Call):
            thread = row.get("threadname", "")
            if is_part(row, parents.get(thread, {})):
                verdict = NO_CALL
            else:
                parents[thread] = row
        yield verdict


def is_part(row: dict[str, str], parent: dict[str, str]) -> bool:
    """Whether a row is a redirect or a resource of the row that stands above it."""
    label = row.get("label", "")
    if not parent or not re.fullmatch(re.escape(parent.get("label", "")) + r"(?:-\d+)+", label):
        return False
    start, end = int(row["timestamp"]), int(row["timestamp"]) + int(row["elapsed"])
    begun = int(parent["timestamp"])
    return (
        row.get("threadname") == parent.get("threadname")
        and begun <= start
        and (end <= begun + int(parent["elapsed"]) + 1)
    )


def gatling(line: str) -> Verdict:
    fields = line.split("\t")
    kinds = {"RUN", "USER", "GROUP", "ERROR", "ASSERTION"}
    if fields[0] in kinds or (len(fields) > 2 and fields[2] in kinds):
        return NO_CALL
    check("REQUEST" in fields[:3])
    at = next(index for index, field in enumerate(fields) if field in {"OK", "KO"} and index > 3)
    numbers = [index for index in range(at) if re.fullmatch(r"\d{13}", fields[index])]
    check(len(numbers) in {2, 4})
    start, end = int(fields[numbers[0]]), int(fields[numbers[-1]])
    check(end >= start)
    words = "\t".join(fields[at + 1 :])
    found = re.search(r"found\s+(\d{3})", words)
    answer = 200 if fields[at] == "OK" else int(found[1]) if found else 0
    return Call(start * MS, took(end - start, MS), answer)


def w3c(text: str) -> Iterator[Verdict]:
    names: list[str] = []
    day, last = None, ""
    if re.match(r"\d{4}-\d\d-\d\d\t", text):
        yield NO_CALL  # cbtool puts the directive there that is missing
    for ended in text.split("\n"):
        line = ended.rstrip("\r")
        if not line.strip():
            continue
        if line.startswith("#"):
            if line.lower().startswith("#fields:"):
                names = line[8:].split()
            if line.startswith("#Date:") and re.match(r"#Date: *\d{4}-", line):
                day, last = datetime.strptime(line[6:].split()[0], "%Y-%m-%d").replace(tzinfo=UTC), ""
            yield NO_CALL
            continue
        if "time" in names and "date" not in names and day:
            clock = line.split()[names.index("time")]
            day += timedelta(days=last[:2] > "12" and clock < last and int(last[:2]) - int(clock[:2]) > 12)
            last = clock
            yield attempted(lambda both: w3c_row(*both), (f"{day:%Y-%m-%d} {line}", ["date", *names]))
            continue
        yield attempted(lambda both: w3c_row(*both), (line, names))


CLOUDFRONT = [
    "date",
    "time",
    "x-edge-location",
    "sc-bytes",
    "c-ip",
    "cs-method",
    "cs(Host)",
    "cs-uri-stem",
    "sc-status",
    "cs(Referer)",
    "cs(User-Agent)",
    "cs-uri-query",
    "cs(Cookie)",
    "x-edge-result-type",
    "x-edge-request-id",
    "x-host-header",
    "cs-protocol",
    "cs-bytes",
    "time-taken",
]


def w3c_row(line: str, names: list[str]) -> Verdict:
    values = line.split("\t") if "\t" in line else line.split(" ")
    if len(values) != len(names):
        values = re.findall(r'"(?:[^"]|"")*"|[^\s"]+', line)
    if not names:
        names = CLOUDFRONT
        values = line.split("\t")[: len(CLOUDFRONT)]
    check(len(values) == len(names))
    it = dict(zip(names, values, strict=True))
    date, time = (it.get(key) or it[f"{key}-local"] for key in ("date", "time"))
    at = iso(f"{date.strip(chr(34))} {time.strip(chr(34))}") // SECOND * SECOND  # taken for whole seconds
    text = it["sc-status"]
    edge = "x-edge-location" in it
    spent = it.get("time-taken", it.get("TimeTakenMS"))
    return Call(at, took(spent, SECOND if edge else MS), 499 if edge and text == "000" else status(text))


def cloudfront_real_time(line: str) -> Verdict:
    fields = line.split("\t")
    code = 499 if fields[3] == "000" else status(fields[3])
    return Call(unix(fields[0]), took(fields[13], SECOND), code)


def plain(it: dict[str, Any]) -> Verdict:
    code, error = it.get("status"), it.get("error")
    if code not in {None, ""}:
        answer = status(code)
    elif "status" in it or error:
        answer = 0
    else:
        check("error" in it)
        answer = 200
    return Call(moment(it["timestamp"]), took(it.get("duration_ms"), MS), answer)


def linewise(parse: Callable[[str], Verdict]) -> Callable[[str], Iterator[Verdict]]:
    def verdicts(text: str) -> Iterator[Verdict]:
        for line in text.split("\n"):
            if line.strip():
                yield INVALID if len(line.encode()) > LONGEST_LINE else attempted(parse, line.rstrip("\r"))

    return verdicts


PARSERS: dict[str, Callable[[str], Iterator[Verdict]]] = {
    "nginx": linewise(access(request_time)),
    "nginx-last": linewise(access(last_time)),
    "nginx-keyed": linewise(access(keyed_time)),
    "ingress-nginx": linewise(access(ingress)),
    "apache-us": linewise(access(last_number(US))),
    "apache-s": linewise(access(last_number(SECOND))),
    "apache-ms": linewise(access(last_number(MS))),
    "combined": linewise(access(lambda _rest: UNKNOWN)),
    "envoy": linewise(envoy),
    "haproxy": linewise(haproxy),
    "haproxy-clf": linewise(haproxy_clf),
    "haproxy-tcp": linewise(haproxy_tcp),
    "traefik": linewise(traefik),
    "heroku": linewise(heroku),
    "caddy": linewise(caddy),
    "traefik-json": linewise(traefik_json),
    "envoy-json": linewise(envoy_json),
    "nginx-json": linewise(nginx_json),
    "nginx-json-seconds": linewise(nginx_json),
    "nginx-json-untimed": linewise(nginx_json),
    "alb": linewise(aws),
    "elb": linewise(aws),
    "nlb": linewise(nlb),
    "alb-table": linewise(lambda line: alb_row(json_object(line))),
    "alb-csv": rowwise(alb_row),
    "s3": linewise(s3),
    "squid": linewise(squid),
    "cloudfront": w3c,
    "cloudfront-real-time": linewise(cloudfront_real_time),
    "cloudfront-json": linewise(cloudfront_json),
    "iis": w3c,
    "iis-native": linewise(iis_native),
    "rails": rails,
    "gatling": linewise(gatling),
    "jmeter": jmeter,
    "vegeta": linewise(vegeta),
    "vegeta-csv": vegeta_csv,
    "k6": linewise(k6),
    "k6-csv": rowwise(k6_csv),
    "csv": rowwise(plain),
    "ndjson": linewise(lambda line: plain(json_object(line))),
}
