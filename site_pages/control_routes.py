"""The page of the mock's own API under /_mock/."""

from __future__ import annotations

from mockserver import MockDashboard, MockGateway
from mockserver.serving.control_access import ControlAccess
from mockserver.serving.dispatcher import Dispatcher
from mockserver.serving.wsgi_app import application
from site_pages.markdown import code, page, table


def routes() -> dict[tuple[str, str], set[str]]:
    """The services that have each request under /_mock/, by path and method."""
    found: dict[tuple[str, str], set[str]] = {}
    with MockGateway() as gateway, MockDashboard() as dashboard:
        for mock in (gateway, dashboard):
            service = mock.mock.services[0]
            app = application(Dispatcher(mock.mock, service), ControlAccess())
            for rule in app.url_map.iter_rules():
                for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                    if rule.rule.startswith("/_mock"):
                        found.setdefault((rule.rule, method), set()).add(service.name)
    return found


def routes_page() -> str:
    """Each request of the mock's own API, and which mocks have it."""
    rows = [
        (code(f"{method} {path}"), " and ".join(sorted(services, reverse=True)))
        for (path, method), services in sorted(routes().items())
    ]
    return page(
        "Requests under /_mock/",
        "The mock's own API needs no secret, and answers this machine alone unless `--remote-control` is "
        "given. The pages on [control](../control.md), [tests](../testing.md), [faults](../faults.md), "
        "[propagation](../propagation.md) and the [portal](../portal.md) say what each does.",
        table(("request", "mocks that have it"), rows),
    )
