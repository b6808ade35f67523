"""API definitions: files, versions, listen paths, and the members that the mock keeps."""

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
    """The gateway refuses requests to an expired API, and sends the date of a future expiry as a header."""
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
    ids=["header", "parameter", "path, stripped", "path, kept", "unknown, default"],
)  # fmt: skip
def test_a_version_is_named_where_the_definition_says(
    gateway: MockGateway, definition: dict[str, Any], path: str, headers: list[tuple[str, str]], reached: str
) -> None:
    """A request names its version where the definition says, and the gateway strips it if configured so."""
    versions = {"not_versioned": False, "default_version": "v1", "versions": {"v1": {"name": "v1"}}}
    rights = {"orders": {"api_id": "orders", "versions": ["v1"]}}
    serve(gateway, {**GOLD, "access_rights": rights}, definition=definition, version_data=versions)
    assert json.loads(get(gateway, key(gateway), path, *headers).body)["path"] == reached
    upstream_headers = gateway.journal[-1].as_dict()["upstream"]["headers"]
    assert ("V" in upstream_headers) is bool(definition.get("fallback_to_default"))


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({"a": {"name": "a"}, "b": {"name": "b"}}, "No default API version for this non-versioned API found"),
        (
            {"Default": {"name": "a"}, "default": {"name": "b"}},
            "Ambiguous default API version for this non-versioned API",
        ),
    ],
    ids=["none by default", "two by default"],
)
def test_an_api_without_versions_needs_one(
    gateway: MockGateway, versions: dict[str, Any], message: str
) -> None:
    """An API that is not versioned needs a single version, or exactly one that is called "default"."""
    serve(gateway, version_data={"not_versioned": True, "versions": versions})
    assert told(get(gateway, key(gateway))) == (403, message)


@pytest.mark.parametrize("kind", ["use_go_plugin_auth", "enable_coprocess_auth"])
def test_an_unsupported_credential_is_refused(gateway: MockGateway, kind: str) -> None:
    """The mock answers 501 for a kind of credential that it does not simulate, and names the kind."""
    serve(gateway, **{kind: True})
    status, message = told(get(gateway, key(gateway)))
    assert status == 501
    assert kind in message


def test_definitions_have_all_members_and_no_others(gateway: MockGateway) -> None:
    """A definition that is read has each member of its form, also those without effect, and no unknown one."""
    proxy = {**ORDERS["proxy"], "preserve_host_header": True}  # type: ignore[dict-item]
    serve(gateway, cache_options={"cache_timeout": 5, "x": 1}, proxy=proxy, unknown=True)
    _, definition = call(gateway, "GET", "/tyk/apis/orders")
    assert definition["cache_options"]["cache_timeout"] == 5
    assert definition["cache_options"]["enable_cache"] is False
    assert {"x", "unknown"}.isdisjoint({*definition, *definition["cache_options"]})
    assert definition["proxy"]["preserve_host_header"] is True
    assert definition["proxy"]["listen_path"] == "/orders/"
    assert definition["use_oauth2"] is False


@pytest.mark.parametrize("name", ["../out", "a/b", "%2e%2e", ".."])
def test_an_api_id_with_a_path_is_refused(gateway: MockGateway, name: str) -> None:
    """The gateway refuses an API id that would lead out of its directory."""
    assert call(gateway, "POST", "/tyk/apis", {**ORDERS, "api_id": name})[0] == 400


def test_a_definition_needs_a_place_for_its_credential(gateway: MockGateway) -> None:
    """The gateway refuses a definition that disables every place for a credential, and names the kind."""
    configs = {"jwt": {"disable_header": True}}
    status, body = call(gateway, "POST", "/tyk/apis", {**ORDERS, "enable_jwt": True, "auth_configs": configs})
    assert status == 400
    assert "all auth sources are disabled for jwt" in body["message"]


@pytest.fixture(name="apps")
def _apps(tmp_path: Path) -> Path:
    """A directory with one API definition, a broken one, and one in OpenAPI form."""
    (tmp_path / "orders.json").write_text(json.dumps(ORDERS))
    (tmp_path / "broken.json").write_text('{"name": 1}')
    (tmp_path / "orders-oas.json").write_text("{}")
    return tmp_path


def test_definitions_are_read_from_a_directory(apps: Path) -> None:
    """A gateway loads the definitions of its directory at the start, and warns of a broken one."""
    with MockGateway(apis=apps) as gateway:
        assert [api["api_id"] for api in call(gateway, "GET", "/tyk/apis")[1]] == ["orders"]
        (warning,) = gateway.gateway.warnings()
        assert warning.startswith(f"{apps / 'broken.json'}:1:10: error: ")
        assert "so that the API is not served" in warning


def test_definitions_are_written_to_a_directory(apps: Path) -> None:
    """A definition is written as indented JSON and removed with its API; a reset restores the directory."""
    bills = {**ORDERS, "api_id": "bills", "proxy": {"listen_path": "/bills/"}}
    with MockGateway(apis=apps) as gateway:
        call(gateway, "POST", "/tyk/apis", bills)
        assert '{\n  "name": "Orders",\n' in (apps / "bills.json").read_text()
        call(gateway, "DELETE", "/tyk/apis/orders")
        assert not (apps / "orders.json").exists()
        gateway.reset()
        assert (apps / "orders.json").exists()
        assert not (apps / "bills.json").exists()


def test_of_two_apis_with_one_listen_path_the_first_keeps_it(gateway: MockGateway) -> None:
    """The second API with a listen path gets its id appended to it, and each API is reached by its id too."""
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
    """The gateway matches parameters of a listen path, and strips them with it."""
    serve(gateway, use_keyless=True, proxy={**ORDERS["proxy"], "listen_path": listen_path})  # type: ignore[dict-item]
    assert json.loads(send(gateway, "GET", path).body)["path"] == reached


def test_the_quota_of_an_organisation_is_reset(gateway: MockGateway) -> None:
    """The parameter reset_quota=1 sets the renewal of an organisation's quota."""
    serve(gateway)
    session = {"org_id": "acme", "quota_renewal_rate": 60}
    call(gateway, "POST", "/tyk/org/keys/acme?reset_quota=1", session)
    session = call(gateway, "GET", "/tyk/org/keys/acme")[1]
    assert session["quota_renews"] == int(session["last_updated"]) + 60
