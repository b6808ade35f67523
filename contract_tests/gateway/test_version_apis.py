"""APIs that are versions of another API."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, expect_json
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    Api,
    definition,
    expect_passed,
    expect_path,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.open_apis import EXTENSION, document, write
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, OPEN_APIS

UNKNOWN = "This API version does not seem to exist"


@behaviour("apis-are-versions-of-others")
def test_an_api_is_a_version_of_another(gateway: Gateway) -> Steps:
    """A request that names a version is answered by the API that was added as it, with a key for that API."""
    base, sent = write(gateway, document(gateway)), document(gateway)
    yield RELOAD

    expect_error(
        gateway.send("POST", f"{OPEN_APIS}?base_api_id={base.id}", sent),
        422,
        "The new version name is required",
    )
    query = f"?base_api_id={base.id}&new_version_name=v2"
    missing = f"you need to provide a version name for the new Base API: {base.id}"
    expect_error(gateway.send("POST", f"{OPEN_APIS}{query}", sent), 400, missing)
    none = gateway.new_id()
    path = f"{OPEN_APIS}?base_api_id={none}&new_version_name=v2"
    expect_error(gateway.send("POST", path, sent), 400, f"{none} is not a valid Base API version")
    version = write(gateway, sent, f"{query}&base_api_version_name=v1")
    gold = write_policy(gateway, base, access_rights=base.rights)
    for_version = write_policy(gateway, version)
    yield RELOAD

    keys = {policy: write_key(gateway, base, policy) for policy in (gold, for_version)}
    expect_passed(_call(gateway, base, keys[gold]))
    expect_passed(_call(gateway, base, keys[gold], "v1"))
    expect_path(gateway, _call(gateway, base, keys[for_version], "v2"), "/a")
    expect_refused(_call(gateway, base, keys[gold], "v2"), 403, DISALLOWED)
    expect_refused(_call(gateway, base, keys[gold], "v9"), 404, UNKNOWN)
    exchange = gateway.send("GET", f"{OPEN_APIS}/{version.id}")
    if exchange.header("X-Tyk-Base-Api-Id") != base.id:
        raise Mismatch(
            f"X-Tyk-Base-Api-Id: {base.id}", exchange.header("X-Tyk-Base-Api-Id") or "none", exchange
        )


@behaviour("versions-are-listed")
def test_the_versions_of_an_api_are_listed(gateway: Gateway) -> Steps:
    """An API and its versions are listed, all of them or those that a text or the kind of access chooses."""
    base = write_api(gateway)
    yield RELOAD

    second = definition(gateway)
    query = f"?base_api_id={base.id}&new_version_name=v2&base_api_version_name=v1&set_default=true"
    expect_written(gateway.send("POST", f"{APIS}{query}", second), second["api_id"], "added")
    first = definition(gateway)
    query = f"?base_api_id={base.id}&new_version_name=v0"
    expect_written(gateway.send("POST", f"{APIS}{query}", first), first["api_id"], "added")
    yield RELOAD

    exchange = gateway.send("GET", f"{APIS}/{second['api_id']}")
    if exchange.header("X-Tyk-Base-Api-Id") != base.id:
        raise Mismatch(
            f"X-Tyk-Base-Api-Id: {base.id}", exchange.header("X-Tyk-Base-Api-Id") or "none", exchange
        )
    rows = [
        _row(base.id, base.id, "v1"), _row(first["api_id"], first["name"], "v0"),
        _row(second["api_id"], second["name"], "v2", is_default=True),
    ]  # fmt: skip
    for prefix in (APIS, OPEN_APIS) * 4:  # names in a random order would be in this one now and then
        _expect_versions(gateway, f"{prefix}/{base.id}/versions", rows)
    for parameters, chosen in (
        ("searchText=V2", rows[2:]), ("accessType=external", rows), ("accessType=internal", None),
    ):  # fmt: skip
        _expect_versions(gateway, f"{APIS}/{base.id}/versions?{parameters}", chosen)
    expect_error(gateway.send("GET", f"{APIS}/{gateway.new_id()}/versions"), 404, "API not found")
    expect_written(gateway.send("DELETE", f"{APIS}/{second['api_id']}"), second["api_id"], "deleted")
    yield RELOAD

    left = [_row(base.id, base.id, "v1", is_default=True), rows[1]]
    _expect_versions(gateway, f"{APIS}/{base.id}/versions", left)


@behaviour("versions-end-with-their-api")
def test_a_version_ends_with_its_api(gateway: Gateway) -> Steps:
    """A version whose API is deleted is not listed any more, even before the reload."""
    base, second = write_api(gateway), definition(gateway)
    yield RELOAD

    query = f"?base_api_id={base.id}&new_version_name=v2&base_api_version_name=v1&set_default=true"
    expect_written(gateway.send("POST", f"{APIS}{query}", second), second["api_id"], "added")
    yield RELOAD

    expect_written(gateway.send("DELETE", f"{APIS}/{second['api_id']}"), second["api_id"], "deleted")
    _expect_versions(gateway, f"{APIS}/{base.id}/versions", [_row(base.id, base.id, "v1", is_default=True)])


@behaviour("self-is-the-default-version")
def test_an_api_is_its_own_default_version(gateway: Gateway) -> Steps:
    """An API with versions whose default is `self` is listed as the default version."""
    api = write(gateway, _with_versions(gateway, gateway.new_id(), location="header", key="X-Version"))
    yield RELOAD

    _expect_versions(gateway, f"{APIS}/{api.id}/versions", [_row(api.id, api.id, "v1", is_default=True)])


@behaviour("version-apis-are-named-in-places")
def test_the_version_api_is_named_in_a_path_or_a_parameter(gateway: Gateway) -> Steps:
    """The API of a version is named in the path or in a parameter, and an unknown one may fall back."""
    version = write(gateway, document(gateway, enabled=False))
    in_path, in_query, falls_back, is_lost = (
        write(gateway, _with_versions(gateway, version.id, **members))
        for members in (
            {"location": "url", "key": "x", "stripVersioningData": True},
            {"location": "url-param", "key": "ver"},
            {"location": "url-param", "key": "ver", "fallbackToDefault": True},
            {"location": "url-param", "key": "ver", "fallbackToDefault": True, "default": "v7"},
        )
    )
    yield RELOAD

    expect_path(gateway, gateway.send("GET", f"/{in_path.id}/v2/a", headers=[]), "/a")
    expect_refused(gateway.send("GET", f"/{in_path.id}/a", headers=[]), 404, UNKNOWN)
    expect_passed(gateway.send("GET", f"/{in_query.id}/a?ver=v2", headers=[]))
    expect_refused(gateway.send("GET", f"/{in_query.id}/a?ver=v9", headers=[]), 404, UNKNOWN)
    expect_passed(gateway.send("GET", f"/{falls_back.id}/a?ver=v9", headers=[]))
    expect_refused(gateway.send("GET", f"/{is_lost.id}/a", headers=[]), 500, "Internal Server Error")


@behaviour("versions-follow-their-base")
def test_the_servers_of_a_version_follow_its_base(gateway: Gateway) -> Steps:
    """The servers of a version begin with its addresses on the API that it is a version of, as that is now."""
    version = write(gateway, document(gateway))
    sent = _with_versions(gateway, version.id, location="url-param", key="ver")
    base = write(gateway, sent)
    yield RELOAD

    part = sent[EXTENSION]
    other, own = f"/{base.id}-other", f"/{version.id}"
    part["server"]["listenPath"]["value"] = f"{other}/"
    _expect_moved(gateway, sent, version, [f"{other}?ver=v2", own])
    yield RELOAD

    part["info"]["versioning"] |= {"default": "v2", "fallbackToDefault": True}
    _expect_moved(gateway, sent, version, [f"{other}?ver=v2", other, own])
    yield RELOAD

    newest = document(gateway)
    write(gateway, newest, f"?base_api_id={base.id}&new_version_name=v3&set_default=true")
    _expect_paths(gateway, version, [f"{other}?ver=v2", own])
    part["info"]["versioning"] |= {"location": "url", "fallbackToDefault": False}
    _expect_moved(gateway, sent, version, [f"{other}/v2", own])
    yield RELOAD

    _expect_paths(gateway, version, [f"{other}/v2", own])


def _expect_moved(gateway: Gateway, base: dict[str, Any], version: Api, paths: list[str]) -> None:
    """Write an API, and expect the servers of its version at once."""
    base_id = base[EXTENSION]["info"]["id"]
    expect_written(gateway.send("PUT", f"{OPEN_APIS}/{base_id}", base), base_id, "modified")
    _expect_paths(gateway, version, paths)


def _expect_paths(gateway: Gateway, api: Api, paths: list[str]) -> None:
    """Expect the servers without a host, which follow each of those with the gateway's own."""
    exchange = gateway.send("GET", f"{OPEN_APIS}/{api.id}")
    urls = [str(server.get("url")) for server in exchange.objects_in("servers")]
    found = [url for url in urls if url.startswith("/")]
    if found != paths or len(urls) != 2 * len(paths):
        raise Mismatch(f"servers with the paths {paths}, each also with a host", repr(urls), exchange)


def _with_versions(gateway: Gateway, version_id: str, **members: Any) -> dict[str, Any]:
    """An API without credentials that is its version v1; another API is v2."""
    sent = document(gateway, enabled=False)
    versions = [{"name": "v2", "id": version_id}]
    sent[EXTENSION]["info"]["versioning"] = {
        "enabled": True, "name": "v1", "default": "self", "versions": versions, **members,
    }  # fmt: skip
    return sent


def _row(api_id: str, name: str, version: str, *, is_default: bool = False) -> dict[str, Any]:
    return {
        "id": api_id, "name": name, "versionName": version, "internal": False, "expirationDate": "",
        "isDefaultVersion": is_default,
    }  # fmt: skip


def _expect_versions(gateway: Gateway, target: str, rows: list[dict[str, Any]] | None) -> None:
    expect_json(gateway.send("GET", target), 200, {"status": "success", "apis": rows})


def _call(gateway: Gateway, api: Api, key: str, version: str = "") -> Exchange:
    headers = [("Authorization", key), *([("x-api-version", version)] if version else [])]
    return gateway.send("GET", f"/{api.id}/a", headers=headers)
