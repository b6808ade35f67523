"""The remote calls of a data plane, with the names and types of a real gateway's.

Source: gateway/rpc_storage_handler.go, rpc/rpc_client.go and apidef/rpc.go @v5.14.0.
"""

from __future__ import annotations

import os
import socket
import uuid
from typing import Any

from mockserver.gateway.config import Config
from mockserver.gateway.gateway import Gateway
from mockserver.gateway.health import checked_parts
from mockserver.golang import json_writer
from mockserver.golang.rpc.calls import DEFINITIONS, GROUP_KEYS, LOGIN, TYPES, VALUE
from mockserver.golang.rpc.client import RpcClient
from mockserver.golang.rpc.errors import CallError, CallRefused
from mockserver.golang.rpc.gob_types import Named
from mockserver.service.configuration import ConfigError

CALL_SECONDS = 30  # of one call, if the configuration has no other number
UNGROUPED = "ungrouped"  # gateway/server.go:2006 @v5.14.0
KEEP_ALIVE, KEEP_ALIVE_SECONDS = "0000", 10
DENIED = "Access Denied"  # the error after which a gateway logs in again


class ControlClient:
    """A client of the control plane that a configuration names.

    Raises:
        ConfigError: the configuration names none, or lacks the key to log in with.

    Attributes:
        address: its host and port.
        has_answered: True if a login succeeded since the start.
    """

    def __init__(self, gateway: Gateway) -> None:
        config = gateway.config
        self._gateway = gateway
        self._config = config
        self.address = _address_of(config)
        self.has_answered = False
        self._node_id = f"solo-{uuid.uuid4()}"
        self._group = config.slave_options__group_id or UNGROUPED
        self._seconds = float(config.slave_options__call_timeout or CALL_SECONDS)
        name = str(uuid.uuid4())  # of all connections of the gateway
        self._calls, self._polls = (
            RpcClient(self.address, types=TYPES, connection_id=name) for _ in range(2)
        )

    def login(self) -> bool:
        """Log in, and tell what the gateway has loaded. True if the control plane lets it in.

        Raises:
            CallError: there was no answer.
        """
        is_let_in = self._calls.call("LoginWithGroup", Named(LOGIN, self._self_description()), self._seconds)
        self.has_answered = self.has_answered or is_let_in is True
        return is_let_in is True

    def policies(self) -> str:
        """The policies of the organisation as a JSON array; "" if there was none. Raises CallError."""
        return _text(self._call("GetPolicies", self._config.slave_options__rpc_key))

    def apis(self) -> str:
        """The APIs of the organisation as a JSON array. Raises CallError."""
        return _text(self._call("GetApiDefinitions", self._definitions(openapi=True)))

    def client_idps(self) -> str:
        """The client IdPs of the organisation as a JSON array. Raises CallError."""
        return _text(self._call("GetClientIdPs", self._definitions(openapi=False)))

    def key_updates(self) -> list[str]:
        """The keys that changed since the last call. Raises CallError."""
        request = {"OrgID": self._config.slave_options__rpc_key, "GroupID": self._group}
        names = self._call("GetGroupKeySpaceUpdate", Named(GROUP_KEYS, request))
        return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []

    def value(self, name: str) -> str:
        """A value of the Redis of the control plane, by its name. Raises CallError."""
        return _text(self._call("GetKey", name))

    def keep_alive(self) -> None:
        """Write the value by which a gateway tests its connection. Raises CallError."""
        value = {
            "KeyName": f"rpc.listener.{KEEP_ALIVE}",
            "SessionState": KEEP_ALIVE,
            "Timeout": KEEP_ALIVE_SECONDS,
        }
        self._call("SetKey", Named(VALUE, value))

    def is_reload_due(self) -> bool:
        """Wait until a reload is due, or the control plane ends the wait. Raises CallError."""
        return self._polls.call("CheckReload", self._config.slave_options__rpc_key, self._seconds) is True

    def idp_changes(self) -> None:
        """Wait until a client IdP changes, or the control plane ends the wait. Raises CallError."""
        self._polls.call("CheckIdPReload", self._config.slave_options__rpc_key, self._seconds)

    def disconnect(self) -> None:
        """Take leave; a control plane that does not answer is left all the same."""
        try:
            self._calls.call("Disconnect", Named(LOGIN, self._self_description()), 2.0)
        except CallError:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """End the connections; calls that wait fail."""
        self._calls.close()
        self._polls.close()

    def _call(self, name: str, argument: Any) -> Any:
        """The answer of a function; one that refuses a gateway which is not logged in is asked again."""
        try:
            return self._calls.call(name, argument, self._seconds)
        except CallRefused as error:
            if str(error) != DENIED or not self.login():
                raise
        return self._calls.call(name, argument, self._seconds)

    def _definitions(self, *, openapi: bool) -> Named:
        config = self._config
        request: dict[str, Any] = {"OrgId": config.slave_options__rpc_key}
        if config.db_app_conf_options__node_is_segmented:
            request["Tags"] = list(config.db_app_conf_options__tags)
        if openapi:
            request["LoadOAS"] = True
        return Named(DEFINITIONS, request)

    def _self_description(self) -> dict[str, Any]:
        """The request of a login (apidef/rpc.go:46 @v5.14.0)."""
        gateway, config = self._gateway, self._config
        apis = [{"api_id": api_id} for api_id in gateway.apis.loaded.by_id]
        policies = [{"policy_id": policy.policy_id} for policy in gateway.store.loaded.listed]
        stats: dict[str, Any] = {"apis_count": len(apis), "policies_count": len(policies)}
        stats |= {"loaded_apis": apis} if apis else {}
        stats |= {"loaded_policies": policies} if policies else {}
        node = {
            "node_id": self._node_id,
            "api_key": config.slave_options__api_key,
            "group_id": self._group,
            "node_version": f"v{gateway.version}",
            "ttl": int(config.liveness_seconds),
            "node_is_segmented": config.db_app_conf_options__node_is_segmented,
            "tags": list(config.db_app_conf_options__tags) or None,
            "health": checked_parts(gateway),
            "stats": stats,
            "host_details": {"Hostname": socket.gethostname(), "PID": os.getpid(), "Address": "127.0.0.1"},
        }
        key = config.slave_options__api_key
        return {"UserKey": key, "GroupID": self._group, "Node": json_writer.write(node).encode()}


def _address_of(config: Config) -> tuple[str, int]:
    if config.slave_options__use_ssl:
        raise ConfigError(
            "slave_options.use_ssl: the mock makes its remote calls without TLS; set it to false"
        )
    for name in ("rpc_key", "api_key"):
        if not getattr(config, f"slave_options__{name}"):
            raise ConfigError(
                f"slave_options.{name} is empty; set it, for a data plane cannot log in without it"
            )
    host, _, port = config.slave_options__connection_string.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(
            f"slave_options.connection_string is {config.slave_options__connection_string!r}; "
            "set it to the HOST:PORT of the control plane"
        )
    return host.strip("[]"), int(port)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
