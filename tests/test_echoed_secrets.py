"""What a Dashboard or a control plane sends back to a mock gateway does not bring its secrets into the log."""

from __future__ import annotations

import logging
import socket
from typing import Any

import pytest
from dashboard_stand_in import DashboardStandIn

from mockserver import MockGateway
from mockserver.gateway.config import Config
from mockserver.gateway.node.dashboard_client import DashboardClient
from mockserver.golang.rpc.calls import TYPES
from mockserver.golang.rpc.connection import Caller
from mockserver.golang.rpc.errors import CallRefused
from mockserver.golang.rpc.server import RpcServer

SECRET = "node-s3cret-1234"  # pragma: allowlist secret


def test_an_excerpt_of_an_answer_has_no_node_secret() -> None:
    """The begin of an answer that a message quotes has the node secret masked, also where it is cut."""
    config, _ = Config.of({"node_secret": SECRET})
    with DashboardStandIn() as stand_in:
        for padding in (0, 90):
            stand_in.refusals["GET /register/node"] = (403, "x" * padding + SECRET, -1)
            answer = DashboardClient(config, "session", stand_in.url, stand_in.url).register()
            assert answer.status == 403
            assert "node-s3" not in answer.excerpt
            assert len(answer.excerpt) <= 110


def test_a_refused_login_tells_no_key(caplog: pytest.LogCaptureFixture) -> None:
    """A control plane that sends the key back in its error does not bring it into the log, nor a long text."""
    caplog.set_level(logging.WARNING)

    def refuse(caller: Caller, request: Any) -> object:
        raise CallRefused(f"no user has {request['UserKey']} {'x' * 1000}")

    listener = socket.create_server(("127.0.0.1", 0))
    with RpcServer(listener, {"LoginWithGroup": refuse}, types=TYPES) as server:
        config = {
            "slave_options.use_rpc": True, "slave_options.api_key": SECRET, "slave_options.rpc_key": "org",
            "slave_options.connection_string": f"127.0.0.1:{server.address[1]}",
            "policies.policy_source": "rpc",
        }  # fmt: skip
        with MockGateway(config=config):
            pass
    messages = [entry.getMessage() for entry in caplog.records if "the control plane" in entry.getMessage()]
    assert messages
    assert not [message for message in messages if SECRET in message or len(message) > 400]
