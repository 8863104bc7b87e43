"""Dependencies point one way, pure rooms stay pure, and files stay small enough to read."""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cbtool"

# What each room may import from this package. A room is a folder or a top-level module.
ALLOWED = {
    "errors": set(),
    "units": {"errors"},
    "jit": set(),
    "small_files": {"errors"},
    "toml": {"errors", "units", "small_files"},
    "breaker": {"errors", "units"},
    "traffic": {"errors", "units", "jit", "breaker"},
    "moments": {"errors", "units", "traffic"},
    "incident_files": {"errors", "small_files", "toml", "traffic", "moments"},
    "metrics": {"errors", "units", "breaker"},
    "shipped": {"errors", "toml"},
    "profiles": {"errors", "units", "toml", "breaker", "traffic", "metrics", "shipped"},
    "scenarios": {"errors", "units", "toml", "breaker", "traffic", "shipped"},
    "catalogue": {"toml", "breaker", "shipped", "profiles", "scenarios"},
    "scratch": {"errors"},
    "logs": {"errors", "units", "breaker", "traffic", "scratch"},
    "simulation": {"errors", "units", "jit", "breaker", "traffic", "metrics"},
    "recommend": {
        "errors",
        "units",
        "jit",
        "breaker",
        "traffic",
        "metrics",
        "profiles",
        "scratch",
        "simulation",
    },
    "verifying": {
        "errors",
        "units",
        "breaker",
        "traffic",
        "metrics",
        "profiles",
        "scratch",
        "simulation",
        "recommend",
    },
    "sweeping": {"errors", "units", "toml", "breaker", "traffic", "simulation", "recommend"},
    "long_logs": {"breaker", "traffic", "simulation", "recommend"},
    "cluster": {"errors", "breaker", "traffic", "scratch", "logs", "sweeping"},
    "foreign": {"errors", "units", "small_files", "toml", "breaker", "traffic", "profiles", "recommend"},
    "api": {
        "errors",
        "breaker",
        "traffic",
        "incident_files",
        "metrics",
        "profiles",
        "logs",
        "simulation",
        "recommend",
        "verifying",
        "sweeping",
        "long_logs",
        "cluster",
    },
    "live": {"errors", "units", "breaker", "traffic", "metrics", "profiles", "scenarios", "scratch"},
    "report": {
        "errors",
        "units",
        "toml",
        "breaker",
        "traffic",
        "metrics",
        "profiles",
        "scratch",
        "logs",
        "simulation",
        "recommend",
        "verifying",
        "sweeping",
        "foreign",
        "live",
        "demo",
    },
    "dashboard": {"errors", "units", "breaker", "metrics", "report"},
    "demo": {"breaker", "traffic", "shipped", "profiles", "scenarios", "simulation", "recommend", "live"},
}
# The steps of a recommendation, in order: each needs, when it runs, only those before it.
STEPS = ("reading", "candidates", "incidents", "false_trips", "search", "surroundings", "held_out")
VALUES = {"asked", "model", "findings"}  # what is asked, and what an answer is made of: any step may use them
PURE = ("breaker", "traffic", "metrics")
IMPURE_MODULES = {
    "time", "datetime", "socket", "asyncio", "threading", "subprocess", "random", "os", "sys", "io",
    "pathlib", "tempfile", "shutil", "httpx", "aiohttp", "pyreqwest", "rich", "typer", "logging",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input"}

# Importing a module of these rooms must import nothing heavy: the front page and light commands use them.
LIGHT = (
    "errors.py",
    "units.py",
    "toml",
    "shipped.py",
    "scenarios.py",
    "profiles",
    "breaker",
    "foreign",
    "cli",
)
HEAVY = {
    "numpy",
    "numba",
    "polars",
    "scipy",
    "httpx",
    "aiohttp",
    "pyreqwest",
    "rich",
    "msgspec",
    "uvloop",
    "hdrh",
    "yaml",
    "jinja2",
    "matplotlib",
}

LONGEST_FILE = 330  # lines


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def at_import_time(path: Path) -> set[str]:
    """Return the packages that importing the file imports: not those in functions or for type checking."""
    found: set[str] = set()

    def visit(body: list[ast.stmt]) -> None:
        for node in body:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                visit(node.orelse)
            elif isinstance(node, (ast.If, ast.Try)):
                visit(node.body)
            elif isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])

    visit(ast.parse(path.read_text()).body)
    return found


def test_test_files_have_names_of_their_own() -> None:
    """pytest imports them by their names alone."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("test_*.py"))
    assert [name for name, number in names.items() if number > 1] == []


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_import_only_what_lies_before_them(path: Path) -> None:
    room = room_of(path)
    if room in ("cli", "__init__", "__main__", "version"):
        return
    rooms = {
        name.split(".")[1] for name in imported(ast.parse(path.read_text())) if name.startswith("cbtool.")
    }
    rooms -= {room, "version"}
    assert rooms <= ALLOWED[room], f"{room} must not import {sorted(rooms - ALLOWED[room])}"


def run_time_imports(path: Path, names: set[str]) -> set[str]:
    """Return the modules that a file imports when it runs, in functions, too; not those for types alone."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    found = imported(tree)
    # `from package import module` is of the module, and of the package only where it has the name itself.
    packages = {name.rpartition(".")[0] for name in found if name in names}
    direct = {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module
        and any(f"{node.module}.{alias.name}" not in names for alias in node.names)
    }
    return {name for name in found if name in names and (name not in packages or name in direct)}


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Not while it is imported nor later: what needs each other is one module, or three."""
    paths = {
        ".".join(("cbtool", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in modules()
    }
    # The package's own __getattr__ hands out the Python interface, which nothing in it asks for.
    needs = {name: run_time_imports(path, set(paths)) - {name} for name, path in paths.items()}
    order = TopologicalSorter(needs)
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("step", STEPS)
def test_each_step_of_a_recommendation_needs_only_those_before_it(step: str) -> None:
    names = {f"cbtool.recommend.{p.stem}" for p in (PACKAGE / "recommend").glob("*.py")} | {
        f"cbtool.recommend.{p.parent.name}.{p.stem}" for p in (PACKAGE / "recommend").glob("*/*.py")
    }
    before = {*VALUES, *STEPS[: STEPS.index(step) + 1]}
    if step == "held_out":
        before |= {"method", "long_method"}
    for path in sorted((PACKAGE / "recommend" / step).glob("*.py")):
        needs = {name.split(".")[2] for name in run_time_imports(path, names)}
        assert needs <= before, f"{path.name} must not import {sorted(needs - before)}"


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_touch_no_clock_socket_or_file(room: str) -> None:
    for path in sorted((PACKAGE / room).rglob("*.py")):
        tree = ast.parse(path.read_text())
        packages = {name.partition(".")[0] for name in imported(tree)}
        assert not packages & IMPURE_MODULES, f"{path.name} imports {sorted(packages & IMPURE_MODULES)}"
        calls = {
            n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        assert not calls & IMPURE_CALLS, f"{path.name} calls {sorted(calls & IMPURE_CALLS)}"


@pytest.mark.parametrize("name", LIGHT)
def test_light_rooms_import_nothing_heavy(name: str) -> None:
    place = PACKAGE / name
    for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
        assert not at_import_time(path) & HEAVY, f"{path.name} imports {sorted(at_import_time(path) & HEAVY)}"


def test_only_one_module_knows_the_fast_transport() -> None:
    knowing = [
        p.name
        for p in modules()
        if any(n.startswith("pyreqwest") for n in imported(ast.parse(p.read_text())))
    ]
    assert knowing == ["transport.py"]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_short_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(ast.parse(text)), "a module docstring says what the room is for"
