"""Operations of APIs in OpenAPI form: lists that they are in, answers of the definition, and limits."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import (
    FORBIDDEN,
    NEEDS_KEY,
    Api,
    call,
    expect_left,
    expect_passed,
    expect_refused,
    version_data,
    write_key,
    write_open_api,
    write_policy,
)
from contract_tests.gateway.builders.open_apis import EXTENSION, document, write
from contract_tests.gateway.client import Gateway

ON = {"enabled": True}


def _write(
    gateway: Gateway, responses: Any = None, *, is_open: bool = False, **operations: dict[str, Any]
) -> Api:
    """Write an API whose operations have these settings, each for GET below a path of its name."""
    sent = document(gateway, enabled=not is_open)
    default = {"200": {"description": "fine"}}
    sent["paths"] = {
        f"/{name}": {"get": {"operationId": name, "responses": responses or default}} for name in operations
    }
    sent[EXTENSION]["middleware"] = {"operations": operations}
    return write(gateway, sent)


@behaviour("operations-are-in-lists")
def test_an_operation_is_in_lists(gateway: Gateway) -> Steps:
    """A free operation needs no key, a blocked or an internal one is refused, and so is any beside allowed ones."""
    any_case = {"enabled": True, "ignoreCase": True}
    api = _write(
        gateway, free={"ignoreAuthentication": any_case}, shut={"block": ON}, inner={"internal": ON},
        off={"block": {"enabled": False}},
    )  # fmt: skip
    listed = _write(gateway, is_open=True, one={"allow": ON}, two={"allow": {"enabled": False}})
    gold = write_policy(gateway, api, quota_max=5, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold)
    for path in ("free", "FREE", "free/deep"):
        expect_passed(call(gateway, api, path=path), 0, 0)
    for path in ("shut", "shut/deep", "inner"):
        expect_refused(call(gateway, api, key, path), 403, FORBIDDEN)
    expect_refused(call(gateway, api), 401, NEEDS_KEY)
    expect_refused(call(gateway, api, path="free", method="POST"), 401, NEEDS_KEY)
    for left, path in ((4, "off"), (3, "SHUT")):
        expect_passed(call(gateway, api, key, path), 5, left)
    expect_passed(call(gateway, api, key, "shut", "POST"), 5, 2)
    expect_passed(call(gateway, listed, path="one"))
    for path, method in (("two", "GET"), ("three", "GET"), ("one", "POST")):
        expect_refused(call(gateway, listed, path=path, method=method), 403, FORBIDDEN)


def _expect_answer(exchange: Exchange, status: int, text: str, **headers: str) -> None:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    actual = {name: exchange.header(name) for name in sent}
    if (exchange.status, exchange.text, actual) != (status, text, sent):
        wanted = f"{status} {text!r} with {sent}"
        raise Mismatch(wanted, f"{exchange.status} {shorten(exchange.text)} with {actual}", exchange)


@behaviour("operations-may-be-answered")
def test_an_operation_may_be_answered(gateway: Gateway) -> Steps:
    """An answer of the definition needs a key as any other, and counts; it is as written, or an example."""
    as_written = {"enabled": True, "code": 418, "body": "tea", "headers": [{"name": "X-Pot", "value": "2"}]}
    examples = {"a": {"value": {"n": 1}}, "b": {"value": [2]}}
    own = {"description": "fine", "content": {"application/json": {"examples": examples}}}
    gone = {"description": "gone", "content": {"application/json": {"example": "gone"}}}
    api = _write(
        gateway, {"200": own, "404": gone},
        tea={"mockResponse": as_written}, sample={"mockResponse": {**ON, "fromOASExamples": ON}},
    )  # fmt: skip
    gold = write_policy(gateway, api, quota_max=9, quota_renewal_rate=3600)
    yield RELOAD

    key = write_key(gateway, api, gold)
    expect_refused(call(gateway, api, path="tea"), 401, NEEDS_KEY)
    _expect_answer(call(gateway, api, key, "tea"), 418, "tea", X_Pot="2", X_RateLimit_Remaining="8")
    expect_passed(call(gateway, api, key, "tea", "POST"), 9, 7)
    for header, value, status, text in (
        ("", "", 200, '{"n":1}'),
        ("X-Tyk-Accept-Example-Name", "b", 200, "[2]"),
        ("X-Tyk-Accept-Example-Code", "404", 404, '"gone"'),
    ):
        more = [(header, value)] if header else []
        exchange = gateway.send("GET", f"/{api.id}/sample", headers=[("Authorization", key), *more])
        _expect_answer(exchange, status, text, Content_Type="application/json")
    expect_left(gateway, api, key, 4)


@behaviour("replies-match-expressions")
def test_an_answer_is_for_all_paths_with_that_of_the_operation(gateway: Gateway) -> Steps:
    """An answer of an operation is for the paths below it too, and for those that end with it."""
    api = _write(gateway, is_open=True, tea={"mockResponse": {"enabled": True, "code": 418, "body": "tea"}})
    yield RELOAD

    for path in ("tea", "tea/green", "a/tea"):
        _expect_answer(call(gateway, api, path=path), 418, "tea")
    expect_passed(call(gateway, api, path="te"))


@pytest.mark.parametrize("form", ["open", "classic"])
@behaviour("paths-may-have-limits")
def test_a_path_may_have_a_limit(gateway: Gateway, form: str) -> Steps:
    """The limit of a path counts the requests of all clients with its method, and no other requests."""
    limit = {"rate": 1, "per": "1h", "enabled": True}
    if form == "open":
        api = _write(
            gateway, is_open=True, one={"rateLimit": limit}, off={"rateLimit": {**limit, "enabled": False}}
        )
    else:
        one, off = (
            {"path": "/one", "method": "GET", "rate": 1, "per": 3600},
            {"path": "/off", "disabled": True},
        )
        version = version_data(extended_paths={"rate_limit": [one, {**one, **off}]})
        api = write_open_api(gateway, version_data=version)
    yield RELOAD

    expect_passed(call(gateway, api, path="one"))
    for path in ("one", "one/deep"):
        expect_refused(call(gateway, api, path=path), 429, "API Rate Limit Exceeded")
    for path, method in (("off", "GET"), ("off", "GET"), ("other", "GET"), ("one", "POST"), ("one", "POST")):
        expect_passed(call(gateway, api, path=path, method=method))
