"""The API definitions of a Dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.dashboard import authentication
from mockserver.dashboard.records import Records


@dataclass(frozen=True)
class Api:
    """An API as the Dashboard stores it.

    Attributes:
        object_id: its database id.
        api_id: its id in policies and gateways.
        org_id: the id of its organisation.
        document: the stored document; `api_definition` in it is the classic definition, and `oas` the OpenAPI
            definition, if it has one.
    """

    object_id: str
    api_id: str
    org_id: str
    document: Mapping[str, Any]

    @cached_property
    def authentication(self) -> tuple[str, ...]:
        """The ways of authentication."""
        if oas := self.document.get("oas"):
            return authentication.of_openapi(oas)
        return authentication.of_classic(self.document["api_definition"])

    @property
    def is_graphql(self) -> bool:
        """True if it is a GraphQL API."""
        graphql = self.document["api_definition"].get("graphql")
        return isinstance(graphql, dict) and bool(graphql.get("enabled"))


class Apis:
    """The API definitions of all organisations."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def of_api_id(self, api_id: str) -> Api | None:
        """The API with an id in policies; None if there is none."""
        return next((api for api in self.all() if api.api_id == api_id), None)

    def all(self) -> list[Api]:
        """All APIs, the oldest first."""
        return [_api(document) for document in self._records.all()]


def _api(document: Mapping[str, Any]) -> Api:
    definition = document["api_definition"]
    return Api(definition["id"], definition["api_id"], definition["org_id"], document)
