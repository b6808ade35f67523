"""Limits of the sizes of bodies of requests to APIs."""

from __future__ import annotations

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import expect_passed, expect_refused, version_data, write_open_api
from contract_tests.gateway.builders.mcp_proxies import expect_result, message, send, write_proxy
from contract_tests.gateway.client import Gateway

TOO_LARGE = "Request is too large"


@behaviour("body-sizes-have-limits")
def test_large_bodies_are_refused(gateway: Gateway) -> Steps:
    """A body of the size that the version or the path allows is passed on, and one byte more is refused."""
    limits = [
        {"path": "/a", "method": "POST", "size_limit": 3},
        {"path": "/a", "method": "PUT", "size_limit": 9},
    ]
    version = version_data(global_size_limit=5, extended_paths={"size_limits": limits})
    api = write_open_api(gateway, version_data=version)
    yield RELOAD

    for method, path, size in (("POST", "a", 3), ("PUT", "a", 5), ("POST", "b", 5)):
        expect_passed(gateway.send(method, f"/{api.id}/{path}", b"x" * size, headers=[]))
        expect_refused(
            gateway.send(method, f"/{api.id}/{path}", b"x" * (size + 1), headers=[]), 400, TOO_LARGE
        )
    expect_passed(gateway.send("DELETE", f"/{api.id}/a", b"x" * 9, headers=[]))


@behaviour("mcp-message-sizes-have-limits")
def test_large_messages_are_refused(gateway: Gateway) -> Steps:
    """A message that is too large is refused, also if it is no JSON, and one that is not is answered."""
    middleware = {"global": {"requestSizeLimit": {"enabled": True, "value": 80}}}
    api = write_proxy(gateway, needs_key=False, middleware=middleware)
    yield RELOAD

    expect_result(send(gateway, api, message("ping")))
    for body in (message("tools/call", "x" * 80), "x" * 81):
        expect_refused(send(gateway, api, body), 400, TOO_LARGE)
