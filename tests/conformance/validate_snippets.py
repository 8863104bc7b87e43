"""Have each library read what `profiles export` prints for it: `python validate_snippets.py [LIBRARY ...]`.

Writes `snippets.json`: each text that the library itself took. A library whose toolchain is missing keeps
what it has, and is named. `record.py` must have run before: its drivers install the libraries.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from record import MissingError, ask
from traffic import EPOCH

from cbtool.foreign.writing import export_profile
from cbtool.profiles import load_profile

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
SNIPPETS = HERE / "snippets.json"
PROFILES = ("balanced", "default", "fowler-bliki", "soundcloud-first")
CACHE = Path(os.environ.get("CBTOOL_CONFORMANCE_CACHE", Path.home() / ".cache" / "cbtool-conformance"))
SOURCES = Path(os.environ.get("CBTOOL_CONFORMANCE_SOURCES", CACHE / "sources"))
PYTHON = ("pybreaker", "aiobreaker", "circuitbreaker", "purgatory")
JAVASCRIPT = {
    "opossum": 'const CircuitBreaker = require("opossum");',
    "brakes": 'const Brakes = require("brakes");',
    "cockatiel": "const { circuitBreaker, handleAll, ConsecutiveBreaker, CountBreaker, SamplingBreaker, "
    'ExponentialBackoff, IterableBackoff } = require("cockatiel");',
}
TIME = {"time": "time"}
GO = {
    "gobreaker": {"gobreaker": "github.com/sony/gobreaker/v2"} | TIME,
    "failsafe-go": {"circuitbreaker": "github.com/failsafe-go/failsafe-go/circuitbreaker"} | TIME,
    "hystrix-go": {"hystrix": "github.com/afex/hystrix-go/hystrix"},
    "handy": {"breaker": "github.com/streadway/handy/breaker"},
    "mercari": {
        "circuitbreaker": "github.com/mercari/go-circuitbreaker",
        "backoff": "github.com/cenkalti/backoff/v3",
    }
    | TIME,
}
"""The packages that a library's snippets may use, by what they call them."""
JAVA = {
    "failsafe": """
import dev.failsafe.CircuitBreaker;
import java.time.Duration;
class Snippet { public static void main(String[] arguments) {
SNIPPET
} }""",
    "hystrix": """
import com.netflix.config.ConfigurationManager;
import com.netflix.hystrix.*;
import com.netflix.hystrix.strategy.properties.HystrixPropertiesFactory;
import java.io.StringReader;
import java.util.Properties;
class Snippet { public static void main(String[] arguments) throws Exception {
Properties given = new Properties();
given.load(new StringReader(arguments[0]));
ConfigurationManager.getConfigInstance();
ConfigurationManager.loadProperties(given);
String command = given.stringPropertyNames().iterator().next().split("\\\\.")[2];
HystrixCommandProperties made = HystrixPropertiesFactory.getCommandProperties(
    HystrixCommandKey.Factory.asKey(command), HystrixCommandProperties.Setter());
String wanted = given.getProperty("hystrix.command." + command + ".circuitBreaker.requestVolumeThreshold");
if (wanted != null && made.circuitBreakerRequestVolumeThreshold().get() != Integer.parseInt(wanted))
    throw new AssertionError("not read");
System.exit(0);
} }""",
    "sentinel": """
import com.alibaba.csp.sentinel.slots.block.degrade.*;
import com.google.gson.Gson;
class Snippet { public static void main(String[] arguments) {
for (DegradeRule rule : new Gson().fromJson(arguments[0], DegradeRule[].class))
    if (!DegradeRuleManager.isValidRule(rule)) throw new AssertionError(rule.toString());
System.exit(0);
} }""",
}
FINAGLE = """
import com.twitter.conversions.DurationOps._
import com.twitter.finagle.Backoff
import com.twitter.finagle.liveness.{FailureAccrualFactory, FailureAccrualPolicy}
object Http { object client { def configured(param: FailureAccrualFactory.Param) = param } }
object Snippet extends App {
SNIPPET
}"""
JAVA["hystrix-1.5.12"] = JAVA["hystrix"]
RUBY = {
    "cb2": 'require "cb2"\n',
    "semian": "require 'of_semian'\n# Semian checks what it is given as it makes its circuit breaker.\n"
    "module Semian; def self.register(name, bulkhead:, **given) = "
    "CircuitBreaker.new(name, **{ exceptions: [], implementation: Simple }.merge(given)); end\n",
}


class RejectedError(Exception):
    """A library does not take a snippet."""


def run(command: Sequence[str | Path], *, needs: str, folder: Path | None = None, **more: str) -> None:
    """Run what loads a snippet."""
    if shutil.which(needs) is None:
        raise MissingError(f"{needs} is missing")
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RejectedError(f"{done.stdout}\n{done.stderr}".strip()[-1500:])


def load(library: str, text: str, folder: Path) -> None:
    """Have a library read a snippet.

    Raises:
        MissingError: it does not run here.
        RejectedError: it does not take it.
    """
    if library in PYTHON:
        names = "from datetime import timedelta\nfrom circuitbreaker import circuit\n"
        python = str(CACHE / "python" / "venv" / "bin" / "python")
        run([python, "-c", f"import {library}\n{names}{text}"], needs=python)
    elif library in JAVASCRIPT:
        modules = str(CACHE / "javascript" / "node_modules")
        program = f"{JAVASCRIPT[library]}\nconst call = async () => 1;\n{text}\nprocess.exit(0);"
        run(["node", "-e", program], needs="node", NODE_PATH=modules)
    elif library in GO:
        load_go(library, text, folder)
    elif library in JAVA:
        (folder / "Snippet.java").write_text(JAVA[library].replace("SNIPPET", text))
        jars = CACHE / "java" / library / "jars" / "*"
        run(["java", "-cp", str(jars), folder / "Snippet.java", text], needs="java")
    elif library == "finagle":
        load_finagle(text, folder)
    elif library in {"resilience4j", "traefik"}:
        load_driven(library, text)
    elif library in RUBY:
        room = HERE / "drivers" / "ruby"
        paths = [f"-I{each}" for each in (room, room / "stand_ins", SOURCES / library / "lib")]
        run(["ruby", *paths, "-e", RUBY[library] + text], needs="ruby")
    elif library == "nginx":
        (folder / "nginx.conf").write_text(f"pid {folder}/pid; events {{}} http {{ access_log off; {text} }}")
        run(["nginx", "-t", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"], needs="nginx")
    else:
        (folder / "haproxy.cfg").write_text(
            f"defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n{text}"
            "\nfrontend all\n bind 127.0.0.1:21999\n"
        )
        run(["haproxy", "-c", "-f", folder / "haproxy.cfg"], needs="haproxy")


def load_driven(library: str, text: str) -> None:
    """Have the driver of the recordings build a breaker of a snippet in YAML."""
    settings = yaml.safe_load(text)
    if library == "traefik":
        [options] = (each["circuitBreaker"] for each in settings["http"]["middlewares"].values())
    else:
        [options] = settings["resilience4j"]["circuitbreaker"]["instances"].values()
    _, [answer] = ask(
        library, [{"id": "snippet", "options": options, "epoch": EPOCH, "t": [0], "d": [0], "r": "s"}]
    )
    if "error" in answer:
        raise RejectedError(answer["error"])


def load_finagle(text: str, folder: Path) -> None:
    """Compile a snippet with Scala's own compiler, and run it; the client is a stand-in."""
    jars = CACHE / "java" / "finagle" / "jars"
    compilers = CACHE / "java" / "scala"
    [version] = (path.stem.removeprefix("scala-library-") for path in jars.glob("scala-library-*.jar"))
    artifact = f"-Dartifact=org.scala-lang:scala-compiler:{version}"
    if not list(compilers.glob(f"scala-compiler-{version}.jar")):
        run(["mvn", "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={compilers}"], needs="mvn")
    (folder / "Snippet.scala").write_text(
        FINAGLE.replace("SNIPPET", text.replace("Backoff, Http", "Backoff"))
    )
    path = f"{jars}/*{os.pathsep}{compilers}/*"
    compiler = ["java", "-cp", path, "scala.tools.nsc.Main", "-usejavacp", "-nowarn", "-d", folder]
    run([*compiler, folder / "Snippet.scala"], needs="java")
    run(["java", "-cp", f"{path}{os.pathsep}{folder}", "Snippet"], needs="java")


def load_go(library: str, text: str, folder: Path) -> None:
    """Build and run a program of one snippet."""
    room = HERE / "drivers" / "go"
    own = CACHE / "go" / f"{library}.mod"
    shutil.copy(own if own.exists() else room / "go.mod", folder / "go.mod")
    shutil.copy(own.with_suffix(".sum") if own.exists() else room / "go.sum", folder / "go.sum")
    imports = "\n".join(f'"{path}"' for name, path in GO[library].items() if f"{name}." in text)
    made = re.search(r"^(\w+) :=", text, re.MULTILINE)
    used = f"{text}\n_ = {made[1]}" if made else text  # Go takes no variable that nobody uses
    program = f"package main\nimport (\n{imports}\n)\nfunc main() {{\n{used}\n}}\n"
    (folder / "main.go").write_text(program)
    run(["go", "run", "-mod=mod", "."], needs="go", folder=folder)


LIBRARIES = (
    *PYTHON,
    *JAVASCRIPT,
    *GO,
    *JAVA,
    "finagle",
    "resilience4j",
    "traefik",
    *RUBY,
    "nginx",
    "haproxy",
)


def main(libraries: Sequence[str]) -> int:
    """Validate these libraries' snippets; return the exit status."""
    kept = json.loads(SNIPPETS.read_text()) if SNIPPETS.exists() else {}
    status = 0
    for library in libraries:
        taken = {}
        try:
            for name in PROFILES:
                text = export_profile(load_profile(name), library).text
                with tempfile.TemporaryDirectory() as folder:
                    load(library, text, Path(folder))
                taken[name] = text
        except MissingError as missing:
            print(f"{library}: not asked: {missing}", file=sys.stderr)
            continue
        except RejectedError as rejected:
            print(f"{library} rejects {name}:\n{rejected}\n", file=sys.stderr)
            status = 1
            continue
        print(f"{library}: {len(taken)} taken")
        kept[library] = taken
    SNIPPETS.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or LIBRARIES))
