"""Measure the plain install: make a virtual environment, install the package, and print what it takes.

It needs uv (the extra `check`) and a package index, or a cache of uv that has all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path

from bench.servers import ROOT, BenchError

SHOWN = 8  # of the largest distributions
MB = 1_000_000


def main() -> int:
    """Install, measure and print; return the exit code: 0, or 2 if it cannot be installed."""
    parser = argparse.ArgumentParser(prog="python -m bench.install", description=__doc__)
    parser.add_argument("--extra", action="append", default=[], metavar="NAME", help="Extra to install too.")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="tyk-contract-install-") as folder:
            print(report(sizes_of(installed(Path(folder), options.extra))))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0


def installed(folder: Path, extras: list[str]) -> Path:
    """The site-packages of a new virtual environment with the package.

    Raises:
        BenchError: uv is missing, or fails.
    """
    package = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    _uv("venv", "--python", sys.executable, str(folder))
    _uv(
        "pip", "install", "--compile-bytecode", "--python", str(folder),
        "--constraint", str(ROOT / "constraints.txt"), package,
    )  # fmt: skip
    return next(folder.glob("[Ll]ib/**/site-packages"))


def sizes_of(site_packages: Path) -> dict[str, int]:
    """The bytes of each distribution, by name, with its compiled files."""
    return {
        distribution.name: sum(path.stat().st_size for path in _files_of(distribution))
        for distribution in metadata.distributions(path=[str(site_packages)])
    }


def _files_of(distribution: metadata.Distribution) -> set[Path]:
    """The files of a distribution; an installer need not list the compiled ones."""
    files = {Path(str(distribution.locate_file(file))) for file in distribution.files or ()}
    files |= {Path(cache_from_source(str(path))) for path in files if path.suffix == ".py"}
    return {path for path in files if path.is_file()}


def report(sizes: Mapping[str, int]) -> str:
    """The number of distributions, their size, and the largest of them."""
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:SHOWN]
    lines = [f"plain install: {len(sizes)} distributions, {round(sum(sizes.values()) / MB)} MB; the largest:"]
    return "\n".join(lines + [f"  {size / MB:5.1f} MB  {name}" for name, size in largest])


def _uv(*arguments: str) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "uv", "--quiet", *arguments], capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise BenchError(
            f"uv failed: {process.stderr.strip()}; install it by pip install '.[check]', and see that the "
            "package index can be reached"
        )


if __name__ == "__main__":
    sys.exit(main())
