"""A route table: path templates of an API, matched against the paths of requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    """A table of routes: literal segments go before parameters, and a parameter is never empty.

    A route that lacks a request's method hides no other route of the path, as in gorilla/mux 1.8.1
    (Route.Match).
    """

    def __init__(self, routes: Iterable[T]) -> None:
        self._literal: dict[str, dict[str, _Entry[T]]] = {}
        self._last_is_parameter: dict[str, dict[str, _Entry[T]]] = {}  # by the literal path before it
        self._templates: dict[int, dict[tuple[str, ...], dict[str, _Entry[T]]]] = {}
        for route in routes:
            self._add(route)

    def match(self, method: str, path: str) -> Match[T] | None:
        """The route of a request; None where no route has this path and method."""
        if (methods := self._literal.get(path)) and (entry := methods.get(method)):
            return Match(entry.route, {})
        prefix, _, last = path.rpartition("/")
        methods = self._last_is_parameter.get(prefix) if last else None
        if methods and (entry := methods.get(method)):
            return Match(entry.route, {entry.indexes[0][0]: last})
        segments = path.split("/")
        for by_method in self._templates_of(segments):
            if entry := by_method.get(method):
                return Match(entry.route, {name: segments[i] for name, i in entry.indexes})
        return None

    def knows(self, path: str) -> bool:
        """True if the path has a route, whatever the method."""
        return path in self._literal or any(self._templates_of(path.split("/")))

    def _templates_of(self, segments: list[str]) -> Iterator[Mapping[str, _Entry[T]]]:
        """The routes of each template that fits, by method, the most literal template first."""
        for shape, methods in self._templates.get(len(segments), {}).items():
            pairs = zip(shape, segments, strict=True)
            if all(part == segment or (part == _ANY and segment) for part, segment in pairs):
                yield methods

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
