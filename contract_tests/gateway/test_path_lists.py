"""The lists of paths of an API version: ignored, forbidden and alone allowed ones."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, expect
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    FORBIDDEN,
    NEEDS_KEY,
    Api,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_open_api,
    write_policy,
)
from contract_tests.gateway.builders.jwts import JWTS
from contract_tests.gateway.client import Gateway


def _lists(form: str, **lists: list[str]) -> dict[str, Any]:
    """The version data of an API with these lists of paths, in one of three forms."""
    version: dict[str, Any] = {"name": "Default", "use_extended_paths": form != "plain"}
    if form == "plain":
        version["paths"] = lists
    else:
        version["extended_paths"] = {
            name: [_entry(form, path) for path in paths] for name, paths in lists.items()
        }
    return {"not_versioned": True, "versions": {"Default": version}}


def _entry(form: str, path: str) -> dict[str, Any]:
    actions = {"GET": {"action": "no_action", "code": 200, "data": "", "headers": {}}}
    return {"path": path, **({"method": "GET"} if form == "method" else {"method_actions": actions})}


@pytest.mark.parametrize("form", ["plain", "method", "actions"])
@behaviour("paths-may-be-ignored")
def test_a_path_may_be_ignored(gateway: Gateway, form: str) -> Steps:
    """A path in the list of ignored ones needs no key, and counts against none; other paths need one."""
    api = write_api(gateway, version_data=_lists(form, ignored=["/open"]))
    gold = write_policy(gateway, api, quota_max=2, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path in ("open", "open/deep", "x/open"):
        expect_passed(call(gateway, api, path=path), 0, 0)
    for credential in (gateway.new_id(), key):
        expect_passed(call(gateway, api, credential, "open"), 0, 0)
    expect_passed(call(gateway, api, key), 2, 1)
    expect_refused(call(gateway, api), 401, NEEDS_KEY)
    if form != "plain":
        expect_refused(call(gateway, api, path="open", method="POST"), 401, NEEDS_KEY)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(JWTS, id="jwt"),
        pytest.param({"use_basic_auth": True}, id="basic"),
        pytest.param({"use_oauth2": True}, id="oauth"),
        pytest.param({"enable_signature_checking": True}, id="signature"),
        pytest.param({"use_openid": True}, id="openid"),
        pytest.param({"use_mutual_tls_auth": True}, id="certificate"),
    ],
)
@behaviour("paths-may-be-ignored")
def test_an_ignored_path_needs_no_credential_of_any_kind(gateway: Gateway, kind: dict[str, Any]) -> Steps:
    """A path in the list of ignored ones needs no credential, whatever kind the API requires."""
    api = write_api(gateway, version_data=_lists("plain", ignored=["/open"]), **kind)
    yield RELOAD

    expect_passed(call(gateway, api, path="open"), 0, 0)
    exchange = call(gateway, api)
    if exchange.status not in (400, 401, 403):
        raise Mismatch("400, 401 or 403 for another path", str(exchange.status), exchange)


@pytest.mark.parametrize("form", ["plain", "method", "actions"])
@behaviour("paths-may-be-forbidden")
def test_a_path_may_be_forbidden(gateway: Gateway, form: str) -> Steps:
    """A path in the black list is refused, and with a white list any other than those in it."""
    black = write_open_api(gateway, version_data=_lists(form, black_list=["/shut"], ignored=["/shut/open"]))
    white = write_open_api(gateway, version_data=_lists(form, white_list=["/let"], black_list=["/let/not"]))
    yield RELOAD

    for api, passing, refused in (
        (black, ("a", "shut/open"), ("shut", "shut/x", "a/shut")),
        (white, ("let", "let/x", "a/let"), ("a", "", "let/not")),
    ):
        _expect_paths(gateway, api, passing, refused)
    other = (black, "shut"), (white, "let")
    for api, path in other if form != "plain" else ():
        exchange = call(gateway, api, path=path, method="POST")
        if api is black:
            expect_passed(exchange)
        else:
            expect_refused(exchange, 403, FORBIDDEN)


def _expect_paths(gateway: Gateway, api: Api, passing: tuple[str, ...], refused: tuple[str, ...]) -> None:
    for path in passing:
        expect_passed(call(gateway, api, path=path))
    for path in refused:
        expect_refused(call(gateway, api, path=path), 403, FORBIDDEN)


@behaviour("listed-paths-may-be-of-any-case")
def test_a_listed_path_may_be_of_any_case(gateway: Gateway) -> Steps:
    """A listed path fits in any case of letters if it, or the version, says so, and not at all if disabled."""
    any_case: dict[str, Any] = {"path": "/Any", "ignore_case": True}
    version = {"name": "Default", "use_extended_paths": True}
    entries = [any_case, {"path": "/One"}, {"path": "/off", "disabled": True}]
    paths = {"black_list": [{"method": "GET", **entry} for entry in entries]}
    apis = [
        write_open_api(
            gateway,
            version_data={
                "not_versioned": True,
                "versions": {
                    "Default": {**version, "extended_paths": paths, "ignore_endpoint_case": ignores}
                },
            },
        )
        for ignores in (False, True)
    ]
    yield RELOAD

    for api, passing, refused in (
        (apis[0], ("one", "ONE", "off"), ("any", "ANY", "One")),
        (apis[1], ("off",), ("any", "one", "ONE", "One")),
    ):
        _expect_paths(gateway, api, passing, refused)


def _version(**paths: list[dict[str, Any]]) -> dict[str, Any]:
    """The version data of an API with these extended lists of paths."""
    version = {"name": "Default", "use_extended_paths": True, "extended_paths": paths}
    return {"not_versioned": True, "versions": {"Default": version}}


@behaviour("paths-may-be-internal")
def test_a_path_may_be_internal(gateway: Gateway) -> Steps:
    """An internal path is refused to clients with its method, even if it is ignored, unless it is disabled."""
    inner: list[dict[str, Any]] = [
        {"path": "/inner", "method": "GET"},
        {"path": "/off", "method": "GET", "disabled": True},
    ]
    ignored = [{"path": "/inner", "method": "GET"}]
    api = write_open_api(gateway, version_data=_version(internal=inner, ignored=ignored))
    yield RELOAD

    _expect_paths(gateway, api, ("off", "a"), ("inner", "inner/deep"))
    expect_passed(call(gateway, api, path="inner", method="POST"))


@behaviour("paths-may-be-answered")
def test_an_answer_comes_before_other_lists(gateway: Gateway) -> Steps:
    """A path with an answer in the definition is not forbidden, and one that is disabled needs a key."""
    reply = {"method": "GET", "code": 418, "body": "tea"}
    api = write_api(
        gateway,
        version_data=_version(
            mock_response=[{"path": "/tea", **reply}, {"path": "/off", "disabled": True, **reply}],
            black_list=[{"path": "/tea", "method": "GET"}],
        ),
    )
    yield RELOAD

    expect(call(gateway, api, path="tea"), 418, "tea", "text/plain; charset=utf-8")
    expect_refused(call(gateway, api, path="off"), 401, NEEDS_KEY)


@pytest.mark.parametrize("name", ["ignored", "white_list", "mock_response"])
@behaviour("paths-may-be-answered")
def test_a_path_may_be_answered_by_its_api(gateway: Gateway, name: str) -> Steps:
    """A path that a version says how to answer is answered so without a key, for one method."""
    action = {"code": 418, "headers": {"X-Own": "tea"}}
    if name == "mock_response":
        entry: dict[str, Any] = {"path": "/tea", "method": "GET", "body": "a teapot", **action}
    else:
        actions = {"GET": {"action": "reply", "data": "a teapot", **action}}
        entry = {"path": "/tea", "method_actions": actions}
    api = write_api(gateway, version_data=_version(**{name: [entry]}))
    yield RELOAD

    exchange = call(gateway, api, path="tea")
    answer = (exchange.status, exchange.header("X-Own"), exchange.header("Content-Type"), exchange.text)
    expected = (418, "tea", "text/plain; charset=utf-8", "a teapot")
    if answer != expected:
        raise Mismatch(f"status, header, type and text {expected}", repr(answer), exchange)
    exchange = call(gateway, api, path="tea", method="POST")
    if name == "white_list":
        expect_refused(exchange, 403, FORBIDDEN)
    else:
        expect_refused(exchange, 401, NEEDS_KEY)
