"""The route table: literal segments before parameters, methods, and the values of parameters."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from asking import call

from mockserver import MockGateway
from mockserver.contract.routes import Routes


class Route(NamedTuple):
    """A route of the table under test."""

    method: str
    path: str


TABLE = [
    Route("GET", "/keys"),
    Route("GET", "/keys/{id}"),
    Route("DELETE", "/keys/{name}"),
    Route("POST", "/keys/create"),
    Route("GET", "/keys/{id}/tags"),
    Route("GET", "/keys/{id}/{tag}"),
    Route("PUT", "/{kind}/all/{tag}"),
    Route("PUT", "/keys/{id}/{tag}/{value}"),
]


@pytest.fixture(name="routes", params=["as declared", "reversed"])
def _routes(request: pytest.FixtureRequest) -> Routes[Route]:
    return Routes(TABLE if request.param == "as declared" else reversed(TABLE))


@pytest.mark.parametrize(
    ("method", "path", "template", "params"),
    [
        ("GET", "/keys", "/keys", {}),
        ("POST", "/keys/create", "/keys/create", {}),
        ("GET", "/keys/mine", "/keys/{id}", {"id": "mine"}),
        ("GET", "/keys/{}", "/keys/{id}", {"id": "{}"}),
        ("GET", "/keys/mine/tags", "/keys/{id}/tags", {"id": "mine"}),
        ("GET", "/keys/mine/red", "/keys/{id}/{tag}", {"id": "mine", "tag": "red"}),
        ("GET", "/keys/{id}/red", "/keys/{id}/{tag}", {"id": "{id}", "tag": "red"}),
        ("PUT", "/keys/a/b/c", "/keys/{id}/{tag}/{value}", {"id": "a", "tag": "b", "value": "c"}),
    ],
)
def test_a_path_meets_its_most_literal_route(
    routes: Routes[Route], method: str, path: str, template: str, params: dict[str, str]
) -> None:
    """A literal segment goes before a parameter, in whatever order the routes are declared."""
    match = routes.match(method, path)
    assert match is not None
    assert match.route == Route(method, template)
    assert match.params == params


@pytest.mark.parametrize(
    ("method", "path", "template", "params"),
    [
        ("GET", "/keys/create", "/keys/{id}", {"id": "create"}),
        ("DELETE", "/keys/create", "/keys/{name}", {"name": "create"}),
        ("PUT", "/keys/all/red", "/{kind}/all/{tag}", {"kind": "keys", "tag": "red"}),
        ("GET", "/keys/all/red", "/keys/{id}/{tag}", {"id": "all", "tag": "red"}),
    ],
)
def test_a_method_that_the_literal_route_lacks_meets_the_template(
    routes: Routes[Route], method: str, path: str, template: str, params: dict[str, str]
) -> None:
    """A route without the method hides no other route of the path (gorilla/mux 1.8.1, Route.Match)."""
    match = routes.match(method, path)
    assert match is not None
    assert match.route == Route(method, template)
    assert match.params == params


@pytest.mark.parametrize(
    "path", ["/keys/", "/keys//", "/keys//tags", "/keys/mine/", "//all/red", "//x", "", "/", "/key"]
)
def test_an_empty_segment_is_no_value_of_a_parameter(routes: Routes[Route], path: str) -> None:
    """A path with an empty segment, or of other literals, meets no route."""
    methods = {route.method for route in TABLE}
    assert {method: routes.match(method, path) for method in methods} == dict.fromkeys(methods)
    assert not routes.knows(path)


@pytest.mark.parametrize(
    "path", ["/keys", "/keys/mine", "/keys/create", "/keys/mine/tags", "/keys/a/b/c", "/x/all/y"]
)
def test_a_path_without_the_method_is_known(routes: Routes[Route], path: str) -> None:
    """A path whose routes have other methods has no match, and is known, so that the answer is 405."""
    assert routes.match("PATCH", path) is None
    assert routes.knows(path)


def test_templates_of_one_shape_have_parameters_of_their_own(routes: Routes[Route]) -> None:
    """Two templates that differ in method and in the name of a parameter both give their own name."""
    get, delete = routes.match("GET", "/keys/x"), routes.match("DELETE", "/keys/x")
    assert get is not None
    assert get.params == {"id": "x"}
    assert delete is not None
    assert delete.params == {"name": "x"}


def test_templates_of_one_shape_may_have_several_parameters() -> None:
    """Templates with parameters in the middle give their own names too."""
    routes = Routes([Route("GET", "/a/{b}/c/{d}"), Route("PUT", "/a/{x}/c/{y}")])
    get, put = routes.match("GET", "/a/1/c/2"), routes.match("PUT", "/a/1/c/2")
    assert get is not None
    assert get.params == {"b": "1", "d": "2"}
    assert put is not None
    assert put.params == {"x": "1", "y": "2"}


@pytest.mark.parametrize(
    ("method", "target", "status", "message"),
    [
        ("GET", "/tyk/keys/create", 404, "Key not found"),
        ("DELETE", "/tyk/keys/create", 404, "There is no such key found"),
        ("PUT", "/tyk/keys/preview", 400, "Request malformed"),
        ("PATCH", "/tyk/keys/create", 405, "Method not supported"),
    ],
)
def test_a_key_may_have_the_name_of_a_route(
    gateway: MockGateway, method: str, target: str, status: int, message: str
) -> None:
    """The gateway looks for a key named "create" or "preview" if only the route of keys has the method."""
    assert call(gateway, method, target) == (status, {"status": "error", "message": message})
