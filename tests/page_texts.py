"""Requests for the pages of a mock as a browser sends them, and what the pages show."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

from asking import send

from mockserver import MockDashboard, MockGateway
from mockserver.http.client import Answer
from mockserver.serving.pages.rendering import PREFIX

FORM = ("Content-Type", "application/x-www-form-urlencoded")


def page(mock: MockGateway | MockDashboard, path: str, status: int = 200) -> str:
    """The text of a page, with its markup."""
    answer = send(mock, "GET", path, [("Accept", "text/html")])
    assert answer.status == status, answer.body
    return answer.body.decode()


def post(mock: MockGateway | MockDashboard, path: str, *headers: tuple[str, str], **fields: str) -> Answer:
    """The answer to a form."""
    return send(mock, "POST", f"{PREFIX}/{path}", [FORM, *headers], urlencode(fields).encode())


def text_of(markup: str) -> str:
    """What a page shows, without its markup, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())
