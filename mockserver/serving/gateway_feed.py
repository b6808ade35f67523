"""The feed of the gateway beside a mock Dashboard: it loads what a key names before the key is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from mockserver.contract.codecs import Malformed
from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.nodes.nodes import PolicyName
from mockserver.dashboard.nodes.propagation import Loaded
from mockserver.gateway.api_definition import Api
from mockserver.gateway.gateway import Gateway
from mockserver.storage.backend import NoStorage, Refused


class GatewayFeed:
    """Loads policies and APIs of a Dashboard into a mock gateway, as far as a session names them.

    A real gateway pulls all of them when it is notified. A gateway whose configuration has policies or APIs
    in a directory keeps to these.

    Attributes:
        feeds_policies: True if the gateway takes its policies from here.
    """

    def __init__(self, dashboard: Dashboard, gateway: Gateway) -> None:
        self._dashboard = dashboard
        self._gateway = gateway
        config = gateway.config
        self.feeds_policies = not (config.policies__policy_path or config.policies__policy_record_name)
        self._feeds_apis = not config.app_path
        self._given: set[tuple[str, str]] = set()  # what the gateway has from here: kind and id
        self._changes: dict[PolicyName, int] = {}  # the last change when a policy was loaded

    def loaded(self) -> Loaded:
        """The policies that the gateway has loaded from here."""
        store = self._gateway.store
        documents = [
            store.codec.type.output(loaded.policy)
            for loaded in store.loaded.listed
            if ("policy", loaded.policy_id) in self._given
        ]
        return Loaded(tuple(documents), self._gateway.version, is_partial=True)

    def change_of(self, name: PolicyName) -> int:
        """The number of the last change that a policy had when it was loaded; 0 if it was not."""
        return self._changes.get(name, 0)

    def load(self, org_id: str, session: dict[str, Any]) -> None:
        """Load what a session of an organisation names; drop what was deleted since."""
        with self._gateway.clock.lock:  # as for a reload
            self._load(org_id, session)

    def _load(self, org_id: str, session: dict[str, Any]) -> None:
        api_ids = _names(session.get("access_rights"))
        if self.feeds_policies and (policy_ids := _policies_of(session)):
            for policy_id in policy_ids:
                self._changes[org_id, policy_id] = self._dashboard.changes.count
                policy = self._dashboard.policies.with_id(org_id, policy_id)
                api_ids += list(policy["access_rights"]) if policy else []
                self._write_policy(policy_id, policy)
            self._gateway.store.reload()
        if self._feeds_apis and api_ids:
            for api_id in dict.fromkeys(api_ids):
                self._write_api(api_id)
            self._gateway.apis.reload()

    def _write_policy(self, policy_id: str, policy: dict[str, Any] | None) -> None:
        store = self._gateway.store
        try:
            if policy is None:
                self._drop("policy", policy_id, store.delete)
            else:
                decoded, _ = self._gateway.codec.decode_leniently(json.dumps(policy).encode())
                store.write({**decoded, "id": policy_id})
                self._given.add(("policy", policy_id))
        except (NoStorage, Refused):  # a gateway can have no policy with this id
            return

    def _write_api(self, api_id: str) -> None:
        apis = self._gateway.apis
        api = self._dashboard.apis.of_api_id(api_id)
        try:
            if api is None:
                self._drop("api", api_id, apis.delete)
            else:
                apis.write(Api.decode(apis.codec, json.dumps(dict(api.definition)).encode()))
                self._given.add(("api", api_id))
        except (NoStorage, Refused, Malformed):  # as above, or the definition is none for a gateway
            return

    def _drop(self, kind: str, name: str, delete: Callable[[str], None]) -> None:
        if (kind, name) in self._given:
            self._given.remove((kind, name))
            delete(name)


def _policies_of(session: dict[str, Any]) -> list[str]:
    listed = session.get("apply_policies")
    names: Iterable[Any] = [*(listed if isinstance(listed, list) else ()), session.get("apply_policy_id")]
    return [name for name in names if name and isinstance(name, str)]


def _names(rights: Any) -> list[str]:
    return list(rights) if isinstance(rights, dict) else []
