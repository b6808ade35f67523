"""The addresses of the Dashboard that the configuration of a gateway names."""

from __future__ import annotations

from typing import NamedTuple

from mockserver.gateway.config import Config
from mockserver.http.client import Client
from mockserver.service.configuration import ConfigError


class Addresses(NamedTuple):
    """The URLs of a Dashboard: for all but policies, and for policies; "" if a notification has to tell."""

    dashboard: str
    policies: str


def addresses_of(config: Config) -> Addresses:
    """The addresses that a configuration names (gateway/server.go:683, :763 and :1742 @v5.14.0).

    Raises:
        ConfigError: a key is missing without which a gateway does not start, or has no URL.
    """
    url = config.db_app_conf_options__connection_string if config.use_db_app_configs else ""
    policies_url = config.policies__policy_connection_string
    if config.use_db_app_configs:
        _require(config.node_secret, "node_secret", "the secret that the Dashboard shares with its gateways")
        if config.policies__policy_source != "service":
            policies_url = url
    if url or not config.use_db_app_configs or config.disable_dashboard_zeroconf:
        _require(policies_url, "policies.policy_connection_string", "the URL of the Dashboard")
    if config.use_db_app_configs and config.disable_dashboard_zeroconf:
        _require(url, "db_app_conf_options.connection_string", "the URL of the Dashboard")
    for address in filter(None, (url, policies_url)):
        try:
            Client(address)
        except ValueError as error:
            raise ConfigError(f"the connection string of the Dashboard: {error}") from error
    return Addresses(url, policies_url)


def _require(value: str, key: str, meaning: str) -> None:
    if not value:
        raise ConfigError(f"{key} is empty; set it to {meaning}")
