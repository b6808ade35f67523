"""Versions of an API: the place of their names, their expiry, and default versions."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    Api,
    call,
    expect_passed,
    expect_path,
    expect_refused,
    expect_upstream_saw,
    needs_own_upstream,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway

UNKNOWN, UNNAMED = "This API version does not seem to exist", "Version information not found"
ENDED = "has expired, please check documentation or contact administrator"
PAST, FUTURE, SHOWN = "2006-01-02 15:04", "2099-01-02 15:04", "Fri, 02 Jan 2099 15:04:00 UTC"


def _versioned(gateway: Gateway, *names: str, default: str = "", slug: str = "", **placed: Any) -> Api:
    versions = {name: {"name": name, "use_extended_paths": True} for name in names}
    data = {"not_versioned": False, "default_version": default, "versions": versions}
    return write_api(gateway, definition=placed, version_data=data, slug=slug)


def _write_policy(gateway: Gateway, *apis: Api, versions: tuple[str, ...]) -> str:
    rights = {api.id: {**api.rights[api.id], "versions": list(versions)} for api in apis}
    return write_policy(gateway, apis[0], access_rights=rights)


def _call_version(gateway: Gateway, api: Api, key: str, path: str, version: str = "") -> Exchange:
    version_headers = [("X-Version", version)] if version else []
    return gateway.send("GET", f"/{api.id}/{path}", headers=[("Authorization", key), *version_headers])


@behaviour("versions-are-named-in-a-header")
def test_a_header_names_the_version(gateway: Gateway) -> Steps:
    """A version is named in the API's header, which the upstream receives unless it is stripped."""
    api = _versioned(gateway, "v1", "v2", location="header", key="X-Version")
    strips = _versioned(gateway, "v1", location="header", key="X-Version", strip_versioning_data=True)
    nowhere = _versioned(gateway, "v1", key="X-Version")
    gold = _write_policy(gateway, api, strips, nowhere, versions=("v1",))
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_upstream_saw(gateway, _call_version(gateway, api, key, "a", "v1"), x_version="v1")
    expect_upstream_saw(gateway, _call_version(gateway, strips, key, "a", "v1"), x_version=None)
    expect_refused(_call_version(gateway, api, key, "a", "v2"), 403, DISALLOWED)
    expect_refused(_call_version(gateway, api, key, "a", "v9"), 403, UNKNOWN)
    expect_refused(_call_version(gateway, api, key, "a"), 403, UNNAMED)
    expect_refused(_call_version(gateway, api, key, "v1/a?X-Version=v1"), 403, UNNAMED)
    expect_refused(_call_version(gateway, nowhere, key, "a", "v1"), 403, UNNAMED)


@behaviour("versions-are-named-in-a-path")
def test_the_path_names_the_version(gateway: Gateway) -> Steps:
    """A version is named in the path's first segment, which the upstream receives unless it is stripped."""
    api = _versioned(gateway, "v1", "v2", location="url")
    strips = _versioned(gateway, "v1", "v2", location="url", strip_path=True)
    strips_data = _versioned(gateway, "v1", location="url", strip_versioning_data=True)
    with_pattern = _versioned(
        gateway, "v1", "x1", location="url", strip_path=True, url_versioning_pattern="^v[0-9]$"
    )
    shop = _versioned(gateway, "v1", slug="shop", location="url")
    apis = (api, strips, strips_data, with_pattern, shop)
    gold = _write_policy(gateway, *apis, versions=("v1", "x1"))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for target, path, reached in (
        (api, "v1/a", "/v1/a"),
        (api, "v1", "/v1"),
        (strips, "v1/a", "/a"),
        (strips, "v1/v1/a", "/v1/a"),
        (strips, "v1", "/v1"),
        (strips, "v1/", "/"),
        (strips_data, "v1/a", "/a"),
        (with_pattern, "v1/a", "/a"),
        (with_pattern, "x1/a", "/x1/a"),
        (shop, "shop/v1/a", "/shop/v1/a"),
        (shop, "v1/a", "/v1/a"),
    ):
        expect_path(gateway, _call_version(gateway, target, key, path), reached)
    for target in (api, strips):
        expect_refused(_call_version(gateway, target, key, "v2/a"), 403, DISALLOWED)
        expect_refused(_call_version(gateway, target, key, "a/v1"), 403, UNKNOWN)
        expect_refused(_call_version(gateway, target, key, ""), 403, UNNAMED)


@behaviour("versions-are-named-in-a-parameter")
def test_a_parameter_names_the_version(gateway: Gateway) -> Steps:
    """A version is named in the API's parameter, which the upstream receives unless it is stripped."""
    api = _versioned(gateway, "v1", location="url-param", key="ver")
    strips = _versioned(gateway, "v1", location="url-param", key="ver", strip_versioning_data=True)
    gold = _write_policy(gateway, api, strips, versions=("v1",))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for target, path, reached in (
        (api, "a?ver=v1&b=2", "/a?ver=v1&b=2"),
        (strips, "a?ver=v1", "/a"),
        (strips, "a?b=1&ver=v1&c=3", "/a?b=1&c=3"),
        (strips, "a?b=&ver=v1&a=1", "/a?a=1&b="),
    ):
        expect_path(gateway, _call_version(gateway, target, key, path), reached)
    expect_refused(_call_version(gateway, api, key, "a?ver="), 403, UNNAMED)
    expect_refused(_call_version(gateway, api, key, "a?Ver=v1"), 403, UNNAMED)


@behaviour("versions-may-have-targets")
def test_a_version_may_have_a_target(gateway: Gateway) -> Steps:
    """A request for a version with an override_target reaches it, unless the API has no versions."""
    needs_own_upstream(gateway)
    first, second = {"name": "v1"}, {"name": "v2", "override_target": f"{gateway.upstream.url}second"}
    versions = {version["name"]: {**version, "use_extended_paths": True} for version in (first, second)}
    api = write_api(
        gateway,
        definition={"location": "header", "key": "X-Version"},
        version_data={"not_versioned": False, "versions": versions},
    )
    data = {"not_versioned": True, "versions": {"Default": {**versions["v2"], "name": "Default"}}}
    unversioned = write_api(gateway, use_keyless=True, version_data=data)
    gold = _write_policy(gateway, api, versions=("v1", "v2"))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for version, path in (("v1", "/a"), ("v2", "/second/a")):
        expect_path(gateway, _call_version(gateway, api, key, "a", version), path)
    expect_path(gateway, call(gateway, unversioned), "/a")


@behaviour("versions-have-a-default")
def test_a_version_may_be_the_default(gateway: Gateway) -> Steps:
    """The default version applies if a request names none, and as a fallback for an unknown one."""
    api = _versioned(gateway, "v1", "v2", default="v1", location="header", key="X-Version")
    fallback = _versioned(
        gateway, "v1", "v2", default="v1", location="header", key="X-Version", fallback_to_default=True
    )
    gold = _write_policy(gateway, api, fallback, versions=("v1",))
    silver = _write_policy(gateway, api, fallback, versions=("v2",))
    yield RELOAD

    key, other = write_key(gateway, api, gold), write_key(gateway, api, silver)
    for target, version in ((api, ""), (fallback, ""), (fallback, "v9"), (fallback, "v2")):
        expect_passed(_call_version(gateway, target, key, "a", version))
    expect_refused(_call_version(gateway, api, key, "a", "v9"), 403, UNKNOWN)
    expect_refused(_call_version(gateway, api, key, "a", "v2"), 403, DISALLOWED)
    for target, version in ((api, ""), (fallback, ""), (fallback, "v9"), (fallback, "v1")):
        expect_refused(_call_version(gateway, target, other, "a", version), 403, DISALLOWED)
    expect_passed(_call_version(gateway, fallback, other, "a", "v2"))


@behaviour("versions-have-an-end")
def test_a_version_may_have_an_end(gateway: Gateway) -> Steps:
    """A version or an API is refused after its expiry, or if that is not a date; before, answers have it."""
    dates = {"past": PAST, "future": FUTURE, "odd": "soon", "never": "-1"}
    versions = {
        name: {"name": name, "use_extended_paths": True, "expires": date} for name, date in dates.items()
    }
    placed = {"location": "header", "key": "X-Version"}
    api = write_api(gateway, definition=placed, version_data={"not_versioned": False, "versions": versions})
    unversioned = {date: write_api(gateway, expiration=date) for date in (PAST, FUTURE, "soon")}
    rights = {api.id: {**api.rights[api.id], "versions": list(dates)}}
    gold = write_policy(
        gateway,
        api,
        access_rights=rights | {target.id: target.rights[target.id] for target in unversioned.values()},
    )
    yield RELOAD

    key = write_key(gateway, api, gold)
    for name in ("past", "odd"):
        expect_refused(_call_version(gateway, api, key, "a", name), 403, f"Api Version {ENDED}")
    for date in (PAST, "soon"):
        expect_refused(call(gateway, unversioned[date], key), 403, f"API {ENDED}")
    for exchange, expected in (
        (_call_version(gateway, api, key, "a", "future"), SHOWN),
        (_call_version(gateway, api, key, "a", "never"), ""),
        (call(gateway, unversioned[FUTURE], key), SHOWN),
    ):
        expect_passed(exchange)
        if exchange.header("X-Tyk-Api-Expires") != expected:
            expires = exchange.header("X-Tyk-Api-Expires")
            raise Mismatch(f"X-Tyk-Api-Expires {expected!r}", repr(expires), exchange)


@behaviour("apis-without-versions-have-one")
def test_an_api_without_versions_has_one(gateway: Gateway) -> Steps:
    """An unversioned API has its only version, or its one version named Default, default or ""."""
    version = {"name": "x", "use_extended_paths": True}
    ambiguous = "Ambiguous default API version for this non-versioned API"
    no_default = "No default API version for this non-versioned API found"
    cases = [
        (write_api(gateway, version_data={"not_versioned": True, "versions": dict.fromkeys(names, version)}), expected)
        for names, expected in (
            (("a",), ""), (("default", "a"), ""), (("Default", "a"), ""), (("", "a"), ""),
            (("a", "b"), no_default), ((), no_default),
            (("Default", "default"), ambiguous), (("default", ""), ambiguous),
        )
    ]  # fmt: skip
    rights = {api.id: api.rights[api.id] for api, _ in cases}
    gold = write_policy(gateway, cases[0][0], access_rights=rights)
    yield RELOAD

    key = write_key(gateway, cases[0][0], gold)
    for api, expected in cases:
        exchange = call(gateway, api, key)
        if expected:
            expect_refused(exchange, 403, expected)
        else:
            expect_passed(exchange)
