"""The check that the packages of tyk-contract are complete, and are the ones that Python imports."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from mockserver.console.overwritten import complaint, is_overwritten

_ROOT = Path(__file__).parent.parent.parent  # the directory of our packages


class InstallationError(ValueError):
    """Another distribution has overwritten a package of tyk-contract; the message is one line."""


def check() -> None:
    """Check that our packages are complete, and import them before folders of the working directory.

    Raises:
        InstallationError: another distribution has overwritten a package of ours.
    """
    if is_overwritten():
        raise InstallationError(complaint("mockserver"))
    if not (_ROOT / "contract_tests" / "engine").is_dir():
        raise InstallationError(complaint("contract_tests"))
    spec = importlib.util.find_spec("contract_tests")
    if spec is None or spec.origin is None or Path(spec.origin).parent.parent != _ROOT:
        sys.path.insert(0, str(_ROOT))  # `python -m mockserver` puts the working directory first
