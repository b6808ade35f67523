"""The only door to the gateway under test. It records, redacts, and lets no foreign policy be touched."""

from __future__ import annotations

import json
import posixpath
import secrets
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from mockserver.client import Answer, Client, ClientError, Header, TimedOut
from mockserver.contract import Contract
from mockserver.policy import PolicyCodec
from mockserver.redaction import hidden

SECRET_HEADER = "X-Tyk-Authorization"
SECRET_VARIABLE = "$TYK_GW_SECRET"
PREFIX = "tyk-contract-"
RELOAD = "/tyk/reload?block=true"
POLICIES = "/tyk/policies"
PATIENCE = 3  # requests without an answer in time, until the gateway is given up
_REFUSALS = {301, 400, 403, 404, 405}  # statuses of a request that wrote nothing
OBJECT_ID_PREFIX = "7c0a57ac"  # of database ids, which cannot hold the textual prefix


def ours(policies: list[Any]) -> list[str]:
    """The ids, of a gateway's list of policies, that a run of this suite wrote."""
    ids = [str(item.get("id", "")) for item in policies if isinstance(item, dict)]
    return [each for each in ids if each.startswith((PREFIX, OBJECT_ID_PREFIX))]


class Gone(Exception):
    """The gateway no longer answers at all; what is left cannot be judged."""


class UnsafeRequest(AssertionError):
    """A test was about to write or delete a policy that is not of this run; a defect of ours."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    `answer` is None where none came; `failure` says why then.
    """

    method: str
    target: str
    headers: tuple[Header, ...]
    body: bytes | None
    answer: Answer | None
    failure: str
    url: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def status(self) -> int:
        """The answer's status; 0 where none came."""
        return self.answer.status if self.answer else 0

    @property
    def text(self) -> str:
        """The answer's body, bytes that are not UTF-8 replaced."""
        return self.answer.body.decode("utf-8", "replace") if self.answer else ""

    @property
    def json(self) -> Any:
        """The answer's body as JSON; None where it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    def header(self, name: str) -> str:
        """A header of the answer; "" where it is missing."""
        return self.answer.get(name) if self.answer else ""

    @property
    def curl(self) -> str:
        """The request as a line to paste, with the secret as a variable."""
        parts = ["curl", "-sS", "-i", "--path-as-is"]
        if self.method == "HEAD":
            parts.append("-I")
        elif self.method != "GET":
            parts += ["-X", shlex.quote(self.method)]
        for name, value in self.headers:
            line = self._hidden(f"{name}: {value}" if value else f"{name};")
            quoted = f'"{line}"' if "TYK_GW_SECRET" in line and '"' not in line else shlex.quote(line)
            parts += ["-H", quoted]
        if self.body is not None:
            parts += ["--data-binary", _shell_bytes(self.body)]
        parts.append(shlex.quote(self.url + self._hidden(self.target)))
        return " ".join(parts)

    def _hidden(self, text: str) -> str:
        if self.secret and text == f"{SECRET_HEADER}: {self.secret}":
            return f"{SECRET_HEADER}: {SECRET_VARIABLE}"  # however short it is
        return masked(text, self.secret)


def masked(text: str, secret: str) -> str:
    """A text without the secret, or what a test makes of it: a part, another case."""
    text = hidden(text, secret, SECRET_VARIABLE)
    text = hidden(text, secret[:-1], "${TYK_GW_SECRET%?}")
    return hidden(text, secret.swapcase(), "TYK_GW_SECRET in other case")


def _shell_bytes(data: bytes) -> str:
    """Bytes as a shell word; a long body is cut, and says so."""
    cut = data if len(data) <= 4000 else data[:4000] + b"...(%d bytes)" % len(data)
    try:
        text = cut.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if text.isprintable() and (text or not cut):
        return shlex.quote(text)
    escaped = "".join(chr(b) if 32 <= b < 127 and b not in b"'\\" else f"\\x{b:02x}" for b in cut)
    return f"$'{escaped}'"


class Target:
    """A gateway at a URL, for one run.

    Attributes:
        run: the prefix of every id that this run writes.
        reloads: how many reloads it asked for.
        log: every exchange, in order.
    """

    def __init__(self, url: str, secret: str, contract: Contract, *, timeout: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self.secret = secret
        self.contract = contract
        self.codec = PolicyCodec.of(contract)
        token = secrets.token_hex(4)
        self.run = f"{PREFIX}{token}-"
        self.run_object_id = OBJECT_ID_PREFIX + token
        self.reloads = 0
        self.log: list[Exchange] = []
        self._client = Client(self.url, timeout)
        self._created: dict[str, None] = {}
        self._count = 0
        self._timeouts = 0

    def new_id(self, suffix: str = "") -> str:
        """An id that no policy has, of this run."""
        self._count += 1
        return f"{self.run}{self._count}{suffix}"

    def new_object_id(self) -> str:
        """A database id of this run: 24 lower-case hex digits."""
        self._count += 1
        return f"{self.run_object_id}{self._count:08x}"

    def send(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        *,
        headers: Iterable[Header] | None = None,
    ) -> Exchange:
        """Send a request, with the secret unless headers are given.

        Raises:
            Gone: no answer came, and /hello is not answered either, or not in time so often.
            UnsafeRequest: the request would write or delete a policy that is not of this run.
        """
        sent = ((SECRET_HEADER, self.secret),) if headers is None else tuple(headers)
        written = self.refuse_unsafe(method, target, body)
        answer, failure = None, ""
        try:
            answer = self._client.send(method, target, sent, body)
        except BaseException as error:
            self._created |= dict.fromkeys(written)  # nobody knows
            if not isinstance(error, ClientError):
                raise
            self._timeouts += isinstance(error, TimedOut)
            failure = str(error)
            self._still_there(failure)
        if answer is not None and answer.status not in _REFUSALS:
            self._created |= dict.fromkeys(written)
        exchange = Exchange(method, target, sent, body, answer, failure, self.url, self.secret)
        self.log.append(exchange)
        return exchange

    def reload(self) -> Exchange:
        """Reload and wait for it."""
        self.reloads += 1
        return self.send("GET", RELOAD)

    def clean_up(self) -> list[str]:
        """Delete all that this run wrote, reload, and return what is still there."""
        if not self._created:
            return []
        self._client.close()  # an interrupted exchange may be left on it
        for policy_id in self._created:
            self.send("DELETE", f"{POLICIES}/{quote(policy_id, safe='')}")
        self._created.clear()
        self.reload()
        listed = self.send("GET", POLICIES).json
        found = [item.get("id") for item in listed if isinstance(item, dict)] if listed else []
        return [name for name in found if isinstance(name, str) and self.owns(name)]

    @property
    def dropped(self) -> int:
        """How many kept connections were closed instead of answering."""
        return self._client.dropped

    def close(self) -> None:
        """Close the connection to the gateway."""
        self._client.close()

    def owns(self, policy_id: str) -> bool:
        """Whether an id was made by this run; its file then lies beside no other's."""
        file = posixpath.normpath("/" + policy_id)
        return file.startswith((f"/{self.run}", f"/{self.run_object_id}"))

    def _still_there(self, failure: str) -> None:
        if self._timeouts >= PATIENCE:
            raise Gone(f"{failure}, {self._timeouts} times now")
        try:
            self._client.send("GET", "/hello")
        except ClientError as error:
            raise Gone(f"{failure}; nor is /hello answered: {error}") from error

    def refuse_unsafe(self, method: str, target: str, body: bytes | None) -> list[str]:
        """See that a request changes no policy of others, whatever the gateway's faults.

        Returns the ids that it may write.

        Raises:
            UnsafeRequest: it could.
        """
        if not target.startswith(POLICIES):
            return []
        path_id = unquote(target.removeprefix(POLICIES).partition("?")[0]).strip("/")
        if method == "DELETE" and path_id and not self.owns(path_id):
            raise UnsafeRequest(f"DELETE of {path_id!r}, which is not of this run")
        if method not in ("POST", "PUT"):
            return []
        policy, _ = self.codec.decode_leniently(body or b"")
        names = [name for name in (policy["id"] or policy["_id"], path_id) if name]
        for name in names:
            if not self.owns(name):
                raise UnsafeRequest(f"{method} of {name!r}, which is not of this run")
        return names
