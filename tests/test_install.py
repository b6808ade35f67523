"""The size of the plain install: how it is measured, and that the README says what was measured."""

from __future__ import annotations

import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench import install
from bench.servers import BenchError

README = (Path(__file__).parent.parent / "README.md").read_text()


def dependencies(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """A distribution and all that it needs on this machine, without optional ones that nothing asks for."""
    wanted, done = [(canonicalize_name(name), extras)], set()
    while wanted:
        pair = wanted.pop()
        if pair in done:
            continue
        done.add(pair)
        for text in metadata.requires(pair[0]) or []:
            requirement = Requirement(text)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in pair[1] or {""}):
                wanted.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return {name for name, _ in done}


def test_the_readme_has_the_measured_size() -> None:
    """The README names the command, its size, and as many distributions as the package needs."""
    figures = re.search(r"(\d+) distributions, (\d+) MB \(`python -m bench.install`", README)
    assert figures is not None
    assert (
        abs(int(figures[1]) - len(dependencies("tyk-contract"))) <= 8
    )  # older Pythons and older versions need more or less


def test_the_size_counts_compiled_files(tmp_path: Path) -> None:
    """The size of a distribution is that of its files and of the compiled ones, listed or not."""
    info = tmp_path / "thing-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1\n")
    (info / "RECORD").write_text("thing.py,,\ngone.py,,\nthing-1.dist-info/METADATA,,\n")
    (tmp_path / "thing.py").write_text("x" * 1000)
    compiled = Path(install.cache_from_source(str(tmp_path / "thing.py")))
    compiled.parent.mkdir()
    compiled.write_bytes(b"y" * 500)
    expected = 1500 + (info / "METADATA").stat().st_size
    assert install.sizes_of(tmp_path) == {"thing": expected}


def test_the_largest_come_first() -> None:
    """The report has the number of distributions, their size together, and the largest first."""
    sizes = {f"small-{i}": 1_000_000 for i in range(install.SHOWN)} | {"large": 9_400_000}
    lines = install.report(sizes).splitlines()
    assert lines[0] == f"plain install: {install.SHOWN + 1} distributions, 17 MB; the largest:"
    assert lines[1] == "    9.4 MB  large"
    assert len(lines) == install.SHOWN + 1


@pytest.mark.skipif(shutil.which("false") is None, reason="there is no command `false`")
def test_an_install_that_fails_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uv, or if uv fails, the measurement ends with an error that names the next step."""
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(BenchError, match=r"pip install '.\[check\]'"):
        install.installed(tmp_path, [])
