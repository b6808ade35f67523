"""A service that speaks JSON, as commands read it and write to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Self

from mockserver.cli import UNREACHABLE, USAGE
from mockserver.golang.json_size import MAX_VALUES
from mockserver.http.client import MAX_BODY, Client, ClientError, Header
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.deadline import Deadline
from mockserver.http.json_answers import document_of
from mockserver.http.pacing import Pacer

LONGEST = 256 << 20  # bytes of a long listing; ten thousand policies at ten nodes are 24 MB
MOST_VALUES = 5_000_000  # in such a listing; ten thousand policies with all members have three million
LONGEST_TEXT = 500  # characters of a text of others in a line
READING = 30.0  # seconds of one long listing


class ServiceError(ValueError):
    """A service that cannot be read; `code` is the exit code, the message one line for a person."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class JsonService:
    """A service at a URL, over a connection that is kept.

    Args:
        url: its URL.
        header: the header with the credential.
        within: the deadline of all requests together.
        settings: how the service is reached.
        pacer: waits for a service that limits requests.
        has_long_listings: True if an answer may take longer, and be longer, than usual.

    Raises:
        ValueError: the URL is none of a service.
    """

    def __init__(
        self,
        url: str,
        header: Header,
        within: Deadline | None = None,
        *,
        settings: ConnectionSettings | None = None,
        pacer: Pacer | None = None,
        has_long_listings: bool = False,
    ) -> None:
        timeout, longest = (READING, LONGEST) if has_long_listings else (10.0, MAX_BODY)
        self._client = Client(url, timeout, longest, within, settings=settings, pacer=pacer or Pacer())
        self._header = header
        self._most = MOST_VALUES if has_long_listings else MAX_VALUES

    @property
    def has_credential(self) -> bool:
        """True if the header with the credential has a value."""
        return bool(self._header[1])

    def get(self, target: str) -> tuple[int, Any]:
        """The status and the document of the answer to a GET, as `document_of` reads it.

        Raises:
            ClientError: there is no answer.
        """
        return self._exchange("GET", target, None)

    def send(self, method: str, target: str, document: Any) -> tuple[int, Any]:
        """Send a document; the status and the document of the answer. Raises as `get`."""
        return self._exchange(method, target, json.dumps(document).encode())

    def listing(self, target: str, listed: Callable[[Any], Any], advice: str) -> list[Any]:
        """A list in an answer.

        Args:
            target: what to GET.
            listed: takes the list from the document.
            advice: the next step, if there is no list.

        Raises:
            ServiceError: there is no answer, or no list in it.
        """
        try:
            status, document = self.get(target)
        except ClientError as error:
            raise ServiceError(f"GET {target} is not answered: {error}", UNREACHABLE) from error
        try:
            items = listed(document) if status == 200 else None
        except (KeyError, TypeError):
            items = None
        if not isinstance(items, list):
            raise ServiceError(f"GET {target} answers {status}{message_in(document)}; {advice}", USAGE)
        return items

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _exchange(self, method: str, target: str, body: bytes | None) -> tuple[int, Any]:
        answer = self._client.send(method, target, [self._header], body)
        return answer.status, document_of(answer.body, self._most)


def message_in(document: Any) -> str:
    """A blank and the message of an error in an answer, which may be cut; "" if there is none."""
    members = document if isinstance(document, dict) else {}
    message = members.get("message") or members.get("Message")
    return f" {cut(message)}" if isinstance(message, str) else ""


def cut(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text of others as a line has it: a long one is cut, in a way that `redaction` knows."""
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"
