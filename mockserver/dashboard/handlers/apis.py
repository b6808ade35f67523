"""API definitions, in classic form and as OpenAPI documents."""

from __future__ import annotations

from mockserver.dashboard.apis import NO_OWNERS, OWNERS, Api, classic_of
from mockserver.dashboard.documents import parse
from mockserver.dashboard.handlers.registration import Call, api_of, handles, page_of
from mockserver.dashboard.owners import Owners
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, ok, refusal
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

SECTION = "apis"
_MALFORMED = refusal("Request body malformed.", 400)
_NO_BODY = refusal("Couldn't read body.", 400)
_UNKNOWN = refusal("Could not retrieve API detail", 404)
_UNKNOWN_TO_ACCESS = refusal("API not found", 404)
_UNKNOWN_OPENAPI = refusal("Could not retrieve Api detail", 400)  # STEST publish.yaml:133-144


@handles("listApis", SECTION)
def list_apis(call: Call) -> Reply:
    """List the APIs of the organisation, page by page (SW 523)."""
    return _listed(call, _seen(call))


@handles("searchApis", SECTION)
def search_apis(call: Call) -> Reply:
    """List the APIs whose names or ids contain a text, in any case of letters (SW 4722)."""
    text = call.parameter("q").lower()
    return _listed(
        call, [api for api in _seen(call) if text in f"{api.name}\n{api.api_id}\n{api.object_id}".lower()]
    )


@handles("addApi", SECTION)
def add_api(call: Call) -> Reply:
    """Create an API with an api_id of its own (SW 523; SYNC apis.go:262)."""
    return _created(call, *_definition(call))


@handles("getApi", SECTION)
def get_api(call: Call) -> Reply:
    """Read one API by either of its ids (SW 1391)."""
    return json_reply(api_of(call, _UNKNOWN).document)


@handles("updateApi", SECTION)
def update_api(call: Call) -> Reply:
    """Replace an API; the api_id that is sent becomes its own (SW 1391; OP api.go:34-55)."""
    api = api_of(call, Refusal("API definition does not exist", 404))
    definition, owners = _definition(call)
    call.state.apis.update(api, definition, owners=owners)
    return ok("Api updated")


@handles("deleteApi", SECTION)
def delete_api(call: Call) -> Reply:
    """Remove an API, and the rights to it from all policies (SW 1391; RN:6985)."""
    _delete(call, api_of(call, _UNKNOWN))
    return ok("API deleted")


@handles("addOpenApi", SECTION)
def add_openapi(call: Call) -> Reply:
    """Create an API by an OpenAPI document with Tyk's extension (SW 2565)."""
    document = parse(call.body, _NO_BODY)
    return _created(call, classic_of(document), None, document)


@handles("getOpenApi", SECTION)
def get_openapi(call: Call) -> Reply:
    """Read the OpenAPI document of an API (SW 2730)."""
    return json_reply(dict(_found_openapi(call).openapi or {}))


@handles("updateOpenApi", SECTION)
def update_openapi(call: Call) -> Reply:
    """Replace the OpenAPI document of an API (SW 2730)."""
    document = parse(call.body, _NO_BODY)
    api = api_of(call, Refusal("API definition does not exist", 404))
    call.state.apis.update(api, classic_of(document), document)
    return ok("API updated.")


@handles("deleteOpenApi", SECTION)
def delete_openapi(call: Call) -> Reply:
    """Remove an API, and the rights to it from all policies (SW 2730; RN:6985)."""
    _delete(call, api_of(call, Refusal("Could not retrieve API detail.", 404)))
    return ok("API deleted.")


@handles("getApiAccess", SECTION)
def get_api_access(call: Call) -> Reply:
    """Read the owners of an API (SW 822)."""
    owners = api_of(call, _UNKNOWN_TO_ACCESS).owners
    return json_reply({"userIds": list(owners.users), "userGroupIds": list(owners.groups)})


@handles("updateApiAccess", SECTION)
def update_api_access(call: Call) -> Reply:
    """Replace the owners of an API (SW 884)."""
    api = api_of(call, _UNKNOWN_TO_ACCESS)
    sent = parse(call.body, Refusal("failed to unmarshal categories payload", 500))
    call.state.apis.assign(api, Owners.of(sent, "userIds", "userGroupIds"))
    return ok("API access updated")


def _listed(call: Call, apis: list[Api]) -> Reply:
    shown, pages = page_of(call, apis)
    return json_reply({"apis": [api.document for api in shown], "pages": pages})


def _seen(call: Call) -> list[Api]:
    """The APIs of the organisation that the user sees."""
    apis = call.state.apis.all(call.user.org_id)
    return [api for api in apis if call.state.ownership.shows_api(call.user, api)]


def _created(
    call: Call, definition: Document, owners: Owners | None, openapi: Document | None = None
) -> Reply:
    keeps_id = call.state.config.enable_duplicate_slugs
    api = call.state.apis.create(
        call.user.org_id, definition, openapi, keeps_id=keeps_id, owners=owners or NO_OWNERS
    )
    return ok("API created", api.object_id, ID=api.api_id)


def _delete(call: Call, api: Api) -> None:
    call.state.apis.delete(api)
    call.state.policies.forget_api(api.api_id)


def _definition(call: Call) -> tuple[Document, Owners | None]:
    """The classic definition in a body, which wraps it, and the owners beside it; None if it names none."""
    wrapper = parse(call.body, _MALFORMED)
    definition = wrapper.get("api_definition")
    if not isinstance(definition, dict):
        raise _MALFORMED
    return definition, Owners.of(wrapper, *OWNERS) if wrapper.keys() & set(OWNERS) else None


def _found_openapi(call: Call) -> Api:
    api = api_of(call, _UNKNOWN_OPENAPI)
    if api.openapi is None:
        raise _UNKNOWN_OPENAPI
    return api
