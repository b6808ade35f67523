"""The documents of all files of a run, beside each other: rights to APIs, sessions and their policies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mockserver.gateway.api_definition import Api
from mockserver.gateway.lint.findings import Document
from mockserver.gateway.policy_store import PolicyStore


@dataclass(frozen=True)
class PolicyEntry:
    """A policy.

    Attributes:
        id: the id that sessions find it by.
        members: the decoded members.
    """

    id: str
    members: dict[str, Any]
    document: Document

    @property
    def org_id(self) -> str:
        """The id of its organisation."""
        return str(self.members["org_id"])


@dataclass(frozen=True)
class SessionEntry:
    """A session with its decoded members."""

    members: dict[str, Any]
    document: Document


@dataclass(frozen=True)
class ApiEntry:
    """An API."""

    api: Api
    document: Document


@dataclass(frozen=True)
class Inventory:
    """The documents that were read.

    Attributes:
        now: the time in seconds since the epoch.
        policies, sessions, apis: those in the files, in the order of reading.
        allows_any_id: True if a configuration sets allow_unsafe_policy_ids.
        allows_master_keys: True if a configuration sets allow_master_keys.
        store: the policies as a gateway has loaded them; None if there are no sessions or no policies.
    """

    now: float
    policies: tuple[PolicyEntry, ...] = ()
    sessions: tuple[SessionEntry, ...] = ()
    apis: tuple[ApiEntry, ...] = ()
    allows_any_id: bool = False
    allows_master_keys: bool = False
    store: PolicyStore | None = None

    @cached_property
    def api_ids(self) -> frozenset[str]:
        """The ids of the APIs."""
        return frozenset(self._apis_by_id)

    def api(self, api_id: str) -> Api | None:
        """The API with an id, the last of several; None if there is none."""
        return self._apis_by_id.get(api_id)

    @cached_property
    def _apis_by_id(self) -> dict[str, Api]:
        return {entry.api.id: entry.api for entry in self.apis}

    @cached_property
    def owners(self) -> dict[str, set[str]]:
        """The organisations of the policies, by the ids of the policies."""
        owners: dict[str, set[str]] = {}
        for entry in self.policies:
            owners.setdefault(entry.id, set()).add(entry.org_id)
        return owners

    @cached_property
    def has_organisations(self) -> bool:
        """True if a policy, a session or an API is of an organisation."""
        sessions = (entry.members["org_id"] for entry in self.sessions)
        apis = (entry.api.org_id for entry in self.apis)
        return any((*(entry.org_id for entry in self.policies), *sessions, *apis))
