"""APIs in OpenAPI form: their life, their form, and what is refused."""

from __future__ import annotations

from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import definition, write_api
from contract_tests.gateway.builders.open_apis import DOMAIN, EXTENSION, document, expect_document, write
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, OPEN_APIS

NOT_FOUND = "API not found"
OTHER_ID = "Request APIID does not match that in Definition! For Update operations these must match."
OF_CLASSIC = "the requested API definition is in Tyk classic format, please use old api endpoint"
NO_OPEN_API = "the supplied API definition is in OAS format, please use the Tyk classic format for this API"
NO_CLASSIC = (
    "this API endpoint only supports Tyk Classic APIs; please use the appropriate Tyk OAS API endpoint"
)


@behaviour("open-apis-are-kept")
def test_an_open_api_is_read_as_it_was_written(gateway: Gateway) -> Steps:
    """An API in OpenAPI form is read, alone and in the list, after a reload, and in the classic form too."""
    sent = document(gateway)
    sent[EXTENSION]["info"]["expiration"] = "2099-01-01 00:00"
    sent[EXTENSION]["middleware"] = {"global": {"skipQuota": True}}
    api = write(gateway, sent)
    _expect_unread(gateway.send("GET", f"{OPEN_APIS}/{api.id}"), 404, NOT_FOUND)
    yield RELOAD

    exchange, listing = gateway.send("GET", f"{OPEN_APIS}/{api.id}"), gateway.send("GET", OPEN_APIS)
    expect_document(exchange, sent)
    items = listing.json if isinstance(listing.json, list) else []
    if items.count(exchange.json) != 1:
        raise Mismatch(f"a list with {api.id} once", shorten(listing.text), listing)
    classic = gateway.send("GET", f"{APIS}/{api.id}")
    members: dict[str, Any] = {
        "api_id": api.id,
        "is_oas": True,
        "use_standard_auth": True,
        "disable_quota": True,
    }
    members["expiration"] = "2099-01-01 00:00"
    if any(classic.document.get(name) != value for name, value in members.items()):
        raise Mismatch(f"the classic form with {members}", shorten(classic.text), classic)


def _expect_unread(exchange: Exchange, status: int, message: str) -> None:
    """Expect the refusal of a read, at the end of which some versions have no newline."""
    if (exchange.status, exchange.json) != (status, {"status": "error", "message": message}):
        raise Mismatch(f"{status} {message}", f"{exchange.status} {shorten(exchange.text)}", exchange)


@behaviour("open-api-reads-have-no-newline")
def test_a_read_ends_without_a_newline(gateway: Gateway) -> None:
    """The list of APIs in OpenAPI form, and the refusal to read one, end with their JSON."""
    for path in (OPEN_APIS, f"{OPEN_APIS}/{gateway.new_id()}"):
        exchange = gateway.send("GET", path)
        if exchange.text.endswith("\n"):
            raise Mismatch("an answer without a newline at its end", shorten(exchange.text), exchange)


@behaviour("open-apis-are-exported")
def test_an_open_api_is_exported(gateway: Gateway) -> Steps:
    """An export is a file with the whole API, or its public part; one with all APIs has no id in its name.

    A public export of all APIs is not asked for: it makes a gateway forget, until the next reload, those
    settings of all APIs that the classic form lacks, such as the allowed issuers of tokens.
    """
    sent = document(gateway)
    api = write(gateway, sent)
    yield RELOAD

    for query, name, is_public in (("", "TykOasApiDef", False), ("?mode=public", "oas", True)):
        exchange = gateway.send("GET", f"{OPEN_APIS}/{api.id}/export{query}")
        expect_document(exchange, sent, is_public=is_public)
        _expect_file(exchange, f"{name}-{api.id}.json")
    listing = gateway.send("GET", f"{OPEN_APIS}/export")
    _expect_file(listing, "TykOasApiDef.json")
    if f'"{api.id}"' not in listing.text:
        raise Mismatch(f"an export with {api.id}", shorten(listing.text), listing)
    expect_error(gateway.send("GET", f"{OPEN_APIS}/{gateway.new_id()}/export"), 404, NOT_FOUND)


def _expect_file(exchange: Exchange, name: str) -> None:
    headers = (exchange.header("Content-Type"), exchange.header("Content-Disposition"))
    expected = ("application/octet-stream", f'attachment;filename="{name}"')
    if headers != expected or not exchange.text.startswith(("{\n  ", "[\n  ", "[]")):
        raise Mismatch(f"{expected} and JSON in lines", f"{headers} {shorten(exchange.text)}", exchange)


@behaviour("open-apis-are-changed")
def test_an_open_api_is_changed(gateway: Gateway) -> Steps:
    """PUT, PATCH and DELETE take effect with a reload; a PATCH keeps the gateway's part that it does not name."""
    sent = document(gateway)
    api = write(gateway, sent)
    path = f"{OPEN_APIS}/{api.id}"
    yield RELOAD

    sent[EXTENSION]["info"]["name"] = "another"
    expect_written(gateway.send("PUT", path, sent), api.id, "modified")
    _expect_name(gateway, path, api.id)
    yield RELOAD

    _expect_name(gateway, path, "another")
    plain = {name: value for name, value in sent.items() if name != EXTENSION}
    patched = {**plain, "info": {"title": "Patched", "version": "2"}}
    expect_written(gateway.send("PATCH", path, patched), api.id, "modified")
    yield RELOAD

    expect_document(gateway.send("GET", path), {**sent, **patched})
    query = f"?listenPath=/{api.id}/b/&upstreamURL=http://127.0.0.1:9/&authentication=false"
    expect_written(gateway.send("PATCH", f"{path}{query}", plain), api.id, "modified")
    yield RELOAD

    part = gateway.send("GET", path).document.get(EXTENSION, {})
    server, upstream = part.get("server", {}), part.get("upstream")
    values = (
        server.get("listenPath", {}).get("value"),
        upstream,
        server.get("authentication", {}).get("enabled"),
    )
    expected = (f"/{api.id}/b/", {"url": "http://127.0.0.1:9/"}, False)
    if values != expected:
        raise Mismatch(
            f"path, upstream and authentication {expected}", repr(values), gateway.send("GET", path)
        )
    expect_written(gateway.send("DELETE", path), api.id, "deleted")
    expect_error(gateway.send("DELETE", path), 500, "Delete failed")
    yield RELOAD

    _expect_unread(gateway.send("GET", path), 404, NOT_FOUND)


@behaviour("open-apis-are-changed")
def test_a_patch_may_have_the_part_of_the_gateway(gateway: Gateway) -> Steps:
    """A PATCH with the gateway's part replaces the API, and its parameters change the part that it has."""
    sent, other = document(gateway), document(gateway)
    replaced, changed = write(gateway, sent), write(gateway, other)
    yield RELOAD

    for sent_document in (sent, other):
        sent_document[EXTENSION]["info"]["name"] = "another"
    expect_written(gateway.send("PATCH", f"{OPEN_APIS}/{replaced.id}", sent), replaced.id, "modified")
    path = f"{OPEN_APIS}/{changed.id}"
    query = f"?listenPath=/{changed.id}/c/"
    expect_written(gateway.send("PATCH", path + query, other), changed.id, "modified")
    yield RELOAD

    expect_document(gateway.send("GET", f"{OPEN_APIS}/{replaced.id}"), sent)
    exchange = gateway.send("GET", path)
    part = exchange.document.get(EXTENSION, {})
    values = (
        part.get("info", {}).get("name"),
        part.get("server", {}).get("listenPath", {}).get("value"),
    )
    if values != ("another", f"/{changed.id}/c/"):
        raise Mismatch(f"name and listen path {('another', f'/{changed.id}/c/')}", repr(values), exchange)


@behaviour("open-apis-are-changed")
def test_a_patch_drops_operations(gateway: Gateway) -> Steps:
    """A PATCH drops what the gateway's part has of operations that the document has no more."""
    sent = document(gateway)
    responses = {"200": {"description": "all is well"}}
    sent["paths"] = {f"/{name}": {"get": {"operationId": name, "responses": responses}} for name in "ab"}
    sent[EXTENSION]["middleware"] = {"operations": {name: {"block": {"enabled": True}} for name in "ab"}}
    api = write(gateway, sent)
    path = f"{OPEN_APIS}/{api.id}"
    yield RELOAD

    del sent["paths"]["/b"]
    plain = {name: value for name, value in sent.items() if name != EXTENSION}
    expect_written(gateway.send("PATCH", path, plain), api.id, "modified")
    yield RELOAD

    exchange = gateway.send("GET", path)
    if (found := set(exchange.object_at(EXTENSION, "middleware", "operations"))) != {"a"}:
        raise Mismatch("the operation a alone", repr(sorted(found)), exchange)


def _expect_name(gateway: Gateway, path: str, name: str) -> None:
    exchange = gateway.send("GET", path)
    actual = exchange.object_at(EXTENSION, "info").get("name")
    if actual != name:
        raise Mismatch(f"an API with the name {name!r}", repr(actual), exchange)


@behaviour("open-apis-are-imported")
def test_a_plain_document_is_imported(gateway: Gateway) -> Steps:
    """An import makes the gateway's part, from the parameters or from the document's title and first server."""
    sent, name = document(gateway), gateway.new_id()
    url = sent[EXTENSION]["upstream"]["url"]
    plain = {key: value for key, value in sent.items() if key != EXTENSION}
    path = f"{OPEN_APIS}/import?apiID={name}&listenPath=/{name}/"
    refusal = "the import payload should not contain x-tyk-api-gateway"
    expect_error(gateway.send("POST", path, sent), 400, refusal)
    bad_url = (
        "The manually configured upstream URL is not valid. The URL must be absolute and properly formatted "
    )
    example = "(e.g. https://example.com). Please check the URL format and try again."
    expect_error(gateway.send("POST", f"{path}&upstreamURL=nope", plain), 400, bad_url + example)
    with_server = {**plain, "servers": [{"url": url}]}
    expect_written(gateway.send("POST", f"{path}&authentication=true", with_server), name, "added")
    yield RELOAD

    exchange = gateway.send("GET", f"{OPEN_APIS}/{name}")
    part: dict[str, Any] = {
        "info": {"id": name, "name": sent["info"]["title"], "state": {"active": True}},
        "upstream": {"url": url},
        "server": {
            "listenPath": {"value": f"/{name}/", "strip": True},
            "authentication": {"enabled": True, "securitySchemes": {"token": {"enabled": True}}},
        },
        "middleware": {"global": {"contextVariables": {"enabled": True}, "trafficLogs": {"enabled": True}}},
    }
    expect_document(exchange, {**plain, EXTENSION: part})


@behaviour("open-apis-have-two-servers")
def test_the_servers_begin_with_the_gateway(gateway: Gateway) -> Steps:
    """The servers of an API begin with its address and its path, or with its domain, before those of others."""
    other = {"url": "https://other.test/v1"}
    sent, named = document(gateway) | {"servers": [other]}, document(gateway)
    named[EXTENSION]["server"]["customDomain"] = {"enabled": True, "name": DOMAIN}
    api, of_domain = write(gateway, sent), write(gateway, named)
    yield RELOAD

    exchange = gateway.send("GET", f"{OPEN_APIS}/{api.id}")
    urls = [server.get("url") for server in exchange.objects_in("servers")]
    is_own = len(urls) == 3 and str(urls[0]).endswith(f"/{api.id}") and "://" in str(urls[0])
    if not is_own or urls[1:] != [f"/{api.id}", other["url"]]:
        raise Mismatch("the gateway's address, the path and the other server", repr(urls), exchange)
    exchange = gateway.send("GET", f"{OPEN_APIS}/{of_domain.id}")
    servers = exchange.document.get("servers")
    if servers != [{"url": f"http://{DOMAIN}/{of_domain.id}"}]:
        raise Mismatch("the address at the domain alone", repr(servers), exchange)
    plain = {name: value for name, value in sent.items() if name not in (EXTENSION, "servers")}
    expect_written(gateway.send("PATCH", f"{OPEN_APIS}/{api.id}", plain), api.id, "modified")
    yield RELOAD

    exchange = gateway.send("GET", f"{OPEN_APIS}/{api.id}")
    if other not in exchange.objects_in("servers"):
        raise Mismatch(f"the server {other}, which a PATCH does not name", shorten(exchange.text), exchange)


@behaviour("two-forms-are-kept-apart")
def test_each_form_has_its_own_paths(gateway: Gateway) -> Steps:
    """An API in the classic form is refused at the paths of OpenAPI, and the other way round."""
    members = definition(gateway)
    classic, api = write_api(gateway, **members), write(gateway, document(gateway))
    yield RELOAD

    expect_written(
        gateway.send("PUT", f"{APIS}/{classic.id}", {**members, "is_oas": True, "name": "another"}),
        classic.id, "modified",
    )  # fmt: skip
    path, sent = f"{OPEN_APIS}/{classic.id}", document(gateway)
    plain = {name: value for name, value in sent.items() if name != EXTENSION}
    _expect_unread(gateway.send("GET", path), 400, OF_CLASSIC)
    expect_error(gateway.send("GET", f"{path}/export"), 400, OF_CLASSIC)
    for method, body in (("PUT", sent), ("PATCH", plain)):
        expect_error(gateway.send(method, path, body), 400, NO_OPEN_API)
    document_of_classic = {"api_id": api.id, "proxy": {"listen_path": f"/{api.id}/"}}
    expect_error(gateway.send("PUT", f"{APIS}/{api.id}", document_of_classic), 400, NO_CLASSIC)
    expect_error(gateway.send("PUT", f"{OPEN_APIS}/{api.id}", sent), 400, OTHER_ID)
    listing = gateway.send("GET", OPEN_APIS)
    if classic.id in listing.text:
        raise Mismatch(f"a list without {classic.id}", shorten(listing.text), listing)
    yield RELOAD

    exchange = gateway.send("GET", f"{APIS}/{classic.id}")
    if (exchange.status, exchange.document.get("name")) != (200, "another"):
        raise Mismatch(
            "the classic API, though it was sent as one in OpenAPI form", shorten(exchange.text), exchange
        )
