"""The guard of a gateway: its settings, and the paths that no API can take."""

from __future__ import annotations

import pytest
from asking import call, send
from orders import ORDERS, serve

from mockserver import MockGateway


@pytest.mark.parametrize(
    ("size", "length", "is_refused"),
    [(10, 10, False), (10, 11, True), (1, 1, False), (1, 2, True), (0, 10_000, False)],
)
def test_a_body_over_the_configured_size_is_refused(size: int, length: int, is_refused: bool) -> None:
    """The gateway answers 413 to a body over the configured size, before it checks the secret; 0 is no limit."""
    with MockGateway(config={"http_server_options.max_request_body_size": size}) as gateway:
        answer = send(gateway, "POST", "/tyk/policies", (), b"x" * length)
        assert answer.status == (413 if is_refused else 403)
        assert (answer.body == b"Request Entity Too Large\n") is is_refused


def test_the_paths_of_the_probes_are_configured() -> None:
    """The gateway answers its two probes at the configured paths, and no longer at their usual ones."""
    names = {"health_check_endpoint_name": "alive", "readiness_check_endpoint_name": "prepared"}
    with MockGateway(config=names) as gateway:
        statuses = {path: send(gateway, "GET", path).status for path in ("/alive", "/prepared")}
        assert statuses == {"/alive": 200, "/prepared": 200}
        assert [send(gateway, "GET", path).status for path in ("/hello", "/ready")] == [404, 404]


@pytest.mark.parametrize("listen_path", ["/", "/tyk/", "/hello"])
def test_an_api_takes_no_path_of_the_gateway(gateway: MockGateway, listen_path: str) -> None:
    """An API whose listen path covers the paths of the gateway receives none of their requests."""
    serve(gateway, proxy={**ORDERS["proxy"], "listen_path": listen_path}, use_keyless=True)  # type: ignore[dict-item]
    assert call(gateway, "GET", "/hello")[1]["description"] == "Tyk GW"
    assert call(gateway, "GET", "/ready")[1]["description"] == "Tyk GW Ready"
    assert call(gateway, "GET", "/tyk/policies/gold")[1]["id"] == "gold"
    assert send(gateway, "GET", "/tyk/nothing").status == 403
    assert [entry.operation for entry in gateway.journal][-4:-1] == ["getHello", "getReady", "getPolicy"]
