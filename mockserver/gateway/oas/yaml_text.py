"""Bodies that are no JSON: a gateway's reader of OpenAPI documents tries them as YAML.

Source: openapi3/marsh.go of kin-openapi.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

LONGEST = 256 * 1024  # bytes of a body that is tried as YAML
DEEPEST = 100  # levels of it
_BOOLEAN, _NUMBER, _WHOLE, _DATE = (
    f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "timestamp")
)

_IS_BOOLEAN = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_IS_NUMBER = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)  # yaml.v3, resolve.go


_IS_WHOLE = re.compile(  # but for 1:30, a number of YAML 1.1 alone
    r"^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$"
)


class NoYaml(ValueError):
    """A body is no YAML, or one that this mock does not try."""


def read(body: bytes) -> Any:
    """The value of the first document of a body; what follows it is not read.

    Raises:
        NoYaml: the body is no YAML, too long or too deep, or has aliases.
    """
    import yaml  # here, for it takes as long as all other imports of a mock

    if len(body) > LONGEST:
        raise NoYaml(f"over {LONGEST:,} bytes")
    try:
        _check(yaml, body)
        loader = _loader()(body)
        try:
            return _with_names(loader.get_data()) if loader.check_data() else None
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, RecursionError) as error:
        raise NoYaml(str(error)) from error


@cache
def _loader() -> Any:
    """A loader that reads plain scalars as Go's does: `yes`, `1:30` and dates are texts."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.yaml_implicit_resolvers = {
        first: [row for row in rows if row[0] not in (_BOOLEAN, _NUMBER, _WHOLE, _DATE)]
        for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver(_WHOLE, _IS_WHOLE, list("-+0123456789"))  # before numbers with fractions
    Loader.add_implicit_resolver(_NUMBER, _IS_NUMBER, list("-+.0123456789"))
    Loader.add_implicit_resolver(_BOOLEAN, _IS_BOOLEAN, list("tTfF"))
    return Loader


def _check(yaml: Any, body: bytes) -> None:
    """Check the first document of a body; an alias could stand for as much as one likes."""
    depth = 0
    for event in yaml.parse(body, _loader()):
        if isinstance(event, yaml.AliasEvent):
            raise NoYaml("an alias")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentEndEvent):
            return
        if depth > DEEPEST:
            raise NoYaml(f"over {DEEPEST} levels")


def _with_names(value: Any) -> Any:
    """A value whose maps have texts as names, as in JSON."""
    if isinstance(value, dict):
        return {_name(name): _with_names(item) for name, item in value.items()}
    return [_with_names(item) for item in value] if isinstance(value, list) else value


def _name(name: Any) -> str:
    return str(name).lower() if isinstance(name, bool) or name is None else str(name)
