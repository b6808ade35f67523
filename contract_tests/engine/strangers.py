"""Answers of servers that are not the service that is to be judged, in words."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from contract_tests.engine.checks import shorten
from contract_tests.engine.exchange import plain_text
from mockserver.http.client import Answer

SHOWN_OF_PAGE = 4096  # bytes of a page that are searched for words
_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def described(answer: Answer) -> str:
    """The kind and the beginning of an answer of a stranger, as a reader recognises it, and the next step."""
    kind = shorten(answer.get("Content-Type"), 60) or "no content type"
    is_page = kind.startswith("text/html")
    text = plain_text(answer.body[:SHOWN_OF_PAGE])
    if answer.body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        kind, text = f"{kind} in UTF-16", answer.body[:SHOWN_OF_PAGE].decode("utf-16", "replace")
    words = " ".join((_MARKUP.sub(" ", text) if is_page else text).split())
    quote = f' that says "{shorten(words, 80)}"' if words else ""
    if is_page and answer.status == 200:
        return f"{kind}{quote}, as a web server or a page to log in; check the URL and the port"
    return f"{kind}{quote}; check the URL and the port"
