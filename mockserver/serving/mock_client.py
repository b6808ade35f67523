"""A small client of a mock: its URL and credential are set, and it imports no other package."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import urlencode

if TYPE_CHECKING:
    from mockserver.http.client import Answer

SECONDS = 30.0  # for one request


class StatusError(Exception):
    """An answer with a status of 400 or more; `response` is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.request_line} was answered with {response.status_code}: {response.text}")
        self.response = response


class Headers(Mapping[str, str]):
    """The first value of each header, by its name in any case.

    Args:
        fields: the names and values as received.
    """

    def __init__(self, fields: Iterable[tuple[str, str]]) -> None:
        self._first: dict[str, tuple[str, str]] = {}
        for name, value in fields:
            self._first.setdefault(name.lower(), (name, value))

    def __getitem__(self, name: str) -> str:
        if name.lower() not in self._first:
            raise KeyError(name)
        return self._first[name.lower()][1]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._first.values())

    def __len__(self) -> int:
        return len(self._first)

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True)
class Response:
    """An answer of the mock; its members are named as those of httpx.

    Attributes:
        request_line: method and path of the request.
        answer: the answer as received.
    """

    request_line: str
    answer: Answer

    def __repr__(self) -> str:
        return f"<Response {self.status_code} to {self.request_line}>"

    @property
    def status_code(self) -> int:
        """The status."""
        return self.answer.status

    @property
    def is_success(self) -> bool:
        """True for a status from 200 to 299."""
        return 200 <= self.status_code < 300

    @property
    def headers(self) -> Headers:
        """The first value of each header, by its name in any case."""
        return Headers(self.answer.headers)

    @property
    def content(self) -> bytes:
        """The body."""
        return self.answer.body

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: the body is not valid JSON.
        """
        return json_module.loads(self.content)

    def raise_for_status(self) -> Response:
        """The response itself.

        Raises:
            StatusError: the status is 400 or more.
        """
        if self.status_code >= 400:
            raise StatusError(self)
        return self


class Options(TypedDict, total=False):
    """The parts of a request beside its method and path, which `MockClient.request` describes."""

    json: Any
    content: bytes | str | None
    params: Mapping[str, str | int] | None
    headers: Mapping[str, str] | None


class MockClient:
    """A client of a mock, which sends a credential with each request; several threads may share it.

    Args:
        url: the base URL of the mock.
        headers: headers of each request, such as that of the credential.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = url
        self._headers = dict(headers)

    def __repr__(self) -> str:
        return f"<MockClient of {self.url}>"

    def get(self, path: str, **options: Unpack[Options]) -> Response:
        """GET a path; the options are those of `request`."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Unpack[Options]) -> Response:
        """POST to a path; the options are those of `request`."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Unpack[Options]) -> Response:
        """PUT to a path; the options are those of `request`."""
        return self.request("PUT", path, **options)

    def patch(self, path: str, **options: Unpack[Options]) -> Response:
        """PATCH a path; the options are those of `request`."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Unpack[Options]) -> Response:
        """DELETE a path; the options are those of `request`."""
        return self.request("DELETE", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | str | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request over a connection of its own; redirects are not followed.

        Args:
            method: the method.
            path: the path, escaped where it must be; a slash at its beginning may be left out.
            json: the body as a value; None for no body.
            content: the body as bytes or text.
            params: query parameters.
            headers: headers beside that of the credential, or instead of it.

        Raises:
            ClientError: there was no answer, as after a fault with `drop`.
            ValueError: both `json` and `content` are given.
        """
        if json is not None and content is not None:
            raise ValueError("give json or content, not both")
        if not path.startswith(("/", "http://", "*")):
            path = f"/{path}"
        target = f"{path}?{urlencode(params)}" if params else path
        sent = {**self._headers, **(headers or {})}
        body = content.encode() if isinstance(content, str) else content
        if json is not None:
            body = json_module.dumps(json).encode()
            sent.setdefault("Content-Type", "application/json")
        from mockserver.http.client import Client  # here, for it would delay the start of a server

        with Client(self.url, SECONDS) as client:
            answer = client.send(method, target, sent.items(), body)
        return Response(f"{method} {path}", answer)
