"""API definitions, in classic form and as OpenAPI documents."""

from __future__ import annotations

from mockserver.dashboard.apis import Api, classic_of
from mockserver.dashboard.documents import parse
from mockserver.dashboard.handlers.registration import Call, handles, page_of, user_of
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, ok
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

SECTION = "apis"
_MALFORMED = Refusal("Request body malformed.", 400)
_NO_BODY = Refusal("Couldn't read body.", 400)
_UNKNOWN = Refusal("Could not retrieve API detail", 404)
_UNKNOWN_OPENAPI = Refusal("Could not retrieve Api detail", 400)  # STEST publish.yaml:133-144


@handles("listApis", SECTION)
def list_apis(call: Call) -> Reply:
    """List the APIs of the organisation, page by page (SW 523)."""
    return _listed(call, call.state.apis.all(user_of(call).org_id))


@handles("searchApis", SECTION)
def search_apis(call: Call) -> Reply:
    """List the APIs whose names or ids contain a text, in any case of letters (SW 4722)."""
    text = call.parameter("q").lower()
    apis = call.state.apis.all(user_of(call).org_id)
    return _listed(
        call, [api for api in apis if text in f"{api.name}\n{api.api_id}\n{api.object_id}".lower()]
    )


@handles("addApi", SECTION)
def add_api(call: Call) -> Reply:
    """Create an API with an api_id of its own (SW 523; SYNC apis.go:262)."""
    return _created(call, _definition(call))


@handles("getApi", SECTION)
def get_api(call: Call) -> Reply:
    """Read one API by either of its ids (SW 1391)."""
    return json_reply(_found(call, _UNKNOWN).document)


@handles("updateApi", SECTION)
def update_api(call: Call) -> Reply:
    """Replace an API; the api_id that is sent becomes its own (SW 1391; OP api.go:34-55)."""
    api = _found(call, Refusal("API definition does not exist", 404))
    call.state.apis.update(api, _definition(call))
    return ok("Api updated")


@handles("deleteApi", SECTION)
def delete_api(call: Call) -> Reply:
    """Remove an API, and the rights to it from all policies (SW 1391; RN:6985)."""
    _delete(call, _found(call, _UNKNOWN))
    return ok("API deleted")


@handles("addOpenApi", SECTION)
def add_openapi(call: Call) -> Reply:
    """Create an API by an OpenAPI document with Tyk's extension (SW 2565)."""
    document = parse(call.body, _NO_BODY)
    return _created(call, classic_of(document), document)


@handles("getOpenApi", SECTION)
def get_openapi(call: Call) -> Reply:
    """Read the OpenAPI document of an API (SW 2730)."""
    return json_reply(dict(_found_openapi(call).openapi or {}))


@handles("updateOpenApi", SECTION)
def update_openapi(call: Call) -> Reply:
    """Replace the OpenAPI document of an API (SW 2730)."""
    document = parse(call.body, _NO_BODY)
    api = _found(call, Refusal("API definition does not exist", 404))
    call.state.apis.update(api, classic_of(document), document)
    return ok("API updated.")


@handles("deleteOpenApi", SECTION)
def delete_openapi(call: Call) -> Reply:
    """Remove an API, and the rights to it from all policies (SW 2730; RN:6985)."""
    _delete(call, _found(call, Refusal("Could not retrieve API detail.", 404)))
    return ok("API deleted.")


def _listed(call: Call, apis: list[Api]) -> Reply:
    shown, pages = page_of(call, apis)
    return json_reply({"apis": [api.document for api in shown], "pages": pages})


def _created(call: Call, definition: Document, openapi: Document | None = None) -> Reply:
    keeps_id = call.state.config.enable_duplicate_slugs
    api = call.state.apis.create(user_of(call).org_id, definition, openapi, keeps_id=keeps_id)
    return ok("API created", api.object_id, ID=api.api_id)


def _delete(call: Call, api: Api) -> None:
    call.state.apis.delete(api)
    call.state.policies.forget_api(api.api_id)


def _definition(call: Call) -> Document:
    """The classic definition in a body, which wraps it."""
    definition = parse(call.body, _MALFORMED).get("api_definition")
    if not isinstance(definition, dict):
        raise _MALFORMED
    return definition


def _found(call: Call, refusal: Refusal) -> Api:
    api: Api | None = call.state.apis.find(user_of(call).org_id, call.params["apiId"])
    if api is None:
        raise refusal
    return api


def _found_openapi(call: Call) -> Api:
    api = _found(call, _UNKNOWN_OPENAPI)
    if api.openapi is None:
        raise _UNKNOWN_OPENAPI
    return api
