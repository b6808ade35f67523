"""The steps of a recording that are made of live traffic, with credentials masked."""

from __future__ import annotations

import re
import secrets
import zlib
from dataclasses import dataclass, replace
from typing import Any

from mockserver.evidence.live_masks import ABOUT_KEYS, Mask
from mockserver.evidence.player import KEPT_HEADERS
from mockserver.evidence.recorder import SECRET
from mockserver.evidence.recording import Step
from mockserver.golang.json_size import MAX_VALUES, has_too_many_values
from mockserver.http.forwarder import BOUNDS
from mockserver.http.messages import Reply, Request
from mockserver.service.journal_entry import SECRET_HEADERS

STAND_INS = {  # of the credential that a service has accepted, in the requests of its recordings
    "gateway": {"x-tyk-authorization": SECRET},
    "dashboard": {"authorization": "${KEY}", "admin-auth": "${ADMIN}"},
}
_SENT = {"accept", "content-type"}  # headers of a request that a step has, beside those with credentials
_LEFT_OUT = {"date", "set-cookie"}  # headers of an answer
_SCHEME = re.compile(r"(?:(?:bearer|basic) +)?", re.IGNORECASE)
# members of answers that differ whenever they are asked for
_VOLATILE = re.compile(r'"(date_created|last_updated|created_at|quota_renews|expires|_id|MID|time)":')
_LIST = re.compile(r'\s*(?:\[|\{"keys":)')  # the answers whose order a gateway leaves open
_VOLATILE_KEY = re.compile(r'"(key|key_id|key_hash|keys)":')


class NotText(ValueError):
    """A body in which nothing can be masked: it is no text, or takes too much memory as values."""


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, both with their bodies as they are without compression."""

    request: Request
    reply: Reply

    @classmethod
    def of(cls, request: Request, reply: Reply) -> Exchange:
        """The exchange of a request and its answer as they went over the connection.

        Raises:
            NotText: a body is binary, or compressed otherwise than by gzip.
        """
        sent = _plain(request.body, request.head.headers)
        answered = _plain(reply.body, reply.headers)
        headers = tuple(item for item in reply.headers if item[0].lower() != "content-encoding")
        if answered is not reply.body:
            headers = tuple(item for item in headers if item[0].lower() != "content-length")
            headers += (("Content-Length", str(len(answered))),)
        return cls(request._replace(body=sent), replace(reply, body=answered, headers=headers))


class Steps:
    """The steps of one recording of a service.

    Args:
        service: the name of the service, "gateway" or "dashboard".
        known: credentials to mask wherever they stand.
    """

    def __init__(self, service: str, known: tuple[str, ...] = ()) -> None:
        self._service = service
        self._known = known
        self._salt = secrets.token_bytes(32)

    def secrets_of(self, request: Request) -> tuple[str, ...]:
        """The credentials that are masked in the exchange of a request: the known ones, and its own."""
        own = [
            _SCHEME.sub("", value, count=1)
            for name, value in request.head.headers
            if name.lower() in SECRET_HEADERS
        ]
        return (*self._known, *own)

    def step(self, exchange: Exchange, *, is_accepted: bool) -> tuple[Step, Mask]:
        """The step, without its number, and the mask of other texts about the exchange."""
        request, reply = exchange.request, exchange.reply
        mask = Mask(self._salt, self.secrets_of(request), request.url.path)
        target = mask.target(request.head.target)
        sent, answered = mask.body(_text(request.body)), mask.body(_text(reply.body))
        of_request: dict[str, Any] = {
            "method": request.method,
            "target": mask.elsewhere(target),
            "headers": self._sent_headers(request, is_accepted=is_accepted),
        }
        if request.body:
            of_request |= _body_of(mask.elsewhere(sent))
        answer = _body_of(mask.elsewhere(answered))
        of_reply = {"status": reply.status, "headers": self._answered_headers(reply, mask), **answer}
        step: Step = {"request": of_request, "response": of_reply}
        names = {*_VOLATILE.findall(answered)}
        if ABOUT_KEYS.search(request.url.path):
            names |= {*_VOLATILE_KEY.findall(answered)}
        if request.method == "GET" and _LIST.match(answered):
            step["unordered"] = True
        if names:
            step["volatile"] = [f"**/{name}" for name in sorted(names)]
        return step, mask

    def _sent_headers(self, request: Request, *, is_accepted: bool) -> list[list[str]]:
        stand_ins = STAND_INS[self._service] if is_accepted else {}
        headers = []
        for name, value in request.head.headers:
            if name.lower() in SECRET_HEADERS:
                scheme = _SCHEME.match(value)
                stand_in = stand_ins.get(name.lower(), "***")
                headers.append([name, f"{scheme[0] if scheme else ''}{stand_in}"])
            elif name.lower() in _SENT:
                headers.append([name, value])
        return headers

    def _answered_headers(self, reply: Reply, mask: Mask) -> list[list[str]]:
        kept = [
            [name, mask.header(name, value)]
            for name, value in reply.headers
            if name.lower() not in _LEFT_OUT and (self._service == "gateway" or name.lower() in KEPT_HEADERS)
        ]
        return sorted(kept)


def _plain(body: bytes, headers: tuple[tuple[str, str], ...]) -> bytes:
    """A body without compression.

    Raises:
        NotText: it is binary, compressed in another way, or too long without that or as values.
    """
    encodings = [value.lower() for name, value in headers if name.lower() == "content-encoding"]
    if body and encodings not in ([], ["identity"]):
        if encodings != ["gzip"]:
            raise NotText(f"its Content-Encoding is {', '.join(encodings)}")
        inflater = zlib.decompressobj(wbits=31)
        try:
            body = inflater.decompress(body, BOUNDS.longest)
        except zlib.error as error:
            raise NotText("it is not in gzip") from error
        if inflater.unconsumed_tail or not inflater.eof:
            raise NotText("it is cut, or too long without gzip")
    if b"\0" in body:
        raise NotText("it is binary")
    if has_too_many_values(body):
        raise NotText(f"it has over {MAX_VALUES:,} JSON values")
    return body


def _text(body: bytes) -> str:
    return body.decode("utf-8", "surrogateescape")


def _body_of(text: str) -> dict[str, str]:
    """A body as a recording has it: text, or the digits of bytes that are none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"body_hex": text.encode("utf-8", "surrogateescape").hex()}
    return {"body": text}
