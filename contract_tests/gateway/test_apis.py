"""The API definitions of /tyk/apis, written and loaded."""

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

SOURCES = [  # kinds of credential, and the member that enables each
    ("authToken", "use_standard_auth"), ("jwt", "enable_jwt"), ("hmac", "enable_signature_checking"),
    ("oauth", "use_oauth2"), ("oidc", "use_openid"), ("coprocess", "enable_coprocess_auth"),
]  # fmt: skip
NOT_FOUND, INVALID_ID = "API not found", "Invalid API ID"


@behaviour("apis-need-reload")
def test_a_written_api_is_served_after_a_reload(gateway: Gateway) -> Steps:
    """An API that was written is neither read nor served until the gateway reloads."""
    api = write_api(gateway, use_keyless=True)
    expect_error(gateway.send("GET", f"{APIS}/{api.id}"), 404, NOT_FOUND)
    unserved = call(gateway, api)
    if unserved.status != 404:
        raise Mismatch("404 before the reload", str(unserved.status), unserved)
    yield RELOAD

    exchange = gateway.send("GET", f"{APIS}/{api.id}")
    answer = exchange.document
    if (exchange.status, answer.get("api_id")) != (200, api.id):
        raise Mismatch(f"200 with the definition of {api.id}", f"{exchange.status}", exchange)
    expect_passed(call(gateway, api))


@behaviour("api-changes-need-reload")
def test_a_changed_and_a_deleted_api_stay_until_a_reload(gateway: Gateway) -> Steps:
    """An API that was changed or deleted is read as before until the gateway reloads."""
    document = definition(gateway, use_keyless=True)
    api = write_api(gateway, **document)
    path = f"{APIS}/{api.id}"
    yield RELOAD

    old_name = document["name"]
    for name in ("another", "a third"):
        expect_written(gateway.send("PUT", path, {**document, "name": name}), api.id, "modified")
        _expect_name(gateway, path, old_name)
        yield RELOAD

        _expect_name(gateway, path, name)
        old_name = name
    expect_written(gateway.send("DELETE", path), api.id, "deleted")
    _expect_name(gateway, path, old_name)
    yield RELOAD

    expect_error(gateway.send("GET", path), 404, NOT_FOUND)


def _expect_name(gateway: Gateway, path: str, name: str) -> None:
    exchange = gateway.send("GET", path)
    answer = exchange.document
    if answer.get("name") != name:
        raise Mismatch(f"a definition with the name {name!r}", repr(answer.get("name")), exchange)


@behaviour("unloaded-api-is-404")
def test_an_api_that_is_not_loaded_is_not_found(gateway: Gateway) -> None:
    """GET, PUT and DELETE of an API that is not loaded answer 404, even if the API was written."""
    api = write_api(gateway)
    for name in (api.id, gateway.new_id()):
        body = {"api_id": name, "proxy": {"listen_path": f"/{name}/"}}
        for method in ("GET", "PUT", "DELETE"):
            request_body = body if method == "PUT" else None
            expect_error(gateway.send(method, f"{APIS}/{name}", request_body), 404, NOT_FOUND)


@behaviour("broken-api-is-400")
def test_a_broken_definition_is_refused(gateway: Gateway) -> Steps:
    """A body that is not a definition, or that names another API than the path, answers 400."""
    api, other = write_api(gateway), gateway.new_id()
    yield RELOAD

    message = "Request APIID does not match that in Definition! For Update operations these must match."
    for body in ("{", f'{{"api_id":"{other}","name":1}}'):
        for method, path in (("POST", APIS), ("POST", f"{APIS}/{other}"), ("PUT", f"{APIS}/{api.id}")):
            expect_error(gateway.send(method, path, body), 400, "Request malformed")
        expect_error(gateway.send("PUT", f"{APIS}/{api.id}", {"api_id": other}), 400, message)


@pytest.mark.parametrize(
    ("places", "is_accepted"),
    [
        pytest.param({"disable_header": True}, False, id="nowhere"),
        pytest.param({"disable_header": False}, True, id="header"),
        pytest.param({"disable_header": True, "use_param": True}, True, id="parameter"),
        pytest.param({"disable_header": True, "use_cookie": True}, True, id="cookie"),
    ],
)
@pytest.mark.parametrize(("kind", "switch"), SOURCES)
@behaviour("apis-need-a-place-for-credentials")
def test_a_definition_must_leave_a_place_for_credentials(
    gateway: Gateway, kind: str, switch: str, places: dict[str, bool], is_accepted: bool
) -> None:
    """An API whose kind of credential is accepted in no header, parameter or cookie is refused."""
    message = (
        f"Validation of API Definition failed. Reason: all auth sources are disabled for {kind}, "
        "at least one of header/cookie/query must be enabled."
    )
    for is_enabled in (True, False):
        document = definition(gateway, auth_configs={kind: places}, **{switch: is_enabled})
        exchange = gateway.send("POST", APIS, document)
        if is_accepted or not is_enabled:
            expect_written(exchange, document["api_id"], "added")
        else:
            expect_error(exchange, 400, message)


@behaviour("apis-need-a-place-for-credentials")
def test_a_changed_definition_must_leave_a_place_for_credentials(gateway: Gateway) -> Steps:
    """A loaded API is not changed to one whose kind of credential is accepted nowhere."""
    document = definition(gateway)
    api = write_api(gateway, **document)
    yield RELOAD

    refused = {**document, "auth_configs": {"authToken": {"disable_header": True}}, "use_standard_auth": True}
    message = (
        "Validation of API Definition failed. Reason: all auth sources are disabled for authToken, "
        "at least one of header/cookie/query must be enabled."
    )
    expect_error(gateway.send("PUT", f"{APIS}/{api.id}", refused), 400, message)


@behaviour("apis-are-read-as-written")
def test_an_api_is_read_as_it_was_written(gateway: Gateway) -> Steps:
    """A loaded API is read with every member that was written, by itself and in the list."""
    documents = [definition(gateway, config_data={"n": [1, {"b": None}]}) for _ in TWICE]
    for document in documents:
        write_api(gateway, **document)
    yield RELOAD

    listing = gateway.send("GET", APIS)
    items = listing.json
    if not isinstance(items, list):
        items = []
    if not all(isinstance(item, dict) and {"name", "api_id"} <= item.keys() for item in items):
        raise Mismatch("a list of definitions with a name and an api_id", shorten(listing.text), listing)
    for document in documents:
        single = gateway.send("GET", f"{APIS}/{document['api_id']}")
        expected = single.json
        _expect_document(single, document, expected)
        copies = [item for item in items if item == expected]
        _expect_document(listing, document, copies[0] if len(copies) == 1 else None)


def _expect_document(exchange: Exchange, expected: dict[str, Any], document: Any) -> None:
    """Expect a definition that begins with its name and has all members that were written."""
    if exchange.status != 200 or not isinstance(document, dict):
        raise Mismatch(
            f"200 with {expected['api_id']}", f"{exchange.status} {shorten(exchange.text)}", exchange
        )
    if next(iter(document), "") != "name":
        raise Mismatch("a definition that begins with its name", shorten(exchange.text), exchange)
    if difference := first_difference(expected, document):
        raise Mismatch(f"the definition of {expected['api_id']} as it was written", difference, exchange)


@behaviour("apis-are-named-by-their-body")
def test_the_path_of_a_post_names_no_api(gateway: Gateway) -> None:
    """A POST to the path of an id writes the API that the body names."""
    path = f"{APIS}/{gateway.new_id()}"
    for _ in TWICE:
        document = definition(gateway)
        expect_written(gateway.send("POST", path, document), document["api_id"], "added")


@pytest.mark.parametrize("separator", ["%5c", "%255c", "%25252f"])
@behaviour("api-ids-are-file-names")
def test_a_path_whose_id_is_no_file_name_is_refused(gateway: Gateway, separator: str) -> None:
    """PUT and DELETE of an API whose id in the path has an escaped slash or backslash answer 400."""
    path = f"{APIS}/{gateway.new_id('-a')}{separator}b"
    for method, body in (("PUT", "{"), ("DELETE", None)):
        expect_error(gateway.send(method, path, body), 400, INVALID_ID)


@pytest.mark.parametrize("separator", ["\\", "/", "%2f", "%255c"])
@behaviour("api-ids-are-file-names")
def test_an_id_that_is_no_file_name_is_refused(gateway: Gateway, separator: str) -> None:
    """A POST of an API with a slash or backslash in its id, escaped or not, answers 400."""
    api_id = gateway.new_id("-a")
    document = definition(gateway, api_id=f"{api_id}{separator}b")
    for path in (APIS, f"{APIS}/{api_id}"):
        expect_error(gateway.send("POST", path, document), 400, INVALID_ID)


@behaviour("unwritable-api-is-500")
def test_a_definition_that_cannot_be_written_is_told(gateway: Gateway) -> None:
    """An API whose id is too long for a file name answers 500."""
    document = definition(gateway, api_id=gateway.new_id("-" + 256 * "l"))
    for path in (APIS, f"{APIS}/{gateway.new_id()}"):
        for _ in TWICE:
            exchange = gateway.send("POST", path, document)
            expect_error(exchange, 500, "file object creation failed, write error")


@behaviour("deleted-api-has-no-file")
def test_an_api_without_file_cannot_be_deleted(gateway: Gateway) -> Steps:
    """An API that was deleted answers 500 to DELETE and 200 to PUT until the next reload."""
    document = definition(gateway)
    api = write_api(gateway, **document)
    path = f"{APIS}/{api.id}"
    yield RELOAD

    for _ in TWICE:
        expect_written(gateway.send("DELETE", path), api.id, "deleted")
        expect_error(gateway.send("DELETE", path), 500, "Delete failed")
        expect_written(gateway.send("PUT", path, document), api.id, "modified")


@behaviour("mcp-members-need-an-mcp-proxy")
def test_rights_for_mcp_proxies_need_one(gateway: Gateway) -> Steps:
    """An access right with members of MCP proxies is refused if its API is loaded and not an MCP proxy."""
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
