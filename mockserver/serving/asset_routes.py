"""The route of the scripts and style sheets of the mock's pages, which anyone may read."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from mockserver.service.pages import pages
from mockserver.serving.pages.rendering import response_of


def assets_blueprint() -> Blueprint:
    """The route below `ASSETS_PREFIX`, which unlike the rest of /_mock/ answers other machines too."""
    assets = Blueprint("assets", __name__)

    @assets.get(f"{pages.ASSETS_PREFIX}<name>")
    def asset(name: str) -> Response:
        reply = pages.asset(name)
        if reply is None:
            abort(404)
        return response_of(reply)

    return assets
