"""Real projects' configuration files become profiles; what is wrong in one is said with its line."""

from __future__ import annotations

import textwrap

import pytest

from cbtool.breaker.parts import WindowType
from cbtool.errors import ConfigurationError
from cbtool.foreign.reading import Imported, import_profiles


def read(text: str, library: str | None = None) -> Imported:
    return import_profiles(textwrap.dedent(text), "file", library)


SPRING = """\
    spring:
      application: {name: shop}
    resilience4j:
      circuitbreaker:
        configs:
          default:
            slidingWindowType: TIME_BASED
            slidingWindowSize: 30
            minimumNumberOfCalls: 20
          strict:
            baseConfig: default
            failure-rate-threshold: 10
        instances:
          payments:
            baseConfig: strict
            wait-duration-in-open-state: 10s
            registerHealthIndicator: true
          orders:
            permitted-number-of-calls-in-half-open-state: 3
          mail:
            baseConfig: strict
            failureRateThreshold: ${MAIL_RATE:25}
            slowCallDurationThreshold: PT1.5S
"""


def test_spring_instances_take_their_base_and_the_shared_default() -> None:
    imported = read(SPRING)
    payments, orders, mail = (profile.config for profile in imported.profiles)
    assert [profile.name for profile in imported.profiles] == ["payments", "orders", "mail"]
    assert (payments.failure_rate_threshold, payments.minimum_calls) == (10, 20)
    assert payments.wait_duration_in_open_state == 10
    assert payments.sliding_window_type is orders.sliding_window_type is WindowType.TIME
    assert orders.permitted_number_of_calls_in_half_open_state == 3
    assert orders.failure_rate_threshold == 50
    assert mail.failure_rate_threshold == 25
    assert mail.slow_call_duration_threshold == 1.5
    assert imported.remarks == ("file:15: payments: left out, not the breaker's: registerHealthIndicator",)


def test_properties_say_the_same() -> None:
    imported = read(
        """\
        server.port=8080
        resilience4j.circuitbreaker.configs.default.sliding-window-size=40
        resilience4j.circuitbreaker.instances.payments.failureRateThreshold=12.5
        resilience4j.circuitbreaker.instances.payments.wait-duration-in-open-state=2500
        resilience4j.circuitbreaker.instances.payments.record-exceptions[0]=java.io.IOException
        """
    )
    (payments,) = imported.profiles
    assert payments.config.failure_rate_threshold == 12.5
    assert payments.config.wait_duration_in_open_state == 2.5
    assert payments.config.window_size == 40


def test_hystrix_commands_take_the_default_s_properties() -> None:
    imported = read(
        """\
        hystrix.command.default.circuitBreaker.sleepWindowInMilliseconds=7000
        hystrix.command.default.execution.isolation.thread.timeoutInMilliseconds=900
        hystrix.command.Users#get(String).circuitBreaker.requestVolumeThreshold=7
        """
    )
    (users,) = imported.profiles
    assert users.name == "Users#get(String)"
    assert users.config.minimum_calls == 7
    assert users.config.wait_duration_in_open_state == 7


def test_envoy_clusters_and_their_limits() -> None:
    imported = read(
        """\
        static_resources:
          clusters:
          - name: payments
            connect_timeout: 1s
            circuit_breakers: {thresholds: [{max_connections: 100, max_requests: 50}]}
            outlier_detection: {consecutive_5xx: 7, base_ejection_time: 0.5s, max_ejection_percent: 50}
          - name: orders
            outlierDetection: {consecutive5xx: 3}
          - name: mail
        """
    )
    assert imported.library == "envoy"
    assert [(p.name, p.config.consecutive_failures) for p in imported.profiles] == [
        ("payments", 7),
        ("orders", 3),
    ]
    assert imported.profiles[0].config.wait_duration_in_open_state == 0.5
    assert "circuit_breakers.max_connections, circuit_breakers.max_requests" in imported.remarks[0]


def test_istio_rules_and_their_subsets() -> None:
    imported = read(
        """\
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: reviews}
        spec:
          host: reviews
          trafficPolicy:
            connectionPool: {tcp: {maxConnections: 100}}
            outlierDetection: {consecutive5xxErrors: 7, interval: 5m, baseEjectionTime: 15m}
          subsets:
          - name: v2
            trafficPolicy:
              outlierDetection: {consecutive5xxErrors: 2}
        ---
        kind: Service
        metadata: {name: other}
        """
    )
    assert imported.library == "istio"
    assert [p.config.consecutive_failures for p in imported.profiles] == [7, 2]
    assert [p.name for p in imported.profiles] == ["reviews", "reviews-v2"]
    assert imported.profiles[0].config.wait_duration_in_open_state == 900


def test_linkerd_annotations() -> None:
    imported = read(
        """\
        apiVersion: v1
        kind: Service
        metadata:
          name: payments
          annotations:
            balancer.linkerd.io/failure-accrual: consecutive
            balancer.linkerd.io/failure-accrual-consecutive-max-failures: "4"
            balancer.linkerd.io/failure-accrual-consecutive-min-penalty: 2s
        """
    )
    (payments,) = imported.profiles
    assert (payments.name, payments.config.consecutive_failures) == ("payments", 4)


def test_traefik_middlewares_of_a_file_and_as_a_resource() -> None:
    imported = read(
        """\
        http:
          middlewares:
            latency-check:
              circuitBreaker:
                expression: "LatencyAtQuantileMS(50.0) > 100"
                fallbackDuration: 5s
                responseCode: 429
            compressed:
              compress: {}
        ---
        apiVersion: traefik.io/v1alpha1
        kind: Middleware
        metadata:
          name: payments
        spec:
          circuitBreaker:
            expression: NetworkErrorRatio() > 0.30
        """
    )
    assert imported.library == "traefik"
    latency, payments = imported.profiles
    assert (latency.name, latency.config.slow_call_duration_threshold) == ("latency-check", 0.1)
    assert latency.config.wait_duration_in_open_state == 5
    assert (payments.name, payments.config.failure_rate_threshold) == ("payments", 30)
    assert imported.remarks == ("file:4: latency-check: left out, not the breaker's: responseCode",)


def test_nginx_upstreams_whose_servers_differ() -> None:
    imported = read(
        """\
        http {
          # comment with { and ;
          upstream api { zone api 64k;
            server 10.0.0.1:80 max_fails=3 fail_timeout=30s weight=5;
            server 10.0.0.2:80 max_fails=3 fail_timeout=30s;
            server 10.0.0.3:80;
          }
          server { listen 80; location / { proxy_pass http://api; } }
        }
        """
    )
    assert [p.name for p in imported.profiles] == ["api", "api-10.0.0.3:80"]
    api, last = (p.config for p in imported.profiles)
    assert (api.error_count_threshold, api.wait_duration_in_open_state) == (3, 30)
    assert (last.error_count_threshold, last.wait_duration_in_open_state) == (1, 10)


def test_haproxy_takes_the_defaults_of_its_servers() -> None:
    imported = read(
        """\
        global
            maxconn 4000
        defaults
            default-server check inter 3s
        backend api
            default-server observe layer7 error-limit 5 on-error mark-down
            server s1 10.0.0.1:80
            server s2 10.0.0.2:80 error-limit 9 slowstart 10s
        """
    )
    assert [(p.name, p.config.consecutive_failures) for p in imported.profiles] == [("api", 5), ("api-s2", 9)]
    assert imported.profiles[0].config.option("inter") == "3s"


def test_polly_in_appsettings_with_comments() -> None:
    imported = read(
        """\
        // settings
        {"HttpClients": {"Payments": {"StandardResilience": {
          "CircuitBreaker": {"FailureRatio": 0.25, "MinimumThroughput": 50, /* of calls */
            "SamplingDuration": "00:00:45", "BreakDuration": "00:00:05.5", },
        }}}}
        """
    )
    (payments,) = imported.profiles
    assert payments.name == "Payments"
    assert payments.config.window_size == 45
    assert payments.config.wait_duration_in_open_state == 5.5


def test_sentinel_s_rules() -> None:
    imported = read(
        """\
        [{"resource": "getOrder", "grade": 1, "count": 0.5, "timeWindow": 10, "minRequestAmount": 10},
         {"resource": "getOrder", "grade": 0, "count": 200, "timeWindow": 10, "slowRatioThreshold": 0.4}]
        """
    )
    assert [p.name for p in imported.profiles] == ["getOrder", "getOrder#2"]
    assert imported.profiles[1].config.slow_call_duration_threshold == 0.2


@pytest.mark.parametrize(
    ("text", "library"),
    [
        ('{"pybreaker": {"fail_max": 3, "reset_timeout": 12}}', None),
        ('{"pybreaker": {"payments": {"fail_max": 3, "reset_timeout": 12}}}', None),
        ('{"fail_max": 3, "reset_timeout": 12}', "pybreaker"),
        ("[pybreaker]\nfail_max = 3\nreset_timeout = 12\n", None),
        ("fail_max = 3\nreset_timeout = 12\n", "pybreaker"),
    ],
)
def test_keyword_arguments_as_data(text: str, library: str | None) -> None:
    (profile,) = read(text, library).profiles
    assert profile.config.consecutive_failures == 3
    assert profile.config.wait_duration_in_open_state == 12


LINES = "resilience4j.circuitbreaker:\n  instances:\n    a:\n      waitDurationInOpenState: 5s\n      "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{LINES}failureRateThreshold: 120",
            "file:5: resilience4j a: failureRateThreshold must be over 0 and",
        ),
        (f"{LINES}slidingWindowType: RING", "file:5: resilience4j a: slidingWindowType must be COUNT_BASED"),
        (f"{LINES}failureRate: 12", "file:5: resilience4j a: failureRate is unknown"),
        (f"{LINES}baseConfig: none", "file:5: baseConfig 'none' is not among the configs"),
        (f"{LINES}failureRateThreshold: [1]", "file:5: failureRateThreshold must be a single value"),
        (f"{LINES}failureRateThreshold: ${{RATE}}", "file:5: ${RATE} has no default here"),
        (
            f"{LINES}slidingWindowSize: much",
            "file:5: resilience4j a: slidingWindowSize must be a whole number",
        ),
        ('{"pybreaker": {"fail_max": 3,\n"reset": 4}}', "file:2: pybreaker pybreaker: reset is unknown"),
        ('{"pybreaker": {"fail_max": }}', "file:1: not valid JSON"),
        ("a: [1\nb: 2", "file:2: not valid YAML"),
        ("[pybreaker]\nfail_max = \n", "file:2: not valid TOML"),
        ("a: &a [*a]", "file:1: "),
        (
            "just: yaml\n",
            "file:1: no breaker's settings of any library are in it; supported are resilience4j",
        ),
        ("", "file:1: no breaker's settings"),
        ("upstream api {\n server a max_fails=1\n}", "file:3: not valid nginx: a ; is missing"),
        ("upstream api {\n server a;\n", "file:3: not valid nginx: a } is missing"),
        ("upstream api {\n server a max_fails=x;\n}", "file:2: nginx api: max_fails must be a whole number"),
        (
            "backend a\n default-server check error-limit 0 observe layer7\n server s b:1",
            "file:2: haproxy a: error-limit must be at least 1",
        ),
        (
            "clusters:\n- name: a\n  circuit_breakers: {thresholds: [{max_requests: 1}]}",
            "file:3: circuit_breakers are",
        ),
        (
            "clusters:\n- name: a\n  outlier_detection:\n   base_ejection_time: 9s\n   max_ejection_time: 1s",
            "file:5: envoy a: max_ejection_time must not be shorter",
        ),
        (
            "hystrix.command.a.circuitBreaker.requestVolume=3",
            "file:1: circuitBreaker.requestVolume is unknown",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert said in str(caught.value)


def test_an_unknown_library_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'pybreaker'"):
        read("{}", "pybraker")


def test_aliases_do_not_multiply() -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{p: *a{n - 1}, q: *a{n - 1}, r: *a{n - 1}}}" for n in range(1, 30)]
    with pytest.raises(ConfigurationError):
        read("\n".join(lines))
