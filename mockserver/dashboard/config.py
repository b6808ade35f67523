"""The configuration of a Dashboard: those keys of tyk_analytics.conf and TYK_DB_* that the mock supports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from mockserver.service.configuration import Configuration


@dataclass(frozen=True)
class Config(Configuration):
    """The configuration of one Dashboard: each attribute is a key of tyk_analytics.conf.

    Source: tyk-docs, snippets/dashboard-config.mdx @95922c952.
    """

    PREFIX: ClassVar[str] = "TYK_DB_"
    VARIABLES: ClassVar[Mapping[str, str]] = {
        "shared_node_secret": "TYK_DB_NODESECRET",
        "tyk_api_config__host": "TYK_DB_TYKAPI_HOST",
        "tyk_api_config__port": "TYK_DB_TYKAPI_PORT",
        "tyk_api_config__secret": "TYK_DB_TYKAPI_SECRET",
    }
    SECRETS: ClassVar[frozenset[str]] = frozenset(
        {"admin_secret", "shared_node_secret", "tyk_api_config__secret"}
    )

    listen_port: int = 3000
    listen_address: str = "127.0.0.1"
    admin_secret: str = field(default="mock-admin-secret", repr=False)
    shared_node_secret: str = field(default="mock-node-secret", repr=False)
    page_size: int = 10
    allow_explicit_policy_id: bool = True
    allow_unsafe_policy_ids: bool = False
    enable_duplicate_slugs: bool = False
    enable_ownership: bool = False
    notify_on_change: bool = True
    health_check_endpoint_name: str = "hello"
    security__forbid_admin_view_access_token: bool = False
    tyk_api_config__host: str = ""
    tyk_api_config__port: str = ""
    tyk_api_config__secret: str = field(default="", repr=False)
