"""The errors that a gateway answers a GraphQL request with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.golang import json_writer

Location = tuple[int, int]  # of a line and a column, each from 1; (0, 0) for the end of the document


@dataclass(frozen=True)
class QueryError:
    """An error of a GraphQL document: a message, and the places and the path in it, which may be empty."""

    message: str
    path: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()

    def document(self) -> dict[str, Any]:
        """The error as a member of `errors` (pkg/graphql/errors.go of graphql-go-tools)."""
        document: dict[str, Any] = {"message": self.message}
        if self.locations:
            document["locations"] = [{"line": line, "column": column} for line, column in self.locations]
        if self.path:
            document["path"] = list(self.path)
        return document


class InvalidQuery(Exception):
    """A document that is refused with 400 and a list of errors."""

    def __init__(self, errors: Sequence[QueryError]) -> None:
        super().__init__(errors[0].message)
        self.errors = tuple(errors)

    @property
    def text(self) -> str:
        """The body of the answer."""
        return json_writer.write({"errors": [error.document() for error in self.errors]})


class BadRequest(Exception):
    """A body that is no GraphQL request; the message is Go's."""


class Unprocessable(Exception):
    """A request that a gateway cannot prepare for its judgement; it answers 500."""


class Panic(Exception):
    """A request at which a gateway panics, so that it answers nothing."""


def invalid(message: str, path: Sequence[str] = (), locations: Sequence[Location] = ()) -> InvalidQuery:
    """The refusal of a document for one error."""
    return InvalidQuery([QueryError(message, tuple(path), tuple(locations))])
