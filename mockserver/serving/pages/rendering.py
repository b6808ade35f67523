"""Pages as answers of Flask, with the navigation of their service."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import Response, request

from mockserver.http.messages import Reply
from mockserver.http.responses import sendable
from mockserver.service.pages import pages
from mockserver.service.pages.pages import Link

START = "/_mock/"
PREFIX = "/_mock/pages"  # the JSON resources of /_mock/ keep their paths
SHOWN = 200  # rows of a table

_COMMON = (
    Link(f"{PREFIX}/journal", "Journal"),
    Link(f"{PREFIX}/faults", "Faults"),
    Link(f"{PREFIX}/clock", "Clock"),
)
_CONFIGURATION = Link(f"{PREFIX}/configuration", "Configuration")
NAVIGATION = {  # by service
    "gateway": (
        Link(START, "Overview"),
        Link(f"{PREFIX}/policies", "Policies"),
        Link(f"{PREFIX}/keys", "Keys"),
        Link(f"{PREFIX}/apis", "APIs"),
        *_COMMON,
        _CONFIGURATION,
    ),
    "dashboard": (
        Link(START, "Overview"),
        Link(f"{PREFIX}/organisations", "Organisations"),
        Link("/_mock/propagation", "Propagation"),
        *_COMMON,
        _CONFIGURATION,
        Link("/playground", "GraphQL"),
    ),
}


class Overview(NamedTuple):
    """What the first page tells of a service: facts by their names, and the findings in its files."""

    facts: dict[str, Any]
    findings: list[dict[str, Any]]


def rendered(
    service: str, template: str, /, *, status: int = 200, current: str = "", **values: Any
) -> Response:
    """The page of a template with the navigation of a service; `current` is its link, if not its own path."""
    navigation = NAVIGATION.get(service, (Link(START, "Overview"), *_COMMON))
    reply = pages.page(
        template, status=status, navigation=navigation, current=current or request.path, **values
    )
    return response_of(reply)


def response_of(reply: Reply) -> Response:
    """A reply as an answer of Flask, whose server decides on chunks itself (PEP 3333, hop-by-hop headers)."""
    response = Response(reply.body, reply.status)
    response.headers.clear()
    response.headers.extend(sendable(reply.headers))
    response.headers.remove("Transfer-Encoding")
    return response


def redirected(path: str, status: int = 303) -> Response:
    """The answer that leads a browser to another page; after a form, a reload does not send that again."""
    return Response(status=status, headers={"Location": path})
