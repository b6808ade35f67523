"""The policies of a Dashboard: validation, storage, and the members that are derived on reading.

The rules are independent of the API that asks: REST, import and GraphQL share them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from mockserver.dashboard.apis import Apis
from mockserver.dashboard.changes import Changes
from mockserver.dashboard.config import Config
from mockserver.dashboard.derived_members import NEVER_STORED, DerivedMembers
from mockserver.dashboard.listing import Criteria, Paging
from mockserver.dashboard.object_ids import is_object_id, new_object_id, rfc3339
from mockserver.dashboard.ownership import NOT_OWNED, Ownership
from mockserver.dashboard.policy_states import apply_state
from mockserver.dashboard.records import Document, Records
from mockserver.dashboard.replies import Refusal
from mockserver.dashboard.users import User

_SAFE_ID = re.compile(r"[a-zA-Z0-9.\-_~]+")
_LISTS = ("allowed_urls", "restricted_types", "allowed_types", "field_access_rights")
IMPORTED_TOGETHER = 500  # policies of an import, for whose time other writes wait
_NO_TIME = "0001-01-01T00:00:00Z"


class Policies:
    """The policies of all organisations.

    A policy is a dict with the members of the schema Policy, in the order in which they are written.
    """

    def __init__(
        self,
        records: Records,
        apis: Apis,
        ownership: Ownership,
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
        self._ownership = ownership
        self._now = now
        self._lock = lock

    def all(self, org_id: str) -> list[Document]:
        """The policies of an organisation, or of all for "", with their derived members, the oldest first."""
        return list(map(DerivedMembers(self._apis).whole, self._of(org_id)))

    def count(self, org_id: str) -> int:
        """The number of policies of an organisation."""
        return len(self._of(org_id))

    def page(self, user: User, criteria: Criteria, paging: Paging) -> tuple[list[Document], int]:
        """A page of the policies that a user sees and that fit, and the number of pages.

        They have their derived members, which are made for this page alone.
        """
        derived = DerivedMembers(self._apis)
        shown = filter(self._ownership.policies_shown_to(user), self._of(user.org_id))
        fitting = criteria.select(list(shown), derived.auth_type)
        return list(map(derived.whole, paging.select(fitting))), paging.pages(len(fitting))

    def get(self, user: User, policy_id: str) -> Document:
        """The policy that a user sees under an id, with its derived members.

        Raises:
            Refusal: there is none (404), before 5.12.0 the id is no database id (400), or its APIs are those
                of others (401).
        """
        return self.whole(self._visible(user, policy_id))

    def whole(self, stored: Document) -> Document:
        """A stored policy with its derived members."""
        return DerivedMembers(self._apis).whole(stored)

    def with_id(self, org_id: str, policy_id: str) -> Document | None:
        """The stored policy of an organisation by the id that keys refer to; None if there is none.

        That of a policy with an empty id is its database id (GW gateway/policy.go), and that of all if the
        configuration does not allow others.
        """
        if not self.allows_explicit_ids:
            policy = self.records.get(policy_id)
            return policy if policy and policy["org_id"] == org_id else None
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
            if not self.allows_explicit_ids:
                policy["_id"] = ""
            if policy["_id"] and self.records.get(policy["_id"]) is not None:
                raise Refusal("Failure creating data, please contact your administrator.", 500)
            policy["_id"] = policy["_id"] or new_object_id(now)
            stored = self._store(policy)
        self._report("created", stored)
        return stored

    def update(self, user: User, policy_id: str, policy: Document) -> Document:
        """Replace a policy; its `_id` and its date of creation stay. Returns it as stored.

        Raises:
            Refusal: there is no such policy (404), its APIs are those of others (401), or the new one is
                invalid (400).
        """
        with self._lock():
            before = self._visible(user, policy_id)
            kept = {name: before[name] for name in ("_id", "org_id", "date_created")}
            policy = {**policy, **kept, "id": policy["id"] or before["id"]}
            self._check(policy, before["_id"])
            stored = self._store(policy)
        self._report("updated", stored)
        return stored

    def delete(self, user: User, policy_id: str) -> None:
        """Remove a policy.

        Raises:
            Refusal: there is no such policy (404), before 5.12.0 the id is no database id (400), or its APIs
                are those of others (401).
        """
        with self._lock():
            stored = self._stored(user.org_id, policy_id, "Could not retrieve object for deletion")
            self._ownership.check_deletion(user, stored)
            self.records.remove(stored["_id"])
        self._report("deleted", stored)

    def import_all(self, policies: Iterable[Document]) -> list[str]:
        """Store exported policies with their ids, organisations and dates; returns their database ids.

        After each `IMPORTED_TOGETHER` of them other writes have their turn.
        Source of the dates: exports of DEMO that were imported and exported again.
        """
        exported = {}
        for policy in policies:
            now = self._now()
            date = policy["date_created"] if policy["date_created"] != _NO_TIME else rfc3339(now)
            object_id = policy["_id"] or new_object_id(now)
            whole = {**policy, "_id": object_id, "date_created": date}
            exported[object_id] = self._normal(whole, policy["last_updated"])
        names = list(exported)
        for start in range(0, len(names), IMPORTED_TOGETHER):
            with self._lock():
                self.records.add_all(
                    {name: exported[name] for name in names[start : start + IMPORTED_TOGETHER]}
                )
        self._report("updated", *exported.values())
        return names

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
        names = [
            (policy["org_id"], (self.allows_explicit_ids and policy["id"]) or policy["_id"])
            for policy in policies
        ]
        self._changes.report("policy", action, *names)

    @property
    def allows_explicit_ids(self) -> bool:
        """True if a database id that is sent is kept, and keys refer to the ids that users choose."""
        is_needed = "explicit-ids-need-a-switch" in self._behaviours
        return self._config.allow_explicit_policy_id or not is_needed

    def _of(self, org_id: str) -> list[Document]:
        """The stored policies of an organisation, or of all for "", the oldest first."""
        return [policy for policy in self.records.all() if org_id in ("", policy["org_id"])]

    def _visible(self, user: User, policy_id: str) -> Document:
        """The stored policy that a user sees under an id; raises as `get`."""
        stored = self._stored(user.org_id, policy_id, "Could not retrieve portal object.")
        if not self._ownership.policies_shown_to(user)(stored):
            raise NOT_OWNED
        return stored

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

    def _store(self, policy: Document) -> Document:
        """Store a policy in its normal form, updated now; returns it."""
        stored = self._normal(policy)
        self.records.add(stored["_id"], stored)
        return stored

    def _normal(self, policy: Document, last_updated: str = "") -> Document:
        """A policy as it is stored, updated now or at a time."""
        policy = dict(policy)
        apply_state(policy)
        if "empty-id-is-filled" in self._behaviours:
            policy["id"] = policy["id"] or policy["_id"]
        policy["access_rights"] = _normal_rights(policy)
        policy["tags"] = policy["tags"] or []
        policy["auth_types"] = policy["auth_types"] or []
        policy["meta_data"] = policy["meta_data"] or {}
        policy["last_updated"] = last_updated or str(int(self._now()))
        return {name: value for name, value in policy.items() if name not in NEVER_STORED}


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
