"""The keys of a configuration as rows of a table, without secrets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from mockserver.http.redaction import all_hidden
from mockserver.service.configuration import Configuration


class Row(NamedTuple):
    """A key of the vendor's file, the variable that overrides it, and its value, which may be the default."""

    key: str
    variable: str
    value: Any
    is_default: bool


def rows_of(config: Configuration, secrets: Iterable[str]) -> list[Row]:
    """All keys that the mock supports, those that are set first."""
    defaults, hidden = type(config)(), tuple(secrets)
    rows = []
    for name in config.kinds():
        value = getattr(config, name)
        is_default = value == getattr(defaults, name)
        if name in config.SECRETS and value:
            value = "***"
        elif isinstance(value, str):
            value = all_hidden(value, hidden)
        rows.append(Row(name.replace("__", "."), config.variable_of(name), value, is_default))
    return sorted(rows, key=lambda row: row.is_default)
