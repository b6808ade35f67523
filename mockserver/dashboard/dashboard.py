"""The state of one simulated Dashboard."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from mockserver.contract import behaviours
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import spec_path
from mockserver.contract.versions import GatewayVersion
from mockserver.dashboard.apis import Apis
from mockserver.dashboard.changes import Changes
from mockserver.dashboard.config import Config
from mockserver.dashboard.gateway_client import GatewayClient
from mockserver.dashboard.keys import Keys
from mockserver.dashboard.mdcb.control_plane import ControlPlane
from mockserver.dashboard.nodes.admission import Admission
from mockserver.dashboard.nodes.deployment import Deployment
from mockserver.dashboard.nodes.history import NOTIFIED, History
from mockserver.dashboard.nodes.nodes import Nodes
from mockserver.dashboard.nodes.notifications import Notifications
from mockserver.dashboard.organisations import Organisations
from mockserver.dashboard.ownership import Ownership
from mockserver.dashboard.policies import Policies
from mockserver.dashboard.policy_forms import Form, form_of
from mockserver.dashboard.portal.portal import Portal
from mockserver.dashboard.portal.provider import Provider
from mockserver.dashboard.record_forms import INDEXED, KINDS, is_index_entry, is_record, terms_of
from mockserver.dashboard.records import Records
from mockserver.dashboard.replies import Refusal
from mockserver.dashboard.switches import SWITCHABLE
from mockserver.dashboard.users import ADMIN, User, Users
from mockserver.service.fault import Fault, FaultDrop, delay_of
from mockserver.service.mock import Mock
from mockserver.storage.backend import Backend

SPEC = spec_path("dashboard")
DEFAULT_KEY = "6d6f636b2d64617368626f6172640001"  # of the first user, an admin
DEFAULT_ORGANISATION = "5e9d9544a1dcd60001d0ed20"
_FIRST_USER = "5e9d9544a1dcd60001d0ed21"


class Dashboard:
    """A simulated Dashboard: its configuration, the behaviours of its version, and its database.

    `key` is the access key of the first user, an admin of the organisation `organisation`. A database that
    has users already keeps them.

    Attributes:
        behaviours: the ids of the behaviours of this version, without those in `without`.
        storage_is_shared: True if other mocks share the database.
        form: the form in which policies are read and written; that of today, or that of the style "2017".
        changes: the changes of policies and APIs, and who is told of them.
        nodes: the gateways that take their policies from this Dashboard.
        history: what became of each change.
        deployment: the nodes and the gateways of this process, and what each of them has.
        admission: the rule that decides whether a request comes from a node.
        control_plane: what data planes ask for over MDCB.
        introspection: True if GraphQL tells its schema.
        portal: a Developer Portal of the first organisation.
    """

    def __init__(
        self,
        version: GatewayVersion,
        config: Config,
        mock: Mock | None = None,
        *,
        key: str = DEFAULT_KEY,
        organisation: str = DEFAULT_ORGANISATION,
        style: str = "",
        without: Collection[str] = (),
        introspection: bool = True,
        strict_nonces: bool = False,
    ) -> None:
        self._mock = mock or Mock()
        backend = self._mock.backend
        self.version = version
        self.config = config
        self.key = key
        self.organisation = organisation
        self.introspection = introspection
        self.behaviours = behaviours.load(SPEC).of(version, without, SWITCHABLE)
        self.contract = Contract.load(version, SPEC)
        self.storage_is_shared = backend.is_shared
        codec = Codec.of(self.contract, "Policy")
        self._records = {kind: _records(kind, backend, codec) for kind in KINDS}
        self.organisations = Organisations(self._records["organisations"], self.now)
        self.users = Users(self._records["users"], self.now)
        self.changes = Changes(self.now)
        self.nodes = Nodes(self.now)
        self.history = History(self.changes, self.nodes, self.now)
        self.deployment = Deployment(self.nodes, self.history, self.policies_of_nodes)
        if config.notify_on_change:
            notifications = Notifications(
                backend, config.shared_node_secret, partial(self.history.note, NOTIFIED)
            )
            self.changes.subscribe(notifications.send)
        self.admission = Admission(self.nodes, config.shared_node_secret, is_strict=strict_nonces)
        self.apis = Apis(self._records["apis"], self.changes, self.now)
        self.ownership = Ownership(self.apis, config, self.behaviours)
        self.oauth_clients = self._records["oauth-clients"]
        self.assets = self._records["assets"]
        self.gateway = GatewayClient(config)
        self.keys = Keys(self.gateway)
        self.form = form_of(style, codec)
        self._form_of_nodes = Form(codec)
        self.policies = Policies(
            self._records["policies"],
            self.apis,
            self.ownership,
            self.changes,
            behaviours=self.behaviours,
            config=config,
            now=self.now,
            lock=lambda: backend.lock("dashboard"),
        )
        self.control_plane = ControlPlane(
            self.users,
            self.nodes,
            self.changes,
            self.keys,
            self.policies_of_nodes,
            self.apis_of_nodes,
            self.now,
        )
        provider = Provider(
            User(_FIRST_USER, organisation, ADMIN),
            self.policies,
            self.apis,
            self.keys,
            codec,
            self.now,
            lambda: backend.lock("portal"),
        )
        self.portal = Portal(provider, self._records)
        self._found()

    def now(self) -> float:
        """The time of the mock's clock in seconds since the epoch."""
        return self._mock.clock.now()

    def apply_fault(self, operation: str, met: list[Fault]) -> Fault | None:
        """Apply the next fault of an operation, if there is one: add it to `met`.

        Returns the fault; its delay, and what it makes of the answer, are left to the caller.

        Raises:
            Refusal: the fault has a status.
            FaultDrop: the fault drops the connection.
        """
        if fault := self._mock.faults.take(operation):
            met.append(fault)
            if fault.drop:
                raise FaultDrop(delay_of(met), fault)
            if fault.status:
                raise Refusal(fault.message, fault.status)
        return fault

    def seed(self, policy: Mapping[str, Any]) -> str:
        """Create a policy of the first organisation; returns its database id.

        Raises:
            ValueError: the policy is refused; the message is that of the reply.
        """
        try:
            decoded = self.form.decode(json.dumps(policy).encode())
            object_id: str = self.policies.create(self.organisation, decoded)["_id"]
        except Refusal as refusal:
            raise ValueError(refusal.message) from refusal
        return object_id

    def policies_of_nodes(self, org_id: str = "") -> list[dict[str, Any]]:
        """The policies of an organisation, or of all for "", as gateways are given them, the oldest first.

        Without an id a gateway takes the database id, which is what keys then refer to.
        """
        hidden = {} if self.policies.allows_explicit_ids else {"id": ""}
        documents = [self._form_of_nodes.document(policy) for policy in self.policies.all(org_id)]
        return [{**document, **hidden} for document in documents]

    def apis_of_nodes(self, org_id: str = "") -> list[dict[str, Any]]:
        """The APIs of an organisation, or of all for "", as gateways are given them, the oldest first."""
        return [
            {"api_definition": dict(api.definition), **({"oas": dict(api.openapi)} if api.openapi else {})}
            for api in self.apis.all(org_id)
        ]

    def reset(self) -> None:
        """Add the first organisation with its admin to the backend, which was cleared before."""
        for records in self._records.values():
            records.forget_index()
        self.changes.clear()
        self.nodes.clear()
        self.history.clear()
        self.control_plane.clear()
        self._found()

    def snapshot(self) -> Callable[[], None]:
        """A function that makes the index fit to the documents, once the backend is as it was."""

        def put_back() -> None:
            for records in self._records.values():
                records.forget_index()
                records.complete_index()

        return put_back

    def _found(self) -> None:
        """Add the first organisation and its admin, if the database has no users."""
        if self.users.all(self.organisation):
            return
        organisation = {"owner_name": "Mock", "cname_enabled": True, "cname": ""}
        self.organisations.store(organisation, self.organisation)
        admin = {
            "first_name": "Mock",
            "last_name": "Admin",
            "email_address": "admin@example.com",
            "user_permissions": ADMIN,
        }
        self.users.create(self.organisation, admin, user_id=_FIRST_USER, access_key=self.key)


def _records(kind: str, backend: Backend, policies: Codec) -> Records:
    """The records of a kind; their index is in memory, or where the mocks share it."""
    values = backend.key_values(f"dashboard-{kind}", partial(is_record, kind, policies))
    is_shared = backend.is_shared and kind in INDEXED
    index = backend.key_values(f"dashboard-{kind}-index", is_index_entry) if is_shared else None
    return Records(values, index, partial(terms_of, kind))
