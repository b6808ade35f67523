"""Ways in which a proxy changes answers, each as a function that makes one."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from broken_servers import Answered, Asked, Forward, Spoil, said

from mockserver.golang.json_writer import write

LIST, POLICY = "/tyk/policies", "/tyk/policies/"
JSON = "application/json"


def _is_json(answered: Answered) -> bool:
    return answered.header("Content-Type").startswith(JSON) and bool(answered.body)


def in_json(change: Callable[[Any], Any]) -> Spoil:
    """A proxy that changes the value of each JSON answer, and writes what it has changed as Go does."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        if not _is_json(answered):
            return answered
        value = json.loads(answered.body)
        try:
            changed = change(value)
        except RecursionError:
            return answered
        if type(changed) is type(value) and changed == value:
            return answered
        indent = "    " if b"\n    " in answered.body else ""
        return replace(answered, body=f"{write(changed, indent)}\n".encode())

    return spoil


def in_answer(change: Callable[[Answered], Answered]) -> Spoil:
    """A proxy that changes each answer."""
    return lambda asked, forward: change(forward(asked))


def _objects(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, list):
            return [walk(item) for item in value]
        return change(value) if isinstance(value, dict) else value

    return walk


def _numbers_as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers_as_texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_numbers_as_texts(item) for item in value]
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_empty(item) for name, item in value.items() if item not in (None, "", [], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


def adds_a_member() -> Spoil:
    """A proxy that adds a member to each object."""
    return in_json(_objects(lambda value: {**value, "requestId": "abc"}))


def numbers_as_texts() -> Spoil:
    """A proxy that writes numbers as texts."""
    return in_json(_numbers_as_texts)


def drops_empty_members() -> Spoil:
    """A proxy that leaves out members without a value."""
    return in_json(_without_empty)


def pretty() -> Spoil:
    """A proxy that formats JSON."""

    def change(answered: Answered) -> Answered:
        if not _is_json(answered):
            return answered
        return replace(answered, body=json.dumps(json.loads(answered.body), indent=2).encode())

    return in_answer(change)


def sorts_members() -> Spoil:
    """A proxy that sorts the members of objects."""

    def change(answered: Answered) -> Answered:
        if not _is_json(answered):
            return answered
        text = json.dumps(
            json.loads(answered.body), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return replace(answered, body=f"{text}\n".encode())

    return in_answer(change)


def gzips() -> Spoil:
    """A proxy that compresses whatever the client accepts."""
    return in_answer(
        lambda answered: replace(
            answered.with_header("Content-Encoding", "gzip"), body=gzip.compress(answered.body)
        )
    )


def html_errors() -> Spoil:
    """A proxy that answers errors with a page of its own."""
    page = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
    return in_answer(
        lambda answered: (
            said(answered.status, page.format(answered.status), "text/html")
            if answered.status >= 400
            else answered
        )
    )


def with_charset() -> Spoil:
    """A proxy that adds a charset to the content type."""
    return in_answer(
        lambda answered: (
            answered.with_header("Content-Type", f"{JSON}; charset=utf-8")
            if answered.header("Content-Type") == JSON
            else answered
        )
    )


def plain_text() -> Spoil:
    """A proxy that declares each body as plain text."""
    return in_answer(lambda answered: answered.with_header("Content-Type", "text/plain"))


def no_content_type() -> Spoil:
    """A proxy that drops the content type."""
    return in_answer(lambda answered: answered.with_header("Content-Type"))


def no_nosniff() -> Spoil:
    """A proxy that drops the header X-Content-Type-Options."""
    return in_answer(lambda answered: answered.with_header("X-Content-Type-Options"))


def created() -> Spoil:
    """A server that answers writes with 201."""

    def spoil(asked: Asked, forward: Forward) -> Answered:
        answered = forward(asked)
        return (
            replace(answered, status=201) if asked.method == "POST" and answered.status == 200 else answered
        )

    return spoil


def unauthorised() -> Spoil:
    """A server that refuses a wrong secret with 401."""
    return in_answer(lambda answered: replace(answered, status=401) if answered.status == 403 else answered)


def renames_headers() -> Spoil:
    """A proxy that gives the headers of limits other names."""
    return in_answer(
        lambda answered: replace(
            answered,
            headers=tuple(
                (n.replace("X-RateLimit", "RateLimit").replace("X-Ratelimit", "RateLimit"), v)
                for n, v in answered.headers
            ),
        )
    )


def no_newline() -> Spoil:
    """A proxy that strips bodies."""
    return in_answer(lambda answered: replace(answered, body=answered.body.strip()))


def other_words() -> Spoil:
    """A server with other words for what went well."""
    return in_json(
        _objects(lambda value: {n: "success" if (n, v) == ("status", "ok") else v for n, v in value.items()})
    )


def other_version(told: str) -> Callable[[], Spoil]:
    """A server that tells another version than its own."""
    return lambda: in_answer(
        lambda answered: replace(
            answered, body=answered.body.replace(b'"version":"5.12.0"', f'"version":"{told}"'.encode())
        )
    )


def truncates(length: int = 300) -> Spoil:
    """A proxy that cuts bodies off."""
    return in_answer(lambda answered: replace(answered, body=answered.body[:length]))


def errors_as_success() -> Spoil:
    """A proxy that answers errors with 200."""
    return in_answer(
        lambda answered: replace(answered, status=200, reason="OK") if answered.status >= 400 else answered
    )


def encodes_twice() -> Spoil:
    """A proxy that takes UTF-8 for Latin-1."""
    return in_answer(lambda answered: replace(answered, body=answered.body.decode("latin-1").encode()))


def repeats_content_type() -> Spoil:
    """A proxy that adds a second Content-Type."""
    return in_answer(
        lambda answered: answered.with_header("Content-Type", answered.header("Content-Type"), JSON)
    )


def translates_errors() -> Spoil:
    """A server that puts a word before each message of an error."""
    return in_json(
        lambda value: (
            {**value, "message": f"Fehler: {value['message']}"}
            if isinstance(value, dict) and value.get("status") == "error"
            else value
        )
    )


def one_organisation() -> Spoil:
    """A server that shows one organisation in all that it answers."""
    return in_json(
        _objects(
            lambda value: {n: "5e9d9544a1dcd60001d0ed20" if n == "org_id" else v for n, v in value.items()}
        )
    )


def empty_lists_as_null(value: Any = None) -> Spoil:
    """A proxy that writes empty lists as another value."""

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: walk(item) for name, item in node.items()}
        if isinstance(node, list):
            return [walk(item) for item in node] or value
        return node

    return in_json(walk)
