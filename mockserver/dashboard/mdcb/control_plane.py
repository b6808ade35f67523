"""The functions of a control plane, by the names under which gateways call them.

Source: the table in GW gateway/rpc_storage_handler.go for names and types; recordings of real gateways for
what is called when; GW gateway/rpc_storage_handler.go and rpc/rpc_client.go for what a gateway does after an
answer. The control plane itself is closed: how long it holds a long poll, and the texts of its errors but
`Access Denied`, are not known.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mockserver.dashboard.changes import Change, Changes
from mockserver.dashboard.keys import Keys
from mockserver.dashboard.mdcb.key_storage import KeyStorage
from mockserver.dashboard.mdcb.pending import Pending
from mockserver.dashboard.mdcb.planes import Plane, Planes
from mockserver.dashboard.nodes.nodes import Nodes
from mockserver.dashboard.users import Users
from mockserver.golang.rpc.errors import CallRefused
from mockserver.golang.rpc.gob_types import Named
from mockserver.golang.rpc.server import Caller, Function

LONG_POLL = 20.0  # seconds; a gateway waits 30 by default
LOG = logging.getLogger("tyk-contract")
_RELOAD = "reload"

Objects = Callable[[str], list[dict[str, Any]]]


class ControlPlane:
    """The control plane of a Dashboard.

    Args:
        users: whose access keys planes log in with.
        nodes: the table in which planes are noted.
        changes: on those of policies and APIs, the groups of their organisation are told to reload.
        keys: those of the control plane.
        policies: returns those of an organisation, as gateways are given them.
        apis: the same for APIs.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        users: Users,
        nodes: Nodes,
        changes: Changes,
        keys: Keys,
        policies: Objects,
        apis: Objects,
        now: Callable[[], float],
    ) -> None:
        self.planes = Planes(users, nodes)
        self._nodes = nodes
        self._changes = changes
        self._policies = policies
        self._apis = apis
        self._key_updates = Pending()
        self._reloads = Pending()
        self._idp_changes = Pending()  # of which there are none: the Dashboard has no client IdPs
        self._keys = KeyStorage(keys, now)
        changes.subscribe(self._tell)
        keys.subscribe(self._tell_of_key)

    def functions(self) -> dict[str, Function]:
        """The functions by name."""
        return {name: partial(function, self) for name, function in FUNCTIONS.items()}

    def clear(self) -> None:
        """Forget all planes and what they set."""
        self.planes.clear()
        self._keys.clear()
        for pending in (self._key_updates, self._reloads, self._idp_changes):
            pending.clear()

    def close(self) -> None:
        """End all calls that wait."""
        for pending in (self._key_updates, self._reloads, self._idp_changes):
            pending.close()

    def _tell(self, changes: list[Change]) -> None:
        for org_id in {change.org_id for change in changes}:
            self._reloads.add(org_id, _RELOAD)

    def _tell_of_key(self, org_id: str, key: str, is_hash: bool) -> None:
        """Let planes fetch a key again, or forget it (GW ProcessKeySpaceChanges)."""
        self._key_updates.add(org_id, f"{key}:hashed" if is_hash else key)

    def login(self, caller: Caller, key: Any) -> bool:
        """Log a gateway in by the key of a user; False if no user has it."""
        return self._join(self.planes.login(caller, _text(key)))

    def login_with_group(self, caller: Caller, request: Any) -> bool:
        """Log a gateway in that tells its group and what it has loaded; gateways repeat it."""
        told = _struct(request)
        node = told.get("Node", b"")
        key, group = _text(told.get("UserKey", "")), _text(told.get("GroupID", ""))
        return self._join(self.planes.login(caller, key, group, node if isinstance(node, bytes) else b""))

    def _join(self, plane: Plane | None) -> bool:
        if plane is None:
            return False
        for pending in (self._key_updates, self._reloads, self._idp_changes):
            pending.join(plane.organisation, plane.group)
        if plane.has_older:  # it may have missed changes
            self._reloads.add_for(plane.organisation, plane.group, _RELOAD)
        return True

    def disconnect(self, caller: Caller, request: Any) -> None:
        """Note that a gateway stops."""
        self.planes.logout(caller)

    def ping(self, caller: Caller, argument: Any) -> bool:
        """Answer that the control plane is there."""
        return True

    def get_policies(self, caller: Caller, org_id: Any) -> str:
        """The policies of an organisation as a JSON array."""
        plane = self._plane(caller, org_id)
        change = self._changes.count
        policies = self._policies(plane.organisation)
        if warning := self._nodes.deliver(plane.node, policies, change):
            LOG.warning("%s", warning)
        return _json(policies)

    def get_api_definitions(self, caller: Caller, request: Any) -> str:
        """The APIs of an organisation that have one of the tags, if tags are given, as a JSON array."""
        told = _struct(request)
        plane = self._plane(caller, told.get("OrgId", ""))
        apis = self._apis(plane.organisation)
        if tags := set(_texts(told.get("Tags", []))):
            apis = [api for api in apis if tags & _tags(api["api_definition"])]
        if not told.get("LoadOAS"):
            apis = [{"api_definition": api["api_definition"]} for api in apis]
        return _json(apis)

    def get_client_idps(self, caller: Caller, request: Any) -> str:
        """The client IdPs of an organisation as a JSON array."""
        self._plane(caller, _struct(request).get("OrgId", ""))
        return _json([])

    def check_reload(self, caller: Caller, org_id: Any) -> bool:
        """Wait for a change; True if the gateways of the group are to reload."""
        return bool(self._await(self._reloads, caller, org_id))

    def check_idp_reload(self, caller: Caller, org_id: Any) -> list[str]:
        """Wait for a change of client IdPs; the ids of those that changed."""
        return self._await(self._idp_changes, caller, org_id)

    def _await(self, pending: Pending, caller: Caller, org_id: Any) -> list[str]:
        plane = self._plane(caller, org_id)
        return pending.take(plane.organisation, plane.group, LONG_POLL, caller.gone.is_set)

    def get_key_space_update(self, caller: Caller, org_id: Any) -> list[str]:
        """The keys that changed since the last call of the group."""
        plane = self._plane(caller, org_id)
        return self._key_updates.take(plane.organisation, plane.group)

    def get_group_key_space_update(self, caller: Caller, request: Any) -> list[str]:
        """The same, for a struct with organisation and group."""
        return self.get_key_space_update(caller, _struct(request).get("OrgID", ""))

    def get_key(self, caller: Caller, name: Any) -> str:
        """The value of a name: the session of a key, or what a gateway has set."""
        value = self._keys.get(self.planes.of(caller).organisation, _text(name))
        if value is None:
            raise CallRefused("key not found")
        return value

    def get_expiry(self, caller: Caller, name: Any) -> Named:
        """The seconds that a value still has."""
        return Named("int64", self._keys.expiry(self.planes.of(caller).organisation, _text(name)))

    def set_key(self, caller: Caller, request: Any) -> None:
        """Set a value for some seconds."""
        told = _struct(request)
        name, text = _text(told.get("KeyName", "")), _text(told.get("SessionState", ""))
        self._keys.set(self.planes.of(caller).organisation, name, text, _number(told.get("Timeout", 0)))

    def delete_key(self, caller: Caller, name: Any) -> bool:
        """Remove a value; False if there was none."""
        return self._keys.delete(self.planes.of(caller).organisation, _text(name))

    def delete_keys(self, caller: Caller, names: Any) -> bool:
        """Remove values; False if one of them was not there."""
        organisation = self.planes.of(caller).organisation
        deleted = [self._keys.delete(organisation, name) for name in _texts(names)]
        return all(deleted)

    def purge_analytics_data(self, caller: Caller, records: Any) -> None:
        """Take the analytics of a gateway, which a mock drops."""
        self.planes.of(caller)

    def _plane(self, caller: Caller, org_id: Any) -> Plane:
        """The plane of a caller, which may ask for its own organisation alone.

        The refusal has a text of its own, for after `Access Denied` a gateway that can log in asks again at
        once, some thousand times in a second (seen on 5.14.0).
        """
        plane = self.planes.of(caller)
        if org_id != plane.organisation:
            raise CallRefused(
                f"the user of api_key is of the organisation {plane.organisation}, not of {_text(org_id)!r}; "
                "give rpc_key the id of that organisation"
            )
        return plane


FUNCTIONS: Mapping[str, Callable[[ControlPlane, Caller, Any], object]] = {
    "Login": ControlPlane.login,
    "LoginWithGroup": ControlPlane.login_with_group,
    "Disconnect": ControlPlane.disconnect,
    "Ping": ControlPlane.ping,
    "GetPolicies": ControlPlane.get_policies,
    "GetApiDefinitions": ControlPlane.get_api_definitions,
    "GetClientIdPs": ControlPlane.get_client_idps,
    "CheckReload": ControlPlane.check_reload,
    "CheckIdPReload": ControlPlane.check_idp_reload,
    "GetKeySpaceUpdate": ControlPlane.get_key_space_update,
    "GetGroupKeySpaceUpdate": ControlPlane.get_group_key_space_update,
    "GetKey": ControlPlane.get_key,
    "GetExp": ControlPlane.get_expiry,
    "SetKey": ControlPlane.set_key,
    "DeleteKey": ControlPlane.delete_key,
    "DeleteRawKey": ControlPlane.delete_key,
    "DeleteKeys": ControlPlane.delete_keys,
    "DeleteRawKeys": ControlPlane.delete_keys,
    "PurgeAnalyticsData": ControlPlane.purge_analytics_data,
}


def _tags(definition: Mapping[str, Any]) -> set[str]:
    """The tags by which segmented gateways choose an API; none if it has them disabled."""
    tags = definition.get("tags")
    return set() if definition.get("tags_disabled") or not isinstance(tags, list) else set(map(str, tags))


def _json(value: Any) -> str:
    """JSON in ASCII, for a text of a policy may have half a surrogate pair, which no bytes can carry."""
    return json.dumps(value, separators=(",", ":"))


def _struct(argument: Any) -> dict[str, Any]:
    """An argument that must be a struct.

    Raises:
        CallRefused: it is not.
    """
    if not isinstance(argument, dict):
        raise CallRefused(f"the argument is a {type(argument).__name__}, must be a struct")
    return argument


def _text(value: Any) -> str:
    """A value that must be a text.

    Raises:
        CallRefused: it is not.
    """
    if not isinstance(value, str):
        raise CallRefused(f"a {type(value).__name__} was sent, must be a text")
    return value


def _texts(value: Any) -> list[str]:
    """A value that must be a list of texts.

    Raises:
        CallRefused: it is not.
    """
    if not isinstance(value, list):
        raise CallRefused(f"a {type(value).__name__} was sent, must be a list of texts")
    return [_text(item) for item in value]


def _number(value: Any) -> int:
    """A value that must be a whole number.

    Raises:
        CallRefused: it is not.
    """
    if type(value) is not int:
        raise CallRefused(f"a {type(value).__name__} was sent, must be a whole number")
    return value
