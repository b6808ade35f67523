"""An entry of the journal: a request, its reply, and what is wrong with them, with secrets masked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mockserver.console.terminal import printable
from mockserver.golang import urls
from mockserver.http.messages import Reply, Request
from mockserver.http.redaction import all_hidden
from mockserver.service.fault import DROPPED, Fault
from mockserver.service.journal_parts import MAX_PART, Headers, ProxiedReply, Secrets, kept_of
from mockserver.service.json_replies import message_of
from mockserver.service.reached import Reached

SECRET_HEADERS = {"x-tyk-authorization", "authorization", "proxy-authorization", "cookie", "admin-auth"}
FIRST_ERROR = 400  # among statuses
LONGEST_REASON = 1000  # characters that are shown
SHOWN = 200  # characters of a part of the request in a line
_REFUSALS = {  # by status
    401: "the credential is wrong or missing",
    403: "the secret is wrong or missing",
    413: "the body is too long",
}
_POLICY = re.compile(r"/policies(?:/([^/]*))?/?")


class Entry(NamedTuple):
    """A request and its reply; the properties mask secrets.

    Attributes:
        time: seconds since the epoch.
        request: the request, unmasked.
        reply: the reply, unmasked; `DROPPED` if the connection was closed instead.
        reached: the operation, and what became of the request.
        secrets: the credentials to mask.
        number: its position among all that were noted since the journal was cleared, from 1.
        size: the bytes that the entry counts in the journal.
        is_complete: False if some part was cut.
    """

    time: float
    request: Request
    reply: Reply
    reached: Reached
    secrets: Secrets
    number: int = 0
    size: int = 0
    is_complete: bool = True

    def __repr__(self) -> str:
        """The entry as one line: `POST /tyk/policies -> 503 addPolicy (fault: status 503)`."""
        outcome = "dropped" if self.is_dropped else str(self.status)
        word = "refused: " if self.reached.is_refused else ""
        notes = [f"{word}{self.reason[:SHOWN]}"] if self.reason else []
        notes += [f"fault: {self.fault}"] if self.fault else []
        parts = [f"{self.method[:SHOWN]} {self.target[:SHOWN]} -> {outcome}", self.operation]
        parts += [f"({'; '.join(notes)})"] if notes else []
        return printable(" ".join(filter(None, parts)))

    @property
    def operation(self) -> str:
        """The id of the operation that the request is for, reached or not; "apiRequest" for an API; or ""."""
        return self.reached.name

    @property
    def reason(self) -> str:
        """Why the service refused the request, with what the answer does not tell; "" if it did not."""
        if self.reached.is_refused:
            return self._refusal
        if self.is_injected or self.status < FIRST_ERROR:
            return ""
        if isinstance(self.reply, ProxiedReply):
            return self._shown_part(self.reply.refusal)[:LONGEST_REASON]
        return self._shown(message_of(self.reply.body))[:LONGEST_REASON]

    @property
    def fault(self) -> Fault | None:
        """The fault that answered, delayed or dropped the request; None if none did."""
        return self.reached.fault

    @property
    def is_injected(self) -> bool:
        """True if a fault made the answer, or closed the connection."""
        return self.fault is not None and self.fault.changes_answer

    @property
    def is_dropped(self) -> bool:
        """True if the connection was closed without an answer; the status is then 0."""
        return self.reply.status == DROPPED.status

    @property
    def method(self) -> str:
        """The method of the request."""
        return self._shown_part(self.request.method)

    @property
    def target(self) -> str:
        """The target of the request as sent."""
        return self._shown_part(self.request.head.target)

    @property
    def path(self) -> str:
        """The unescaped path of the request."""
        return self._shown_part(self.request.url.path)

    @property
    def query(self) -> dict[str, str]:
        """The first value of each query parameter, by name."""
        parameters = urls.parameters(self._shown_part(self.request.url.query))
        return dict(reversed(list(parameters)))

    @property
    def headers(self) -> Headers:
        """The headers of the request as sent, in their order; secrets are "***"."""
        return self._shown_headers(self.request.head.headers)

    def header(self, name: str) -> str:
        """The first value of a header of the request, whose name may be in any case; "" if there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def body(self) -> bytes:
        """The body of the request."""
        return self._shown_bytes(self.request.body)

    @property
    def json(self) -> Any:
        """The body of the request as JSON.

        Raises:
            ValueError: the body is not valid JSON.
        """
        return _json(self.body)

    @property
    def status(self) -> int:
        """The status of the reply; 0 if the connection was closed without one."""
        return self.reply.status

    @property
    def response(self) -> bytes:
        """The body of the reply."""
        return self._shown_bytes(self.reply.body)

    @property
    def response_json(self) -> Any:
        """The body of the reply as JSON.

        Raises:
            ValueError: the body is not valid JSON.
        """
        return _json(self.response)

    @property
    def policy_id(self) -> str:
        """The id of the policy that the request is for, in its path or else in its body; "" for no policy."""
        match = _POLICY.search(self.reached.operation.path) if self.reached.operation else None
        if match is None:
            return ""
        in_path = _POLICY.search(self.path) if (match[1] or "").startswith("{") else None
        if in_path and in_path[1]:
            return in_path[1]
        try:
            policy = _json(self.request.body)  # masking its id alone takes less than masking the body
        except ValueError:
            return ""
        ids = (policy.get("id"), policy.get("_id")) if isinstance(policy, dict) else ()
        return next((self._shown(_as_read(text)) for text in ids if isinstance(text, str) and text), "")

    @property
    def api(self) -> str:
        """The id of the API that the request was proxied to; "" for a request to the service itself."""
        return self._shown(self.reply.api) if isinstance(self.reply, ProxiedReply) else ""

    @property
    def upstream(self) -> Mapping[str, Any] | None:
        """The request sent to an upstream: method, target, headers, body; None if there was none."""
        sent = self.reply.upstream if isinstance(self.reply, ProxiedReply) else None
        if sent is None:
            return None
        headers = tuple((name.title(), value) for name, value in sent.headers.items())
        return {
            "method": self._shown_part(sent.method),
            "target": self._shown_part(sent.target),
            "headers": dict(self._shown_headers(headers)),
            "body": self._shown_text(sent.body),
        }

    @property
    def violations(self) -> list[str]:
        """The violations of the request, and those of the reply after them."""
        return [*self.request_violations, *self.reply_violations]

    @property
    def request_violations(self) -> list[str]:
        """The violations of the spec in the request, computed at each access so that recording is cheap."""
        operation, contract = self.reached.operation, self.reached.contract
        if self.reached.is_refused:
            missed = f"{self.operation} was not" if self.operation else "no operation was"
            return [f"{self.status}: {self._refusal}; {missed} reached"]
        if self.reached.beside:
            return []  # requests to APIs are in no spec
        if operation is None or contract is None:
            nowhere = self.reached.nowhere(self.method[:SHOWN], self.path[:SHOWN])
            return [] if self.is_dropped or self.is_injected else [nowhere]
        if not self.is_complete:
            return [f"a request or reply with more than {MAX_PART} bytes in a part is not validated"]
        return list(map(self._shown, contract.request_violations(operation, self.request.body)))

    @property
    def reply_violations(self) -> list[str]:
        """The violations of the spec in the reply; none if a fault made the reply."""
        operation, contract = self.reached.operation, self.reached.contract
        is_ours = not (self.reached.is_refused or self.is_dropped or self.is_injected or self.api)
        if operation is None or contract is None or not self.is_complete or not is_ours:
            return []
        content_type = dict(self.reply.headers).get("Content-Type", "")
        violations = contract.response_violations(operation, self.status, content_type, self.reply.body)
        return list(map(self._shown, violations))

    @property
    def warnings(self) -> list[str]:
        """The warnings about what the real service passes over in silence, as things are at this access."""
        warn, reply = self.reached.warn, self.reply
        of_reply = reply.warnings if isinstance(reply, ProxiedReply) else ()
        own = warn(self) if warn and self.is_complete else ()
        return list(map(self._shown, [*of_reply, *own]))

    def as_dict(self) -> dict[str, Any]:
        """The entry as the mock's own API returns it."""
        of_request, of_reply = self.request_violations, self.reply_violations
        return {
            "time": self.time,
            "method": self.method,
            "target": self.target,
            "operation": self.operation,
            "policy_id": self.policy_id,
            "headers": dict(self.headers),
            "body": self._shown_text(self.request.body),
            "status": self.status,
            "response": self._shown_text(self.reply.body),
            "reason": self.reason,
            "fault": self.fault.as_dict() if self.fault else None,
            "request_violations": of_request,
            "reply_violations": of_reply,
            "violations": of_request + of_reply,
            "warnings": self.warnings,
            **({"api": self.api, "upstream": self.upstream} if self.api else {}),
        }

    @property
    def _refusal(self) -> str:
        location = dict(self.reply.headers).get("Location")
        if location is not None:
            return f"the path is not clean, and redirected to {self._shown_part(location)[:SHOWN]}"
        return self.reached.reason or _REFUSALS.get(self.status, "the request was refused")

    def _shown(self, text: str) -> str:
        return all_hidden(text, self.secrets)

    def _shown_bytes(self, data: bytes) -> bytes:
        return self._shown_text(data, "surrogateescape").encode("utf-8", "surrogateescape")

    def _shown_text(self, data: bytes, errors: str = "replace") -> str:
        return self._shown_part(data.decode("utf-8", errors), len(data))

    def _shown_part(self, text: str, length: int | None = None) -> str:
        """A part masked; of one that was cut, without the end, where the beginning of a secret may stand.

        `length` is that of the part as kept, if not that of the text.
        """
        kept = len(text) if length is None else length
        was_cut = kept >= kept_of(self.secrets)
        return self._shown(text)[: MAX_PART - kept] if was_cut else self._shown(text)

    def _shown_headers(self, headers: Headers) -> Headers:
        return tuple(
            (self._shown(name), "***" if name.lower() in SECRET_HEADERS else self._shown(value))
            for name, value in headers
        )


def _as_read(text: str) -> str:
    """A text of JSON as Go reads it: a lone surrogate is U+FFFD (encoding/json/decode.go, unquoteBytes)."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("the body is nested too deep") from error
