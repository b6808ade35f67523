"""The refusals of paths in OpenAPI documents that a JSON schema cannot say.

Source: openapi3/paths.go of kin-openapi, the library of the gateway (Validate); recording oas/path-checks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mockserver.gateway.oas.definition import METHODS
from mockserver.gateway.oas.object_checks import Invalid
from mockserver.gateway.policy_merging import Document, quoted

_VARIABLE = re.compile(r"\{([^}]*)\}")


def check_path(path: str, items: Document, names_of: Callable[[Document], list[str]]) -> None:
    """Check one of the paths of a document.

    Args:
        path: the path.
        items: the items of all paths.
        names_of: the names of the parameters in the path that an item or an operation has.

    Raises:
        Invalid: it does not begin with a slash, is another path, or lacks a parameter or has one beyond.
    """
    if not path.startswith("/"):
        raise Invalid(f"path {quoted(path)} does not start with a forward slash (/)")
    general = _VARIABLE.sub("{}", path)
    if general < path and general in items:
        raise Invalid(f"conflicting paths {quoted(path)} and {quoted(general)}")
    variables = set(_VARIABLE.findall(path))
    common = names_of(items[path])
    for method, operation in operations(items[path]):
        named = [*names_of(operation), *common]
        if len(named) != len(variables) and (missing := variables.symmetric_difference(named)):
            whole = f"operation {method} {path} must define exactly all path parameters"
            raise Invalid(f"{whole} (missing: [{' '.join(sorted(missing))}])")


def check_ids(items: Document) -> None:
    """Check that the operations of paths have ids of their own."""
    places: dict[str, str] = {}
    for path in sorted(items):
        for method, operation in operations(items[path]):
            identifier, place = operation.get("operationId"), f"{method} {path}"
            if identifier in places:
                first, second = sorted((places[identifier], place))
                names = [quoted(text) for text in (first, second, identifier)]
                raise Invalid(f"operations {names[0]} and {names[1]} have the same operation id {names[2]}")
            if identifier:
                places[identifier] = place


def operations(item: Document) -> Iterator[tuple[str, Document]]:
    """The operations of a path, with their methods in capitals."""
    for method in METHODS:
        if isinstance(operation := item.get(method), dict):
            yield method.upper(), operation
