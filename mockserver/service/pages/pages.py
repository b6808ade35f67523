"""Pages and their assets as replies.

A page takes scripts and styles from `ASSETS_PREFIX` of its own server, and nothing from anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mockserver.console.terminal import printable
from mockserver.golang import json_writer
from mockserver.http.messages import Reply

ASSETS_PREFIX = "/_mock/assets/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),  # without a referrer a form's Origin is null, which is refused
    ("Cache-Control", "no-cache"),
)
_HERE = Path(__file__).parent
_ASSETS = _HERE / "assets"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class Link(NamedTuple):
    """A link of the navigation: a path of the same server, and the words for it."""

    path: str
    title: str


def page(
    template: str, *, status: int = 200, navigation: Iterable[Link] = (), current: str = "", **values: Any
) -> Reply:
    """The page of a template of this package, which extends base.html.

    Its values are escaped, and their characters that are not printable are shown as escapes. `current` is the
    path of the link that leads to this page.
    """
    text = (
        _templates()
        .get_template(template)
        .render(assets=ASSETS_PREFIX, navigation=list(navigation), current=current, **values)
    )
    headers = (("Content-Type", "text/html; charset=utf-8"), *HEADERS)
    return Reply(text.encode(errors="replace"), status, headers)


def asset(name: str) -> Reply | None:
    """A script or a style sheet by its file name; None if there is none."""
    path = next((path for path in _ASSETS.iterdir() if path.name == name and path.suffix in _TYPES), None)
    return Reply(path.read_bytes(), 200, (("Content-Type", _TYPES[path.suffix]), *HEADERS)) if path else None


@cache
def _templates() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(time=in_words, json=_as_json)
    return environment


def _visible(value: Any) -> Any:
    """A value as it is shown: a text without markup of ours has its odd characters escaped, line by line."""
    if type(value) is not str:  # a Markup is one that a template has made
        return value
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in value.split("\n"))


def in_words(seconds: float) -> str:
    """A time, given in seconds since the epoch; "" for none."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if seconds else ""


def _as_json(value: Any) -> str:
    """A value as JSON, as Go writes it, with line breaks if it is an object or an array."""
    return json_writer.write(list(value) if isinstance(value, tuple) else value, indent="  ")
