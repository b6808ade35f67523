"""The API definitions of a Dashboard, in classic form or as OpenAPI documents with Tyk's extension."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mockserver.dashboard import authentication
from mockserver.dashboard.changes import Changes
from mockserver.dashboard.documents import object_at, text_of
from mockserver.dashboard.object_ids import new_object_id
from mockserver.dashboard.owners import Owners
from mockserver.dashboard.records import Document, Records
from mockserver.dashboard.replies import Refusal

EXTENSION = "x-tyk-api-gateway"
OWNERS = ("user_owners", "user_group_owners")  # the members beside api_definition that name the owners
NO_OWNERS = Owners()
_STORED = ("api_definition", "oas", *OWNERS)
_WRAPPER: Document = {"hook_references": [], "is_site": False, "sort_by": 0}  # SYNC clients/objects


@dataclass(frozen=True)
class Api:
    """An API as the Dashboard stores it.

    Attributes:
        object_id: its database id.
        api_id: its id in policies and gateways.
        org_id: the id of its organisation.
        definition: the classic definition, as it was sent.
        openapi: the OpenAPI document; None if the API was created by a classic definition.
        owners: the users and the groups of users that own it.
    """

    object_id: str
    api_id: str
    org_id: str
    definition: Mapping[str, Any]
    openapi: Mapping[str, Any] | None = None
    owners: Owners = NO_OWNERS

    @property
    def name(self) -> str:
        """The name."""
        return str(self.definition.get("name", ""))

    @cached_property
    def authentication(self) -> tuple[str, ...]:
        """The ways of authentication."""
        if self.openapi is not None:
            return authentication.of_openapi(self.openapi)
        return authentication.of_classic(self.definition)

    @property
    def is_graphql(self) -> bool:
        """True if it is a GraphQL API."""
        return bool(object_at(dict(self.definition), "graphql").get("enabled"))

    @property
    def document(self) -> Document:
        """The API in an answer: the classic definition, and what stands beside it."""
        return {
            "api_definition": dict(self.definition),
            **_WRAPPER,
            "user_group_owners": list(self.owners.groups),
            "user_owners": list(self.owners.users),
        }


class Apis:
    """The API definitions of all organisations."""

    def __init__(self, records: Records, changes: Changes, now: Callable[[], float]) -> None:
        self._records = records
        self._changes = changes
        self._now = now

    def of_api_id(self, api_id: str) -> Api | None:
        """The API with an id in policies; None if there is none."""
        return next(map(_api, self._records.found(f"api_id {api_id}")), None)

    def find(self, org_id: str, name: str) -> Api | None:
        """The API of an organisation by its id or its database id; None if there is none."""
        document = self._records.get(name)
        api = self.of_api_id(name) if document is None else _api(document)
        return api if api and api.org_id == org_id else None

    def all(self, org_id: str = "") -> list[Api]:
        """The APIs of an organisation, or of all for "", the oldest first."""
        return [api for api in map(_api, self._records.all()) if org_id in ("", api.org_id)]

    def create(
        self,
        org_id: str,
        definition: Document,
        openapi: Document | None = None,
        *,
        keeps_id: bool = False,
        owners: Owners = NO_OWNERS,
    ) -> Api:
        """Store a new API; its api_id is a new one, unless `keeps_id` (SYNC apis.go:262, OP api.go:34-55).

        Raises:
            Refusal: an API with this api_id exists (409, SW).
        """
        api_id = text_of(definition, "api_id") if keeps_id else ""
        if api_id and self.of_api_id(api_id):
            raise Refusal("Found API with the same ID", 409)
        api_id = api_id or secrets.token_hex(16)
        object_id = new_object_id(self._now())
        definition, openapi = _with_ids(definition, openapi, object_id, api_id, org_id)
        api = self._store(Api(object_id, api_id, org_id, definition, openapi, owners))
        self._changes.report("api", "created", (org_id, api_id))
        return api

    def update(
        self, api: Api, definition: Document, openapi: Document | None = None, owners: Owners | None = None
    ) -> Api:
        """Replace an API; the api_id that is sent becomes its own, so that clients can restore theirs.

        Without `owners` it keeps those that it has.

        Raises:
            Refusal: another API has this api_id (409).
        """
        api_id = text_of(definition, "api_id") or api.api_id
        other = self.of_api_id(api_id)
        if other and other.object_id != api.object_id:
            raise Refusal("Found API with the same ID", 409)
        definition, openapi = _with_ids(definition, openapi, api.object_id, api_id, api.org_id)
        updated = self._store(
            Api(api.object_id, api_id, api.org_id, definition, openapi, owners or api.owners)
        )
        self._changes.report("api", "updated", (api.org_id, api_id))
        return updated

    def assign(self, api: Api, owners: Owners) -> Api:
        """Give an API other owners."""
        return self._store(replace(api, owners=owners))

    def delete(self, api: Api) -> None:
        """Remove an API."""
        self._records.remove(api.object_id)
        self._changes.report("api", "deleted", (api.org_id, api.api_id))

    def _store(self, api: Api) -> Api:
        record = {**api.document, "oas": api.openapi}
        self._records.add(api.object_id, {name: record[name] for name in _STORED})
        return api


def classic_of(openapi: Document) -> Document:
    """The classic definition that an OpenAPI document stands for, as far as policies and lists show it.

    Raises:
        Refusal: the document lacks Tyk's extension (400, SW).
    """
    if not isinstance(openapi.get(EXTENSION), dict):
        raise Refusal(f"The payload should contain {EXTENSION}.", 400)
    info = object_at(openapi, f"{EXTENSION}.info")
    return {
        "name": text_of(info, "name"),
        "api_id": text_of(info, "id"),
        "is_oas": True,
        "active": bool(object_at(info, "state").get("active")),
        "use_keyless": authentication.of_openapi(openapi) == (authentication.KEYLESS,),
        "proxy": {
            "listen_path": text_of(object_at(openapi, f"{EXTENSION}.server.listenPath"), "value"),
            "target_url": text_of(object_at(openapi, f"{EXTENSION}.upstream"), "url"),
        },
    }


def _with_ids(
    definition: Document, openapi: Document | None, object_id: str, api_id: str, org_id: str
) -> tuple[Document, Document | None]:
    """A classic definition, and the OpenAPI document beside it, with the ids of their API."""
    definition = {**definition, "id": object_id, "api_id": api_id, "org_id": org_id}
    if openapi is None:
        return definition, None
    extension = openapi[EXTENSION]
    info = {**object_at(extension, "info"), "id": api_id, "dbId": object_id, "orgId": org_id}
    return definition, {**openapi, EXTENSION: {**extension, "info": info}}


def _api(record: Mapping[str, Any]) -> Api:
    definition = record["api_definition"]
    ids = (definition["id"], definition["api_id"], definition["org_id"])
    return Api(*ids, definition, record.get("oas"), Owners.of(record, *OWNERS))
