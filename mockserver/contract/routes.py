"""A route table: path templates of an API, matched against the paths of requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar


class Templated(Protocol):
    """An entry of a route table: a method, and a path with parameters in braces."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


_ANY = "{}"  # a segment that is a parameter

T = TypeVar("T", bound=Templated)


class Match(NamedTuple, Generic[T]):
    """A matched route, and the values of its parameters in the path."""

    route: T
    params: Mapping[str, str]


class _Entry(NamedTuple, Generic[T]):
    """A route, and the indexes of its parameters among the segments of the path."""

    route: T
    indexes: tuple[tuple[str, int], ...]


class Routes(Generic[T]):
    """A route table. Literal segments precede parameters, and a parameter matches no empty segment."""

    def __init__(self, routes: Iterable[T]) -> None:
        self._literal: dict[str, dict[str, _Entry[T]]] = {}
        self._last_is_parameter: dict[str, dict[str, _Entry[T]]] = {}  # by the literal path before it
        self._templates: dict[int, dict[tuple[str, ...], dict[str, _Entry[T]]]] = {}
        for route in routes:
            self._add(route)

    def match(self, method: str, path: str) -> Match[T] | None:
        """The route of a request; None if no route has this path and method."""
        by_method = self._literal.get(path)
        if by_method is not None:
            entry = by_method.get(method)
            return Match(entry.route, {}) if entry else None
        prefix, _, last = path.rpartition("/")
        if last and (by_method := self._last_is_parameter.get(prefix)):
            entry = by_method.get(method)
            return Match(entry.route, {entry.indexes[0][0]: last}) if entry else None
        segments = path.split("/")
        entry = self._methods(segments).get(method)
        return Match(entry.route, {name: segments[i] for name, i in entry.indexes}) if entry else None

    def knows(self, path: str) -> bool:
        """True if the path has a route for any method."""
        return path in self._literal or bool(self._methods(path.split("/")))

    def _methods(self, segments: list[str]) -> Mapping[str, _Entry[T]]:
        for shape, methods in self._templates.get(len(segments), {}).items():
            pairs = zip(shape, segments, strict=True)
            if all(part == segment or (part == _ANY and segment) for part, segment in pairs):
                return methods
        return {}

    def _add(self, route: T) -> None:
        segments = route.path.split("/")
        indexes = tuple((part[1:-1], i) for i, part in enumerate(segments) if part.startswith("{"))
        if not indexes:
            self._literal.setdefault(route.path, {})[route.method] = _Entry(route, ())
            return
        if len(indexes) == 1 and segments[-1].startswith("{"):
            prefix = route.path.rpartition("/")[0]
            self._last_is_parameter.setdefault(prefix, {})[route.method] = _Entry(route, indexes)
        shape = tuple(_ANY if part.startswith("{") else part for part in segments)
        of_length = self._templates.setdefault(len(shape), {})
        of_length.setdefault(shape, {})[route.method] = _Entry(route, indexes)
        ordered = sorted(of_length.items(), key=lambda item: [part == _ANY for part in item[0]])
        self._templates[len(shape)] = dict(ordered)
