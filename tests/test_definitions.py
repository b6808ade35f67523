"""API definitions of the mock: files, versions, paths, and what is kept of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asking import call, send
from orders import GOLD, ORDERS, get, key, serve, told

from mockserver import MockGateway


@pytest.mark.parametrize(
    ("expiration", "outcome"),
    [
        ("2001-02-03 04:05", (403, "API has expired, please check documentation or contact administrator")),
        ("soon", (403, "API has expired, please check documentation or contact administrator")),
        ("2999-02-03 04:05", (200, "")),
        ("-1", (200, "")),
    ],
)
def test_an_api_may_expire(gateway: MockGateway, expiration: str, outcome: tuple[int, str]) -> None:
    """A date that is ahead is told in a header."""
    serve(gateway, expiration=expiration)
    answer = get(gateway, key(gateway))
    assert told(answer) == outcome
    expected = "Sun, 03 Feb 2999 04:05:00 UTC" if expiration.startswith("2999") else None
    assert dict(answer.headers).get("X-Tyk-Api-Expires") == expected


@pytest.mark.parametrize(
    ("definition", "path", "headers", "reached"),
    [
        ({"location": "header", "key": "V", "strip_versioning_data": True}, "/orders/a", [("V", "v1")], "/base/a"),
        ({"location": "url-param", "key": "v", "strip_versioning_data": True}, "/orders/a?b=1&v=v1", [], "/base/a?b=1"),
        ({"location": "url", "strip_path": True}, "/orders/v1/a", [], "/base/a"),
        ({"location": "url"}, "/orders/v1/a", [], "/base/v1/a"),
        ({"location": "header", "key": "V", "fallback_to_default": True}, "/orders/a", [("V", "zz")], "/base/a"),
    ],
)  # fmt: skip
def test_a_version_is_named_where_the_definition_says(
    gateway: MockGateway, definition: dict[str, Any], path: str, headers: list[tuple[str, str]], reached: str
) -> None:
    """And taken away from there if that is asked for."""
    versions = {"not_versioned": False, "default_version": "v1", "versions": {"v1": {"name": "v1"}}}
    rights = {"orders": {"api_id": "orders", "versions": ["v1"]}}
    serve(gateway, {**GOLD, "access_rights": rights}, definition=definition, version_data=versions)
    assert json.loads(get(gateway, key(gateway), path, *headers).body)["path"] == reached
    assert "V" not in gateway.journal[-1].as_dict()["upstream"]["headers"] or definition.get(
        "fallback_to_default"
    )


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({"a": {"name": "a"}, "b": {"name": "b"}}, "No default API version for this non-versioned API found"),
        (
            {"Default": {"name": "a"}, "default": {"name": "b"}},
            "Ambiguous default API version for this non-versioned API",
        ),
    ],
)
def test_an_api_without_versions_needs_one(
    gateway: MockGateway, versions: dict[str, Any], message: str
) -> None:
    """The only one, or one that is called default."""
    serve(gateway, version_data={"not_versioned": True, "versions": versions})
    assert told(get(gateway, key(gateway))) == (403, message)


@pytest.mark.parametrize("kind", ["use_basic_auth", "use_openid", "enable_signature_checking"])
def test_a_credential_that_is_not_known_is_told(gateway: MockGateway, kind: str) -> None:
    """Rather than let a request pass, or be refused, as a gateway would not."""
    serve(gateway, **{kind: True})
    status, message = told(get(gateway, key(gateway)))
    assert (status, kind in message) == (501, True)


def test_definitions_keep_what_the_mock_does_not_know(gateway: MockGateway) -> None:
    """So that one that is read, changed and written back loses nothing."""
    serve(
        gateway, cache_options={"cache_timeout": 5}, proxy={**ORDERS["proxy"], "preserve_host_header": True}
    )  # type: ignore[dict-item]
    _, found = call(gateway, "GET", "/tyk/apis/orders")
    assert (found["cache_options"], found["proxy"]["preserve_host_header"]) == ({"cache_timeout": 5}, True)
    assert (found["use_oauth2"], found["proxy"]["listen_path"]) == (False, "/orders/")


@pytest.mark.parametrize("name", ["../out", "a/b", "%2e%2e", ".."])
def test_an_api_has_no_path_for_a_name(gateway: MockGateway, name: str) -> None:
    """It would leave the directory."""
    assert call(gateway, "POST", "/tyk/apis", {**ORDERS, "api_id": name})[0] == 400


def test_a_definition_needs_a_place_for_its_credential(gateway: MockGateway) -> None:
    """One that leaves none is refused, and says which."""
    configs = {"jwt": {"disable_header": True}}
    status, body = call(gateway, "POST", "/tyk/apis", {**ORDERS, "enable_jwt": True, "auth_configs": configs})
    assert (status, "all auth sources are disabled for jwt" in body["message"]) == (400, True)


def test_definitions_are_files_where_a_directory_is_named(tmp_path: Path) -> None:
    """Read at the start; written as Go writes them; a broken one is told and passed over."""
    (tmp_path / "orders.json").write_text(json.dumps(ORDERS))
    (tmp_path / "broken.json").write_text('{"name": 1}')
    (tmp_path / "orders-oas.json").write_text("{}")
    with MockGateway(apis=tmp_path) as gateway:
        assert [api["api_id"] for api in call(gateway, "GET", "/tyk/apis")[1]] == ["orders"]
        (line,) = gateway.gateway.warnings()
        assert (line.startswith("broken.json: "), line.endswith("the API is not served")) == (True, True)
        call(gateway, "POST", "/tyk/apis", {**ORDERS, "api_id": "bills", "proxy": {"listen_path": "/bills/"}})
        assert '{\n  "name": "Orders",\n' in (tmp_path / "bills.json").read_text()
        call(gateway, "DELETE", "/tyk/apis/orders")
        assert not (tmp_path / "orders.json").exists()
        gateway.reset()
        assert (tmp_path / "orders.json").exists() > (tmp_path / "bills.json").exists()


def test_of_two_apis_with_one_path_the_first_keeps_it(gateway: MockGateway) -> None:
    """The other gets its id behind it; both are reached by their ids too."""
    serve(gateway, use_keyless=True)
    call(gateway, "POST", "/tyk/apis", {**ORDERS, "api_id": "later", "use_keyless": True})
    gateway.reload()
    paths = {api["api_id"]: api["proxy"]["listen_path"] for api in call(gateway, "GET", "/tyk/apis")[1]}
    assert paths == {"orders": "/orders/", "later": "/orders/-later"}
    assert [send(gateway, "GET", f"/{name}/a").status for name in paths] == [200, 200]
    assert {gateway.journal[-1].api, gateway.journal[-2].api} == {"orders", "later"}


@pytest.mark.parametrize(
    ("listen_path", "path", "reached"),
    [("/v1/{tenant}/x", "/v1/acme/x/a", "/base/a"), ("/{n:[0-9]+}/", "/42/a", "/base/a"), ("/long/", "/long/a", "/base/a")],
)  # fmt: skip
def test_a_listen_path_may_have_parameters(
    gateway: MockGateway, listen_path: str, path: str, reached: str
) -> None:
    """They are taken away with it."""
    serve(gateway, use_keyless=True, proxy={**ORDERS["proxy"], "listen_path": listen_path})  # type: ignore[dict-item]
    assert json.loads(send(gateway, "GET", path).body)["path"] == reached


def test_the_quota_of_an_organisation_begins_anew(gateway: MockGateway) -> None:
    """With reset_quota=1 its renewal is told."""
    serve(gateway)
    session = {"org_id": "acme", "quota_renewal_rate": 60}
    call(gateway, "POST", "/tyk/org/keys/acme?reset_quota=1", session)
    found = call(gateway, "GET", "/tyk/org/keys/acme")[1]
    assert found["quota_renews"] == int(found["last_updated"]) + 60
