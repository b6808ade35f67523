"""Versions of an API that are APIs of their own, and the base API that passes requests on to them."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    NEEDS_KEY,
    Api,
    expect_path,
    expect_refused,
    expect_upstream_saw,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.client import Gateway

UNKNOWN, UNNAMED, NOWHERE = (
    "This API version does not seem to exist", "Version information not found", "Internal Server Error",
)  # fmt: skip


def _write_base(gateway: Gateway, child: Api, proxy: dict[str, Any] | None = None, **members: Any) -> Api:
    """Write an API with the versions `self` or base, child and gone; `members` are of its definition."""
    versions = {"child": child.id, "gone": gateway.new_id()}
    definition = {
        "enabled": True,
        "name": "base",
        "location": "header",
        "key": "X-Version",
        "versions": versions,
    }
    return write_api(gateway, definition={**definition, **members}, **({"proxy": proxy} if proxy else {}))


def _call(gateway: Gateway, api: Api, key: str, version: str = "", path: str = "a") -> Exchange:
    headers = [("Authorization", key)] if key else []
    headers += [("X-Version", version)] if version else []
    return gateway.send("GET", f"/{api.id}/{path}", headers=headers)


@behaviour("versions-may-be-apis")
def test_a_version_may_be_an_api(gateway: Gateway) -> Steps:
    """A base API passes a request on to the API that is its version, which alone checks the key."""
    child = write_api(gateway, internal=True)
    base = _write_base(gateway, child, strip_versioning_data=True)
    keyed, in_path = _write_base(gateway, child), _write_base(gateway, child, location="url", strip_path=True)
    switched_off = _write_base(gateway, child, enabled=False)
    of_child = write_policy(gateway, child)
    of_base = write_policy(gateway, base, access_rights={**base.rights, **switched_off.rights})
    yield RELOAD

    child_key, base_key = write_key(gateway, child, of_child), write_key(gateway, base, of_base)
    expect_upstream_saw(gateway, _call(gateway, base, child_key, "child"), x_version=None)
    expect_upstream_saw(gateway, _call(gateway, keyed, child_key, "child"), x_version="child")
    expect_path(gateway, _call(gateway, base, child_key, "child"), "/a")
    expect_path(gateway, _call(gateway, in_path, child_key, path="child/b"), "/b")
    for name in ("base", "self"):
        expect_path(gateway, _call(gateway, base, base_key, name), "/a")
        expect_refused(_call(gateway, base, child_key, name), 403, DISALLOWED)
    expect_refused(_call(gateway, base, base_key, "child"), 403, DISALLOWED)
    expect_refused(_call(gateway, base, "", "child"), 401, NEEDS_KEY)
    for name in ("gone", "other"):
        expect_refused(_call(gateway, base, base_key, name), 404, UNKNOWN)
        expect_path(gateway, _call(gateway, switched_off, base_key, name), "/a")
    expect_refused(_call(gateway, base, base_key), 403, UNNAMED)


@behaviour("version-apis-have-a-default")
def test_a_version_that_is_an_api_may_be_the_default(gateway: Gateway) -> Steps:
    """The default version answers a request that names none and, as a fallback, one that names an unknown one."""
    child = write_api(gateway, internal=True)
    by_default = {name: _write_base(gateway, child, default=name) for name in ("self", "base", "child")}
    falling_back = {
        name: _write_base(gateway, child, default=name, fallback_to_default=True)
        for name in ("self", "base", "child", "gone", "other", "")
    }
    apis = (child, *by_default.values(), *falling_back.values())
    gold = write_policy(gateway, child, access_rights={api.id: api.rights[api.id] for api in apis})
    of_child = write_policy(gateway, child)
    yield RELOAD

    key, child_key = write_key(gateway, child, gold), write_key(gateway, child, of_child)
    for name, api in by_default.items():
        expect_path(gateway, _call(gateway, api, key), "/a")
        expect_refused(_call(gateway, api, key, "other"), 404, UNKNOWN)
        if name != "child":
            expect_refused(_call(gateway, api, child_key), 403, DISALLOWED)
    expect_path(gateway, _call(gateway, by_default["child"], child_key), "/a")
    for name in ("self", "base", "child"):
        for version in ("", "gone", "other"):
            expect_path(gateway, _call(gateway, falling_back[name], key, version), "/a")
    expect_path(gateway, _call(gateway, falling_back["child"], child_key, "other"), "/a")
    expect_refused(_call(gateway, falling_back["base"], child_key, "other"), 403, DISALLOWED)
    for name in ("gone", "other"):
        for version in ("", "gone", "other"):
            expect_refused(_call(gateway, falling_back[name], key, version), 500, NOWHERE)
    expect_refused(_call(gateway, falling_back[""], key), 403, UNNAMED)
    expect_refused(_call(gateway, falling_back[""], key, "other"), 500, NOWHERE)
