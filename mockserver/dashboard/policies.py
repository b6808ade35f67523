"""The policies of a Dashboard: validation, storage, and the members that are derived on reading.

The rules are independent of the API that asks: REST, import and GraphQL share them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from mockserver.dashboard import authentication
from mockserver.dashboard.apis import Apis
from mockserver.dashboard.changes import Changes
from mockserver.dashboard.config import Config
from mockserver.dashboard.object_ids import is_object_id, new_object_id, rfc3339
from mockserver.dashboard.policy_states import apply_state, state_of
from mockserver.dashboard.records import Document, Records
from mockserver.dashboard.replies import Refusal

DERIVED = ("state", "access_rights_array")  # members that are made on reading
DERIVED_FROM_APIS = ("auth_type", "auth_types", "graphql_enabled")  # so are these, if an API is known
_SAFE_ID = re.compile(r"[a-zA-Z0-9.\-_~]+")
_LISTS = ("allowed_urls", "restricted_types", "allowed_types", "field_access_rights")
_NO_TIME = "0001-01-01T00:00:00Z"


class Policies:
    """The policies of all organisations.

    A policy is a dict with the members of the schema Policy, in the order in which they are written.
    """

    def __init__(
        self,
        records: Records,
        apis: Apis,
        changes: Changes,
        *,
        behaviours: frozenset[str],
        config: Config,
        now: Callable[[], float],
        lock: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self.records = records
        self._apis = apis
        self._changes = changes
        self._behaviours = behaviours
        self._config = config
        self._now = now
        self._lock = lock

    def all(self, org_id: str) -> list[Document]:
        """The policies of an organisation, or of all for "", with their derived members, the oldest first."""
        return [self._whole(policy) for policy in self.records.all() if org_id in ("", policy["org_id"])]

    def get(self, org_id: str, policy_id: str) -> Document:
        """The policy of an organisation with an id, with its derived members.

        Raises:
            Refusal: there is none (404), or before 5.12.0 the id is no database id (400).
        """
        return self._whole(self._stored(org_id, policy_id, "Could not retrieve portal object."))

    def with_id(self, org_id: str, policy_id: str) -> Document | None:
        """The stored policy of an organisation by the id that keys refer to; None if there is none.

        That of a policy with an empty id is its database id (GW gateway/policy.go).
        """
        found = self.records.found(f"id {policy_id}")
        unnamed = self.records.get(policy_id)
        found += [unnamed] if unnamed and not unnamed["id"] else []
        return next((policy for policy in found if policy["org_id"] == org_id), None)

    def create(self, org_id: str, policy: Document) -> Document:
        """Store a new policy; returns it as stored, with `_id` and all other members that the Dashboard sets.

        Raises:
            Refusal: the policy is invalid (400), or its database id exists (500).
        """
        now = self._now()
        policy = {**policy, "org_id": org_id, "date_created": rfc3339(now)}
        with self._lock():
            self._check(policy, None)
            if policy["_id"] and self.records.get(policy["_id"]) is not None:
                raise Refusal("Failure creating data, please contact your administrator.", 500)
            policy["_id"] = policy["_id"] or new_object_id(now)
            stored = self._store(policy)
        self._report("created", stored)
        return stored

    def update(self, org_id: str, policy_id: str, policy: Document) -> Document:
        """Replace a policy; its `_id` and its date of creation stay. Returns it as stored.

        Raises:
            Refusal: there is no such policy (404), or the new one is invalid (400).
        """
        with self._lock():
            before = self._stored(org_id, policy_id, "Could not retrieve portal object.")
            kept = {name: before[name] for name in ("_id", "org_id", "date_created")}
            policy = {**policy, **kept, "id": policy["id"] or before["id"]}
            self._check(policy, before["_id"])
            stored = self._store(policy)
        self._report("updated", stored)
        return stored

    def delete(self, org_id: str, policy_id: str) -> None:
        """Remove a policy.

        Raises:
            Refusal: there is no such policy (404), or before 5.12.0 the id is no database id (400).
        """
        with self._lock():
            stored = self._stored(org_id, policy_id, "Could not retrieve object for deletion")
            self.records.remove(stored["_id"])
        self._report("deleted", stored)

    def import_all(self, policies: Iterable[Document]) -> list[str]:
        """Store exported policies with their ids, organisations and dates; returns their database ids.

        Source of the dates: exports of DEMO that were imported and exported again.
        """
        imported = []
        with self._lock():
            for policy in policies:
                now = self._now()
                date = policy["date_created"] if policy["date_created"] != _NO_TIME else rfc3339(now)
                object_id = policy["_id"] or new_object_id(now)
                exported = {**policy, "_id": object_id, "date_created": date}
                imported.append(self._store(exported, policy["last_updated"]))
        self._report("updated", *imported)
        return [stored["_id"] for stored in imported]

    def forget_api(self, api_id: str) -> None:
        """Remove the rights to an API that was deleted from all policies (RN:6985)."""
        changed = []
        with self._lock():
            for policy in self.records.all():
                if api_id in policy["access_rights"]:
                    rights = dict(policy["access_rights"])
                    del rights[api_id]
                    self.records.add(policy["_id"], {**policy, "access_rights": rights})
                    changed.append(policy)
        self._report("updated", *changed)

    def _report(self, action: str, *policies: Document) -> None:
        names = [(policy["org_id"], policy["id"] or policy["_id"]) for policy in policies]
        self._changes.report("policy", action, *names)

    def _stored(self, org_id: str, policy_id: str, message: str) -> Document:
        policy = self.records.get(policy_id.lower()) if is_object_id(policy_id) else None
        if policy is not None and policy["org_id"] == org_id:
            return policy
        if "id-in-paths" in self._behaviours:
            if policy := self.with_id(org_id, policy_id):
                return policy
        elif not is_object_id(policy_id):
            raise Refusal("Invalid policy ID.", 400)
        raise Refusal(message, 404)

    def _check(self, policy: Document, own_id: str | None) -> None:
        """Refuse a policy without a name, with the name of another one, or with an unsafe id."""
        if not policy["name"]:
            raise Refusal("Policy name is required.", 400)
        for other in self.records.found(f"name {policy['name']}"):
            if other["org_id"] == policy["org_id"] and other["_id"] != own_id:
                raise Refusal("This policy name has already been used. Enter a unique policy name.", 400)
        checks_ids = "id-characters" in self._behaviours and not self._config.allow_unsafe_policy_ids
        if checks_ids and policy["id"] and not _SAFE_ID.fullmatch(policy["id"]):
            raise Refusal("Invalid Policy ID: Allowed characters: a-z, A-Z, 0-9, ., _, -, ~", 400)

    def _store(self, policy: Document, last_updated: str = "") -> Document:
        """Store a policy in its normal form, updated now or at a time; returns it."""
        policy = dict(policy)
        apply_state(policy)
        if "empty-id-is-filled" in self._behaviours:
            policy["id"] = policy["id"] or policy["_id"]
        policy["access_rights"] = _normal_rights(policy)
        policy["tags"] = policy["tags"] or []
        policy["auth_types"] = policy["auth_types"] or []
        policy["meta_data"] = policy["meta_data"] or {}
        policy["last_updated"] = last_updated or str(int(self._now()))
        stored = {name: value for name, value in policy.items() if name not in DERIVED}
        self.records.add(stored["_id"], stored)
        return stored

    def _whole(self, stored: Document) -> Document:
        """A stored policy with the five members that are derived on reading (PRO, table tyk_policies).

        While none of its APIs is known, what depends on them is as it was sent, so that an export comes back
        whole without its APIs.
        """
        apis = [api for name in stored["access_rights"] if (api := self._apis.of_api_id(name))]
        of_apis = {name: stored[name] for name in DERIVED_FROM_APIS}
        if apis or not stored["auth_type"]:
            auth_type, auth_types = authentication.combined(api.authentication for api in apis)
            of_apis["auth_type"], of_apis["auth_types"] = auth_type, auth_types
            of_apis["graphql_enabled"] = any(api.is_graphql for api in apis)
        return {
            "auth_type": of_apis["auth_type"],
            "auth_types": of_apis["auth_types"],
            "state": state_of(stored),
            "access_rights_array": list(stored["access_rights"].values()),
            "graphql_enabled": of_apis["graphql_enabled"],
            **{name: value for name, value in stored.items() if name not in of_apis},
        }


def _normal_rights(policy: Document) -> Document:
    """The rights of a policy as they are stored, by API: those of the map, else those of the array alone.

    They are in the order of the array, which then comes back as it was sent.
    """
    listed = {right["api_id"]: right for right in policy["access_rights_array"] or ()}
    rights = policy["access_rights"] or listed
    return {name: _normal_right(rights[name]) for name in {**listed, **rights} if name in rights}


def _normal_right(right: Mapping[str, Any]) -> Document:
    """A right as it is stored: lists that were not sent are empty, and a limit that was not sent is null."""
    return {**right, **{name: right[name] or [] for name in _LISTS}}
