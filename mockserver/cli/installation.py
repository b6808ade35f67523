"""The check that our packages are installed whole, and are the ones that Python imports."""

from __future__ import annotations

import importlib.util
import sys
from importlib import metadata
from pathlib import Path

import mockserver

_ROOT = Path(__file__).parent.parent.parent  # the folder that our packages stand in


class InstallationError(ValueError):
    """A package of ours that another one has overwritten or hides; the message is one line for a person."""


def check() -> None:
    """Let our own packages go before those of the working directory.

    Raises:
        InstallationError: another distribution has overwritten a package of ours.
    """
    if "MockGateway" not in getattr(mockserver, "__all__", ()):
        raise InstallationError(_overwritten("mockserver"))
    if not (_ROOT / "contract_tests" / "engine").is_dir():
        raise InstallationError(_overwritten("contract_tests"))
    spec = importlib.util.find_spec("contract_tests")
    if spec is None or spec.origin is None or Path(spec.origin).parent.parent != _ROOT:
        sys.path.insert(0, str(_ROOT))  # `python -m mockserver` puts the working directory first


def _overwritten(package: str) -> str:
    owners = set(metadata.packages_distributions().get(package, ())) - {"tyk-contract"}
    others = f" ({', '.join(sorted(owners))})" if owners else ""
    return (
        f"another distribution{others} has overwritten the package {package} of tyk-contract; "
        "install tyk-contract into an environment of its own"
    )
