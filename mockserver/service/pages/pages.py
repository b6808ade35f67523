"""Pages and their assets as replies.

A page takes scripts and styles from `ASSETS_PREFIX` of its own server, and nothing from anywhere else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mockserver.http.messages import Reply

ASSETS_PREFIX = "/_mock/assets/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-cache"),
)
_HERE = Path(__file__).parent
_ASSETS = _HERE / "assets"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


def page(template: str, **values: Any) -> Reply:
    """The page of a template of this package, which extends base.html, with its values escaped."""
    text = _templates().get_template(template).render(assets=ASSETS_PREFIX, **values)
    return Reply(text.encode(errors="replace"), 200, (("Content-Type", "text/html; charset=utf-8"), *HEADERS))


def asset(name: str) -> Reply | None:
    """A script or a style sheet by its file name; None if there is none."""
    path = next((path for path in _ASSETS.iterdir() if path.name == name and path.suffix in _TYPES), None)
    return Reply(path.read_bytes(), 200, (("Content-Type", _TYPES[path.suffix]), *HEADERS)) if path else None


@cache
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
