"""The pages that tell the configuration of a gateway, for those keys that the mock supports.

Source: gateway/api_config.go:80 @v5.12.0; structviewer 1.2.0. A real gateway tells all its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.gateway.config import Config
from mockserver.gateway.gateway import Gateway
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import Call

_HIDDEN = "*REDACTED*"
_NO_FIELD = json_reply({"error": "field not found"}, 404)
_NO_VARIABLE = json_reply({"error": "environment variable not found"}, 404)


def tell_configuration(call: Call[Gateway]) -> Reply:
    """The whole configuration, or one key of it (`?field=`)."""
    config = call.state.config
    if name := call.parameter("field"):
        return _told(config, name.replace(".", "__")) or _NO_FIELD
    document: dict[str, Any] = {}
    for name in config.kinds():
        node, (*groups, last) = document, name.split("__")
        for group in groups:
            node = node.setdefault(group, {})
        node[last] = _value(config, name)
    return json_reply(document)


def tell_environment(call: Call[Gateway]) -> Reply:
    """The variables that stand for the keys, or one of them (`?env=`)."""
    config = call.state.config
    variables = {config.regular_variable_of(name): name for name in config.kinds()}
    if wanted := call.parameter("env"):
        return _told(config, variables.get(wanted, "")) or _NO_VARIABLE
    return json_reply([f"{variable}={_text(config, name)}" for variable, name in variables.items()])


PAGES: Mapping[str, Callable[[Call[Gateway]], Reply]] = {
    "/config": tell_configuration,
    "/env": tell_environment,
}


def _told(config: Config, name: str) -> Reply | None:
    """What is told of one key; None if there is no such key."""
    if name not in config.kinds():
        return None
    return json_reply(
        {
            "config_field": name.replace("__", "."),
            "env": config.regular_variable_of(name),
            "value": _text(config, name),
            "obfuscated": name in config.SECRETS,
        }
    )


def _value(config: Config, name: str) -> Any:
    return _HIDDEN if name in config.SECRETS else getattr(config, name)


def _text(config: Config, name: str) -> str:
    """The value of a key as Go's fmt writes it."""
    value = _value(config, name)
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{' '.join(value)}]" if isinstance(value, tuple) else str(value)
