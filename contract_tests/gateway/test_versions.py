"""Versions of an API: how a request names one, when one ends, and which one counts where none is named."""

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


def _granting(gateway: Gateway, *apis: Api, versions: tuple[str, ...]) -> str:
    rights = {api.id: {**api.rights[api.id], "versions": list(versions)} for api in apis}
    return write_policy(gateway, apis[0], access_rights=rights)


def _asked(gateway: Gateway, api: Api, key: str, path: str, version: str = "") -> Exchange:
    named = [("X-Version", version)] if version else []
    return gateway.send("GET", f"/{api.id}/{path}", headers=[("Authorization", key), *named])


@behaviour("versions-are-named-in-a-header")
def test_a_header_names_the_version(gateway: Gateway) -> Steps:
    """The header that the API names, which the upstream sees unless it is to be stripped; without it no version is known."""
    api = _versioned(gateway, "v1", "v2", location="header", key="X-Version")
    strips = _versioned(gateway, "v1", location="header", key="X-Version", strip_versioning_data=True)
    nowhere = _versioned(gateway, "v1", key="X-Version")
    gold = _granting(gateway, api, strips, nowhere, versions=("v1",))
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_upstream_saw(gateway, _asked(gateway, api, key, "a", "v1"), x_version="v1")
    expect_upstream_saw(gateway, _asked(gateway, strips, key, "a", "v1"), x_version=None)
    expect_refused(_asked(gateway, api, key, "a", "v2"), 403, DISALLOWED)
    expect_refused(_asked(gateway, api, key, "a", "v9"), 403, UNKNOWN)
    expect_refused(_asked(gateway, api, key, "a"), 403, UNNAMED)
    expect_refused(_asked(gateway, api, key, "v1/a?X-Version=v1"), 403, UNNAMED)
    expect_refused(_asked(gateway, nowhere, key, "a", "v1"), 403, UNNAMED)


@behaviour("versions-are-named-in-a-path")
def test_the_path_names_the_version(gateway: Gateway) -> Steps:
    """The first part of the path; the upstream sees it, unless it is to be stripped."""
    api = _versioned(gateway, "v1", "v2", location="url")
    strips = _versioned(gateway, "v1", "v2", location="url", strip_path=True)
    strips_data = _versioned(gateway, "v1", location="url", strip_versioning_data=True)
    only = _versioned(gateway, "v1", "x1", location="url", strip_path=True, url_versioning_pattern="^v[0-9]$")
    shop = _versioned(gateway, "v1", slug="shop", location="url")
    all_of = (api, strips, strips_data, only, shop)
    gold = _granting(gateway, *all_of, versions=("v1", "x1"))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for asked, path, reached in (
        (api, "v1/a", "/v1/a"),
        (api, "v1", "/v1"),
        (strips, "v1/a", "/a"),
        (strips, "v1/v1/a", "/v1/a"),
        (strips, "v1", "/v1"),
        (strips, "v1/", "/"),
        (strips_data, "v1/a", "/a"),
        (only, "v1/a", "/a"),
        (only, "x1/a", "/x1/a"),
        (shop, "shop/v1/a", "/shop/v1/a"),
        (shop, "v1/a", "/v1/a"),
    ):
        expect_path(gateway, _asked(gateway, asked, key, path), reached)
    for asked in (api, strips):
        expect_refused(_asked(gateway, asked, key, "v2/a"), 403, DISALLOWED)
        expect_refused(_asked(gateway, asked, key, "a/v1"), 403, UNKNOWN)
        expect_refused(_asked(gateway, asked, key, ""), 403, UNNAMED)


@behaviour("versions-are-named-in-a-parameter")
def test_a_parameter_names_the_version(gateway: Gateway) -> Steps:
    """The parameter that the API names; the upstream sees it, unless it is to be stripped."""
    api = _versioned(gateway, "v1", location="url-param", key="ver")
    strips = _versioned(gateway, "v1", location="url-param", key="ver", strip_versioning_data=True)
    gold = _granting(gateway, api, strips, versions=("v1",))
    yield RELOAD

    key = write_key(gateway, api, gold)
    for asked, path, reached in (
        (api, "a?ver=v1&b=2", "/a?ver=v1&b=2"),
        (strips, "a?ver=v1", "/a"),
        (strips, "a?b=1&ver=v1&c=3", "/a?b=1&c=3"),
        (strips, "a?b=&ver=v1&a=1", "/a?a=1&b="),
    ):
        expect_path(gateway, _asked(gateway, asked, key, path), reached)
    expect_refused(_asked(gateway, api, key, "a?ver="), 403, UNNAMED)
    expect_refused(_asked(gateway, api, key, "a?Ver=v1"), 403, UNNAMED)


@behaviour("versions-have-a-default")
def test_a_version_may_be_the_default(gateway: Gateway) -> Steps:
    """The default version counts where none is named, and, if so said, where none is there of that name."""
    api = _versioned(gateway, "v1", "v2", default="v1", location="header", key="X-Version")
    falls = _versioned(
        gateway, "v1", "v2", default="v1", location="header", key="X-Version", fallback_to_default=True
    )
    gold = _granting(gateway, api, falls, versions=("v1",))
    silver = _granting(gateway, api, falls, versions=("v2",))
    yield RELOAD

    key, other = write_key(gateway, api, gold), write_key(gateway, api, silver)
    for asked, version in ((api, ""), (falls, ""), (falls, "v9"), (falls, "v2")):
        expect_passed(_asked(gateway, asked, key, "a", version))
    expect_refused(_asked(gateway, api, key, "a", "v9"), 403, UNKNOWN)
    expect_refused(_asked(gateway, api, key, "a", "v2"), 403, DISALLOWED)
    for asked, version in ((api, ""), (falls, ""), (falls, "v9"), (falls, "v1")):
        expect_refused(_asked(gateway, asked, other, "a", version), 403, DISALLOWED)
    expect_passed(_asked(gateway, falls, other, "a", "v2"))


@behaviour("versions-have-an-end")
def test_a_version_may_have_an_end(gateway: Gateway) -> Steps:
    """A version, or an API without versions, is refused after its end, or if that is no date; before, the answer has the end."""
    dates = {"past": PAST, "future": FUTURE, "odd": "soon", "never": "-1"}
    versions = {n: {"name": n, "use_extended_paths": True, "expires": date} for n, date in dates.items()}
    placed = {"location": "header", "key": "X-Version"}
    api = write_api(gateway, definition=placed, version_data={"not_versioned": False, "versions": versions})
    whole = {date: write_api(gateway, expiration=date) for date in (PAST, FUTURE, "soon")}
    rights = {api.id: {**api.rights[api.id], "versions": list(dates)}}
    gold = write_policy(gateway, api, access_rights=rights | {e.id: e.rights[e.id] for e in whole.values()})
    yield RELOAD

    key = write_key(gateway, api, gold)
    for name in ("past", "odd"):
        expect_refused(_asked(gateway, api, key, "a", name), 403, f"Api Version {ENDED}")
    for date in (PAST, "soon"):
        expect_refused(call(gateway, whole[date], key), 403, f"API {ENDED}")
    for exchange, expected in (
        (_asked(gateway, api, key, "a", "future"), SHOWN),
        (_asked(gateway, api, key, "a", "never"), ""),
        (call(gateway, whole[FUTURE], key), SHOWN),
    ):
        expect_passed(exchange)
        if exchange.header("X-Tyk-Api-Expires") != expected:
            expires = exchange.header("X-Tyk-Api-Expires")
            raise Mismatch(f"X-Tyk-Api-Expires {expected!r}", repr(expires), exchange)


@behaviour("apis-without-versions-have-one")
def test_an_api_without_versions_has_one(gateway: Gateway) -> Steps:
    """The only one, or the one called Default, default or nothing; of several of these none."""
    one = {"name": "x", "use_extended_paths": True}
    ambiguous = "Ambiguous default API version for this non-versioned API"
    no_default = "No default API version for this non-versioned API found"
    cases = [
        (write_api(gateway, version_data={"not_versioned": True, "versions": dict.fromkeys(names, one)}), expected)
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
