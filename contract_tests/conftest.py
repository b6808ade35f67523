"""The suite under pytest: it judges the service that an option names, with the tests of its folder."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from contract_tests.engine.preflight import USAGE
from contract_tests.engine.suite_plugin import SuitePlugin

FOLDERS = {path.parent for path in Path(__file__).parent.glob("*/suite.py")}  # one of each service
_RECURSION = 2000  # levels; a policy of the run has 960, and plugins of a user's pytest add some
_NO_PLUGIN = (
    "tyk-contract: its pytest plugin is missing; if another distribution has overwritten the package "
    "mockserver, install tyk-contract into an environment of its own"
)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config.option, "contract_service"):
        pytest.exit(_NO_PLUGIN, returncode=USAGE)
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION))
    suite = import_module(f"contract_tests.{config.option.contract_service}.suite").SUITE
    config.pluginmanager.register(SuitePlugin(suite))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the tests of the other services."""
    others = {folder for folder in FOLDERS if folder.name != config.option.contract_service}
    return True if others & {collection_path, collection_path.parent} else None
