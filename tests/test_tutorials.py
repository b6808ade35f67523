"""The tutorials and the quickstart are true: their files are written, and their commands print what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from serving import COMMAND, LEAN, QUIET

from mockserver import MockGateway

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [DOCS / "quickstart.md", *sorted((DOCS / "tutorials").glob("*.md"))]
STEP = re.compile(
    r"(?:^`(?P<name>[\w./-]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
SHORT = {"tyk-contract": COMMAND, "pytest": [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *LEAN]}


def pattern(shown: str) -> re.Pattern[str]:
    """An output as it is shown, with `...` for any text."""
    return re.compile(r"\s*" + ".*".join(map(re.escape, shown.strip().split("..."))) + r"\s*", re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_tutorial_works(path: Path, tmp_path: Path) -> None:
    """The files of a page, as they are, and its commands, one after the other, give the output of the page."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, words in SHORT.items():  # as they are called in an environment where the package is installed
        (bin_folder / name).write_text(f'#!/bin/sh\nexec {" ".join(words)} "$@"\n')
        (bin_folder / name).chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    commands = 0
    with MockGateway(secret="s") as gateway:
        environment = {
            **QUIET,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "GATEWAY_URL": gateway.url,
            "TYK_GW_SECRET": "s",
        }
        for step in STEP.finditer(path.read_text()):
            if step["name"]:
                (folder / step["name"]).parent.mkdir(exist_ok=True)
                (folder / step["name"]).write_text(step["text"])
            elif step["kind"] == "console":
                for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", step["text"], re.MULTILINE):
                    commands += 1
                    process = subprocess.run(
                        ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=300,
                        cwd=folder, env=environment,
                    )  # fmt: skip
                    output = process.stdout + process.stderr
                    assert pattern(shown).fullmatch(output), f"$ {command}\n{output}"
    assert commands > 0


def test_the_pattern_of_an_output_is_strict() -> None:
    """Only `...` stands for other text: a line that is missing or is another one does not fit."""
    assert pattern("a\n...\nb in ...\n").fullmatch("a\nx\ny\nb in 3 s\n")
    assert not pattern("a\n...\nb\n").fullmatch("a\nx\nc\n")
    assert not pattern("a\n").fullmatch("a\nb\n")


def test_each_tutorial_is_in_the_navigation() -> None:
    """The navigation of the site names each tutorial."""
    nav = (DOCS.parent / "mkdocs.yml").read_text()
    assert len(PAGES) >= 6
    assert [path.name for path in PAGES if str(path.relative_to(DOCS)) not in nav] == []
