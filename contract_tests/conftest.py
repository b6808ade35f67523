"""The suite under pytest: the Tyk Gateway is the service that it judges."""

from __future__ import annotations

import pytest

from contract_tests.engine.preflight import USAGE
from contract_tests.engine.suite_plugin import SuitePlugin
from contract_tests.gateway.suite import GATEWAY_SUITE

_NO_PLUGIN = (
    "tyk-contract: its pytest plugin is missing; if another distribution has overwritten the package "
    "mockserver, install tyk-contract into an environment of its own"
)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config.option, "gateway_url"):
        pytest.exit(_NO_PLUGIN, returncode=USAGE)
    config.pluginmanager.register(SuitePlugin(GATEWAY_SUITE))
