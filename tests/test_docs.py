"""The docs are held to what they describe."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cbtool

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("name", ["cli", "dialects", "formats"])
def test_a_generated_page_is_what_its_script_prints(name: str) -> None:
    command = ROOT / "scripts" / f"{name}-reference"
    printed = subprocess.run([sys.executable, command], capture_output=True, text=True, check=True).stdout
    fresh = f"run scripts/{name}-reference > docs/{name}.md"
    assert (ROOT / "docs" / f"{name}.md").read_text() == printed, fresh


def test_the_readme_begins_with_the_main_job_and_the_tests() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2
    assert "cbtool demo" in blocks[0]
    assert blocks[0].strip().count("\n") == 0
    assert blocks[1].strip() == "scripts/test"


def test_links_between_documents_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_changelog_has_an_entry_for_this_version() -> None:
    assert f"## [{cbtool.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_profile_named_in_the_docs_is_shipped() -> None:
    shipped = {path.stem for path in (ROOT / "profiles").rglob("*.toml")}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        commands = "\n".join(re.findall(r"^(?:\$ |  )?cbtool .*$", page.read_text(), re.MULTILINE))
        for name in re.findall(r"--(?:profile|scenario) ([a-z0-9-]+)(?=[ `\n])", commands):
            assert name in shipped, f"{page.name} names {name}"


def test_shipped_files_are_toml() -> None:
    for path in (ROOT / "profiles").rglob("*.toml"):
        assert tomllib.loads(path.read_text()), path.name
