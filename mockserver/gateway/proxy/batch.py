"""Batches: several requests to an API in one (gateway/batch_requests.go @v5.12.0).

A gateway sends the requests to itself over HTTP; the mock answers them in order, without a connection.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate

from mockserver.contract.codecs import Codec, Malformed
from mockserver.gateway.api_definition import Api
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.request_context import RequestContext
from mockserver.gateway.replies import NOT_FOUND, error
from mockserver.golang import urls
from mockserver.golang.json_size import TOO_MANY_VALUES, has_too_many_values
from mockserver.http.answer_heads import canonical
from mockserver.http.messages import DropConnection, Reply
from mockserver.service.json_replies import json_reply
from mockserver.service.large_json import turn_of

LONGEST, MOST_SECONDS = 64 << 20, 60  # characters of all bodies; a gateway has no bounds
TOO_MUCH = (
    f"this mock answers no batch over {LONGEST >> 20} MiB or {MOST_SECONDS} s; send fewer requests at once"
)
PATH = "/tyk/batch/"
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNANSWERED: Document = {"relative_url": "", "code": 0, "headers": None, "body": ""}
_ONLY_ANSWER = Reply(b"", 200, ())  # to another method than POST

Answer = Callable[[RequestContext], Reply]


def is_batch(context: RequestContext) -> bool:
    """True if a request is for the path of an API that takes batches."""
    api = context.api
    return (
        bool(api.fields["enable_batch_request_support"])
        and not api.is_mcp
        and api.path_after_prefix(context.url.path) == PATH
    )


def reply(context: RequestContext, answer: Answer) -> Reply:
    """The replies to the requests of a batch, each given by `answer`; the batch needs no credential."""
    if context.method != "POST":
        return _ONLY_ANSWER
    if has_too_many_values(context.body):
        return error(TOO_MANY_VALUES, 413)
    try:
        with turn_of(context.body):
            batch = Codec.of(context.gateway.contract, "Batch").decode(context.body)
    except Malformed:
        return error("Batch request malformed", 400)
    requests = batch["requests"] or []
    try:
        urls_of_requests = [_url(context.api, request) for request in requests]
    except ValueError:
        return error("Batch request creation failed , request structure malformed", 400)
    pairs = zip(requests, urls_of_requests, strict=True)
    units: list[Document] = []
    size, end = 0, time.monotonic() + MOST_SECONDS
    for request, url in pairs:
        units.append(_unit(context, request, url, answer))
        size += len(units[-1]["body"])
        if size > LONGEST or time.monotonic() > end:
            return error(TOO_MUCH, 500)
    return json_reply(units)


def _url(api: Api, request: Document) -> urls.Url:
    """The target of a request, below the listen path.

    Raises:
        ValueError: the method or the target is none that a request can have.
    """
    if request["method"] and not _METHOD.fullmatch(request["method"]):
        raise ValueError(request["method"])
    path = f"/{api.listen_path.strip('/')}/{request['relative_url']}".partition("#")[0]
    return urls.parse(path.encode().decode("latin-1").replace(" ", "%20"))


def _unit(context: RequestContext, request: Document, url: urls.Url, answer: Answer) -> Document:
    """The answer to one request as the answer to the batch has it."""
    method, body = request["method"] or "GET", request["body"].encode()
    clean = urls.cleaned(url)
    if clean is not url:  # a redirect, which the gateway follows without the body
        url, method, body = clean, method if method in ("GET", "HEAD") else "GET", b""
    api = None if url.path.startswith("/tyk/") else context.gateway.apis.loaded.at(url.path)
    headers = {"user-agent": "Go-http-client/1.1", **_named(request["headers"])}
    try:
        if api is None:
            received = NOT_FOUND
        else:
            received = answer(
                RequestContext(context.gateway, api, method, url, headers, body, context.client)
            )
    except DropConnection:
        return _UNANSWERED
    return {
        "relative_url": request["relative_url"],
        "code": received.status,
        "headers": dict(sorted(_headers(context, received))),
        "body": "" if method == "HEAD" else received.body.decode("utf-8", "replace"),
    }


def _named(headers: Document | None) -> dict[str, str]:
    """The headers of a request by their names in lower case."""
    return {name.lower(): value for name, value in (headers or {}).items()}


def _headers(context: RequestContext, received: Reply) -> Iterator[tuple[str, list[str]]]:
    """The headers of a reply as Go's client reads them, with those that its server adds."""
    values: dict[str, list[str]] = {}
    for name, value in received.headers:
        values.setdefault(canonical(name), []).append(value)
    if values.pop("Transfer-Encoding", None) is None:
        values.setdefault("Content-Length", [str(len(received.body))])
    values["Date"] = [formatdate(context.gateway.clock.now(), usegmt=True)]
    return iter(values.items())
