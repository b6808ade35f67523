"""The suite under pytest: the Tyk Gateway is the service that it judges."""

from __future__ import annotations

import pytest

from contract_tests.engine.suite_plugin import SuitePlugin
from contract_tests.gateway.service import GATEWAY


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SuitePlugin(GATEWAY))
