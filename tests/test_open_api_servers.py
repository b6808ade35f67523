"""The servers of APIs in OpenAPI form that a gateway names."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.serving.mock_gateway import MockGateway

PATH = "/tyk/apis/oas"


@pytest.mark.parametrize(
    ("tags", "urls"),
    [
        ({"enabled": True, "tags": ["edge"]}, ["/a"]),
        ({"enabled": True, "tags": []}, ["http://{host}/a", "/a"]),
        ({"enabled": False, "tags": ["edge"]}, ["http://{host}/a", "/a"]),
    ],
    ids=["tagged", "no tags", "tags that are off"],
)
def test_an_api_with_tags_has_no_host(tags: dict[str, Any], urls: list[str]) -> None:
    """An API that only gateways with its tags load has servers without the host of this one."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": "a", "version": "1"},
        "paths": {},
        "x-tyk-api-gateway": {
            "info": {"id": "a", "name": "a", "state": {"active": True}},
            "upstream": {"url": "http://127.0.0.1:9/"},
            "server": {"listenPath": {"value": "/a/"}, "gatewayTags": tags},
        },
    }
    with MockGateway() as gateway:
        assert gateway.client.post(PATH, json=document).status_code == 200
        gateway.reload()
        servers = gateway.client.get(f"{PATH}/a").json()["servers"]
    host = gateway.url.removeprefix("http://")
    assert [server["url"] for server in servers] == [url.format(host=host) for url in urls]
