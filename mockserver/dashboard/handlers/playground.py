"""The playground: a page on which queries of GraphQL can be tried."""

from __future__ import annotations

from mockserver.dashboard.handlers.registration import Call, handles
from mockserver.http.messages import Reply
from mockserver.service.pages import pages
from mockserver.service.registry import always


@handles("playground", waits=always)
def playground(call: Call) -> Reply:
    """Show the page, which asks for the key itself."""
    return pages.page("playground.html", version=str(call.state.version))
