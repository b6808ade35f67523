"""The kind of a file by its name and its content, as nothing in the content says what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from mockserver.gateway.lint.rules import Kind
from mockserver.golang.json_reader import Object
from mockserver.golang.scalars import fold

_MARKS = {  # the names of members that tell a kind
    Kind.API: {"proxy", "api_id", "use_keyless", "auth_configs", "version_data", "slug", "definition"},
    Kind.CONF: {
        "listen_port", "app_path", "storage", "policies", "node_secret", "template_path", "hash_keys",
        "use_db_app_configs", "enable_analytics", "http_server_options",
    },
    Kind.DASHBOARD_CONF: {"mongo_url", "tyk_api_config", "page_size", "admin_secret", "enable_ownership"},
    Kind.SESSION: {
        "apply_policies", "apply_policy_id", "expires", "alias", "quota_remaining", "quota_renews",
        "allowance", "last_check", "basic_auth_data", "session_lifetime", "oauth_client_id",
    },
    Kind.POLICY: {"id", "key_expires_in", "partitions", "is_inactive", "access_rights", "name", "rate"},
}  # fmt: skip
_CONF_NAMES = {"tyk_analytics.conf": Kind.DASHBOARD_CONF}
_RECORD_STEM = "policies"


def kind_of(name: str, node: Any) -> Kind:
    """The kind of a file with a name and a node; a file that says nothing is a policy."""
    path = PurePath(name)
    if path.suffix == ".conf":
        return _CONF_NAMES.get(path.name, Kind.CONF)
    if isinstance(node, Object):
        if kind := _marked(member for member, _ in node):
            return kind
        values = [value for _, value in node]
        if values and all(value is None or isinstance(value, Object) for value in values):
            names = (member for value in values for member, _ in value or ())
            return Kind.SESSION if _marked(names) is Kind.SESSION else Kind.RECORD
        return Kind.RECORD if path.stem == _RECORD_STEM else Kind.POLICY
    if isinstance(node, list):
        names = (member for value in node if isinstance(value, Object) for member, _ in value)
        return Kind.SESSION if _marked(names) in (Kind.SESSION, None) else Kind.POLICY
    return Kind.POLICY


def _marked(names: Iterable[str]) -> Kind | None:
    """The kind with the most marks among the names, the first of several; None if there are no marks."""
    folded = Counter(fold(name) for name in names)
    scores = {kind: sum(folded[mark] for mark in marks) for kind, marks in _MARKS.items()}
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] else None
