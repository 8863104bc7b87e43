"""Log formats: each one a small value; `log_format.py` says what it holds, the registry is below.

To add a format, write a `LogFormat` beside those in `combined.py`, `proxies.py`, `haproxy.py`, `aws.py`,
`json_logs.py`, `load_tests.py` or `plain.py`, and add it to `FORMATS`.
"""

from __future__ import annotations

import difflib

from cbtool.errors import ConfigurationError
from cbtool.traffic.formats.advice import advice
from cbtool.traffic.formats.assembly import NOBODY, Rows, assemble
from cbtool.traffic.formats.aws import ALB, ALB_CSV, ALB_TABLE, ELB, NLB, S3
from cbtool.traffic.formats.combined import (
    APACHE_MICROSECONDS,
    APACHE_MILLISECONDS,
    APACHE_SECONDS,
    COMBINED,
    INGRESS_NGINX,
    NGINX,
    NGINX_KEYED,
    NGINX_LAST,
)
from cbtool.traffic.formats.counts import COUNTS, LOCUST
from cbtool.traffic.formats.documents import HAR, JMETER_XML, OTLP
from cbtool.traffic.formats.fitted import fitted_format
from cbtool.traffic.formats.guessed_lines import guessed_lines
from cbtool.traffic.formats.haproxy import HAPROXY, HAPROXY_CLF, HAPROXY_TCP
from cbtool.traffic.formats.json_logs import (
    CADDY,
    ENVOY_JSON,
    NGINX_JSON,
    NGINX_JSON_SECONDS,
    NGINX_JSON_UNTIMED,
    RAILS,
    TRAEFIK_JSON,
)
from cbtool.traffic.formats.load_tests import GATLING, HEY, JMETER, K6, K6_CSV, OHA, VEGETA, VEGETA_CSV
from cbtool.traffic.formats.log_format import Layout, LogFormat, Stamp
from cbtool.traffic.formats.mapping import PREFIX, guessed_format, mapped_formats
from cbtool.traffic.formats.notations import is_notation
from cbtool.traffic.formats.parsing import ParsedBlock, parse_lines
from cbtool.traffic.formats.placing import PIECE, starts_of
from cbtool.traffic.formats.plain import CSV, NDJSON, RECORD
from cbtool.traffic.formats.proxies import ENVOY, GIN, HEROKU, NPM, SQUID, TRAEFIK
from cbtool.traffic.formats.recognition import recognise
from cbtool.traffic.formats.templates import template_format
from cbtool.traffic.formats.traces import JAEGER, ZIPKIN
from cbtool.traffic.formats.w3c import CLOUDFRONT, CLOUDFRONT_JSON, CLOUDFRONT_REAL_TIME, IIS, IIS_NATIVE
from cbtool.traffic.formats.zeek import ZEEK, ZEEK_JSON

__all__ = [
    "FORMATS",
    "NOBODY",
    "PIECE",
    "Layout",
    "LogFormat",
    "ParsedBlock",
    "Rows",
    "Stamp",
    "advice",
    "assemble",
    "fitted_format",
    "format_named",
    "formats_named",
    "guessed_format",
    "guessed_lines",
    "parse_lines",
    "recognise",
    "starts_of",
]

FORMATS = {
    log_format.name: log_format
    for log_format in (
        NGINX,
        NGINX_LAST,
        NGINX_KEYED,
        INGRESS_NGINX,
        APACHE_MICROSECONDS,
        APACHE_SECONDS,
        APACHE_MILLISECONDS,
        COMBINED,
        ENVOY,
        HAPROXY,
        HAPROXY_CLF,
        HAPROXY_TCP,
        TRAEFIK,
        NPM,
        HEROKU,
        SQUID,
        GIN,
        CADDY,
        TRAEFIK_JSON,
        ENVOY_JSON,
        NGINX_JSON,
        NGINX_JSON_SECONDS,
        NGINX_JSON_UNTIMED,
        RAILS,
        ALB,
        ALB_TABLE,
        ALB_CSV,
        ELB,
        NLB,
        S3,
        CLOUDFRONT,
        CLOUDFRONT_JSON,
        CLOUDFRONT_REAL_TIME,
        IIS,
        IIS_NATIVE,
        ZEEK,
        ZEEK_JSON,
        GATLING,
        JMETER,
        VEGETA,
        VEGETA_CSV,
        K6,
        K6_CSV,
        HEY,
        OHA,
        JMETER_XML,
        HAR,
        OTLP,
        JAEGER,
        ZIPKIN,
        LOCUST,
        COUNTS,
        RECORD,
        CSV,
        NDJSON,
    )
}
"""Every format by name. Where two fit a file equally well, the earlier one is taken."""

_NICKNAMES = {"common": "combined", "vhost_combined": "combined"}
"""Apache's own names of formats that are read as others are."""


def formats_named(name: str) -> tuple[LogFormat, ...]:
    """Return the formats that are meant: one, or those of `map:` and a mapping, for content to tell.

    Raises:
        ConfigurationError: there is none; the message lists those there are.
    """
    if name.startswith(PREFIX):
        return mapped_formats(name.removeprefix(PREFIX))
    return (format_named(name),)


def format_named(name: str) -> LogFormat:
    """Return the format that `--log-format` names, or describes in a server's own notation.

    Raises:
        ConfigurationError: there is none; the message lists those there are.
    """
    if is_notation(name):
        return template_format(name)
    name = _NICKNAMES.get(name, name)
    if name not in FORMATS:
        close = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(FORMATS)}"
        raise ConfigurationError(f"unknown log format {name!r}; {hint}")
    return FORMATS[name]
