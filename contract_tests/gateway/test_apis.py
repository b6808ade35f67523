"""/tyk/apis: definitions, written and loaded."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.engine.checks import TWICE, Mismatch, first_difference, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import call, definition, expect_passed, write_api
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, KEYS

SOURCES = [  # the kinds of credential that a definition may place, and the switch of each
    ("authToken", "use_standard_auth"), ("jwt", "enable_jwt"), ("hmac", "enable_signature_checking"),
    ("oauth", "use_oauth2"), ("oidc", "use_openid"), ("coprocess", "enable_coprocess_auth"),
]  # fmt: skip
NOT_FOUND, INVALID_ID = "API not found", "Invalid API ID"


@behaviour("apis-need-reload")
def test_a_written_api_is_served_after_a_reload(gateway: Gateway) -> Steps:
    """A definition that was written is neither read nor served before the gateway reloads."""
    api = write_api(gateway, use_keyless=True)
    expect_error(gateway.send("GET", f"{APIS}/{api.id}"), 404, NOT_FOUND)
    early = call(gateway, api)
    if early.status != 404:
        raise Mismatch("404 before the reload", str(early.status), early)
    yield RELOAD

    exchange = gateway.send("GET", f"{APIS}/{api.id}")
    answer = exchange.document
    if (exchange.status, answer.get("api_id")) != (200, api.id):
        raise Mismatch(f"200 with the definition of {api.id}", f"{exchange.status}", exchange)
    expect_passed(call(gateway, api))


@behaviour("api-changes-need-reload")
def test_a_changed_and_a_deleted_api_stay_until_a_reload(gateway: Gateway) -> Steps:
    """PUT and DELETE of an API show after a reload."""
    written = definition(gateway, use_keyless=True)
    api = write_api(gateway, **written)
    path = f"{APIS}/{api.id}"
    yield RELOAD

    before = written["name"]
    for name in ("another", "a third"):
        expect_written(gateway.send("PUT", path, {**written, "name": name}), api.id, "modified")
        _expect_name(gateway, path, before)
        yield RELOAD

        _expect_name(gateway, path, name)
        before = name
    expect_written(gateway.send("DELETE", path), api.id, "deleted")
    _expect_name(gateway, path, before)
    yield RELOAD

    expect_error(gateway.send("GET", path), 404, NOT_FOUND)


def _expect_name(gateway: Gateway, path: str, name: str) -> None:
    exchange = gateway.send("GET", path)
    answer = exchange.document
    if answer.get("name") != name:
        raise Mismatch(f"a definition with the name {name!r}", repr(answer.get("name")), exchange)


@behaviour("unloaded-api-is-404")
def test_an_api_that_is_not_loaded_is_not_found(gateway: Gateway) -> None:
    """GET, PUT and DELETE of an API that is not loaded answer 404, on file or not."""
    api = write_api(gateway)
    for name in (api.id, gateway.new_id()):
        body = {"api_id": name, "proxy": {"listen_path": f"/{name}/"}}
        for method in ("GET", "PUT", "DELETE"):
            sent = body if method == "PUT" else None
            expect_error(gateway.send(method, f"{APIS}/{name}", sent), 404, NOT_FOUND)


@behaviour("broken-api-is-400")
def test_a_broken_definition_is_refused(gateway: Gateway) -> Steps:
    """A body that is no definition, or names another API than the path, answers 400."""
    api, other = write_api(gateway), gateway.new_id()
    yield RELOAD

    message = "Request APIID does not match that in Definition! For Update operations these must match."
    for body in ("{", f'{{"api_id":"{other}","name":1}}'):
        for method, path in (("POST", APIS), ("POST", f"{APIS}/{other}"), ("PUT", f"{APIS}/{api.id}")):
            expect_error(gateway.send(method, path, body), 400, "Request malformed")
        expect_error(gateway.send("PUT", f"{APIS}/{api.id}", {"api_id": other}), 400, message)


@pytest.mark.parametrize(("kind", "switch"), SOURCES)
@behaviour("apis-need-a-place-for-credentials")
def test_a_definition_must_leave_a_place_for_credentials(gateway: Gateway, kind: str, switch: str) -> None:
    """An API that asks for a kind of credential, and takes it nowhere, is refused; one place is enough."""
    message = (
        f"Validation of API Definition failed. Reason: all auth sources are disabled for {kind}, "
        "at least one of header/cookie/query must be enabled."
    )
    for places, taken in (
        ({"disable_header": True}, False),
        ({"disable_header": False}, True),
        ({"disable_header": True, "use_param": True}, True),
        ({"disable_header": True, "use_cookie": True}, True),
    ):
        for asks in (True, False):
            written = definition(gateway, auth_configs={kind: places}, **{switch: asks})
            exchange = gateway.send("POST", APIS, written)
            if taken or not asks:
                expect_written(exchange, written["api_id"], "added")
            else:
                expect_error(exchange, 400, message)


@behaviour("apis-are-read-as-written")
def test_an_api_is_read_as_it_was_written(gateway: Gateway) -> Steps:
    """A loaded API is read with each member that was written, alone and in the list."""
    written = [definition(gateway, config_data={"n": [1, {"b": None}]}) for _ in TWICE]
    for document in written:
        write_api(gateway, **document)
    yield RELOAD

    for document in written:
        alone, together = gateway.send("GET", f"{APIS}/{document['api_id']}"), gateway.send("GET", APIS)
        _expect_document(alone, document, alone.json)
        listed = together.json if isinstance(together.json, list) else []
        if not all(isinstance(item, dict) and {"name", "api_id"} <= item.keys() for item in listed):
            raise Mismatch(
                "a list of definitions with a name and an api_id", shorten(together.text), together
            )
        copies = [item for item in listed if item == alone.json]
        _expect_document(together, document, copies[0] if len(copies) == 1 else None)


def _expect_document(exchange: Exchange, wanted: dict[str, Any], document: Any) -> None:
    """A definition that begins with its name, and has all that was written."""
    if exchange.status != 200 or not isinstance(document, dict):
        raise Mismatch(
            f"200 with {wanted['api_id']}", f"{exchange.status} {shorten(exchange.text)}", exchange
        )
    if next(iter(document), "") != "name":
        raise Mismatch("a definition that begins with its name", shorten(exchange.text), exchange)
    if difference := first_difference(wanted, document):
        raise Mismatch(f"the definition of {wanted['api_id']} as it was written", difference, exchange)


@behaviour("apis-are-named-by-their-body")
def test_the_path_of_a_post_names_no_api(gateway: Gateway) -> None:
    """POST to a path writes the API that the body names."""
    path = f"{APIS}/{gateway.new_id()}"
    for _ in TWICE:
        document = definition(gateway)
        expect_written(gateway.send("POST", path, document), document["api_id"], "added")


@behaviour("api-ids-are-file-names")
def test_an_id_that_is_no_file_name_is_refused(gateway: Gateway) -> None:
    """PUT, DELETE and POST of an API with a slash or backslash in its id answer 400, however it is escaped."""
    name = gateway.new_id("-a")
    for mark in ("%5c", "%255c", "%25252f"):
        for method, body in (("PUT", "{"), ("DELETE", None)):
            expect_error(gateway.send(method, f"{APIS}/{name}{mark}b", body), 400, INVALID_ID)
    for mark in ("\\", "/", "%2f", "%255c"):
        document = definition(gateway, api_id=f"{name}{mark}b")
        for path in (APIS, f"{APIS}/{name}"):
            expect_error(gateway.send("POST", path, document), 400, INVALID_ID)


@behaviour("unwritable-api-is-500")
def test_a_definition_that_cannot_be_written_is_told(gateway: Gateway) -> None:
    """An id that is too long for a file's name answers 500."""
    document = definition(gateway, api_id=gateway.new_id("-" + 256 * "l"))
    for path in (APIS, f"{APIS}/{gateway.new_id()}"):
        for _ in TWICE:
            exchange = gateway.send("POST", path, document)
            expect_error(exchange, 500, "file object creation failed, write error")


@behaviour("deleted-api-has-no-file")
def test_an_api_without_file_cannot_be_deleted(gateway: Gateway) -> Steps:
    """Until the next reload an API that was deleted cannot be deleted again, but written."""
    written = definition(gateway)
    api = write_api(gateway, **written)
    path = f"{APIS}/{api.id}"
    yield RELOAD

    for _ in TWICE:
        expect_written(gateway.send("DELETE", path), api.id, "deleted")
        expect_error(gateway.send("DELETE", path), 500, "Delete failed")
        expect_written(gateway.send("PUT", path, written), api.id, "modified")


@behaviour("mcp-members-need-an-mcp-proxy")
def test_rights_for_mcp_proxies_need_one(gateway: Gateway) -> Steps:
    """A policy with a member for MCP proxies in its right to another API is refused; an unknown API may be one."""
    api = write_api(gateway)
    yield RELOAD

    tools: dict[str, Any] = {"mcp_access_rights": {"tools": {"allowed": ["search"]}}}
    message = "MCP fields can only be configured on MCP Proxies"
    refusal = f'{message}, API "{api.id}" is not an MCP Proxy'
    for members in (
        {"json_rpc_methods": [{"name": "tools/call"}]}, {"json_rpc_methods_access_rights": {"blocked": ["x"]}},
        {"mcp_primitives": [{"type": "tool", "name": "search"}]}, tools,
    ):  # fmt: skip
        rights = {api.id: {**api.rights[api.id], **members}}
        policy = {"id": gateway.new_id(), "access_rights": rights}
        expect_error(gateway.post(policy), 400, refusal)
    session, name = {"access_rights": policy["access_rights"]}, gateway.new_id("-key")
    for method in ("POST", "PUT"):
        expect_error(gateway.send(method, f"{KEYS}/{name}", session), 400, refusal)
    gateway.create(access_rights={gateway.new_id(): tools})
