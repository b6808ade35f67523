"""API definitions in OpenAPI form (gateway/api.go:1570 @v5.12.0)."""

from __future__ import annotations

import functools
from collections.abc import Callable

from mockserver.gateway.api_definition import Api
from mockserver.gateway.handlers import api_writes, open_api_writes, version_servers
from mockserver.gateway.handlers.api_writes import DASHBOARD, NOT_FOUND
from mockserver.gateway.handlers.registration import Call, handles, on_files
from mockserver.gateway.oas import importing, servers
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.replies import error
from mockserver.golang import json_reader, json_writer
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_text

CLASSIC = error("the requested API definition is in Tyk classic format, please use old api endpoint", 400)


def _refusing(write: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """A write that a gateway refuses whose APIs come from a Dashboard; what it raises is its refusal."""
    guarded = open_api_writes.refusing(write)

    @functools.wraps(write)
    def answer(call: Call) -> Reply:
        return DASHBOARD if call.state.config.use_db_app_configs else guarded(call)

    return answer


@handles("listOpenApis")
def list_open_apis(call: Call) -> Reply:
    """List the loaded APIs in OpenAPI form, in random order."""
    return _read(call, json_text(listed(call)))


@handles("getOpenApi")
def get_open_api(call: Call) -> Reply:
    """Read a loaded API."""
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    if api is None or api.open_api is None:
        return _read(call, NOT_FOUND if api is None else CLASSIC)
    return api_writes.with_base(call, _read(call, json_text(call.state.apis.open_text(api))), api)


@handles("exportOpenApis")
def export_open_apis(call: Call) -> Reply:
    """Read all loaded APIs in OpenAPI form as a file."""
    documents = [_document(call, api) for api in _open_apis(call)]
    return _exported(call, documents, "")


@handles("exportOpenApi")
def export_open_api(call: Call) -> Reply:
    """Read a loaded API as a file."""
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    if api is None or api.open_api is None:
        return NOT_FOUND if api is None else CLASSIC
    return _exported(call, _document(call, api), f"-{api.id}")


@handles("addOpenApi", waits=on_files)
@_refusing
def add_open_api(call: Call) -> Reply:
    """Write an API, replacing any with its id; an API without an id gets a new one."""
    return open_api_writes.add(call, open_api_writes.sent(call, has_extension=True))


@handles("importOpenApi", waits=on_files)
@_refusing
def import_open_api(call: Call) -> Reply:
    """Write an API for a plain OpenAPI document."""
    given, codec = importing.parameters(call.parameter), call.state.apis.open_codec
    plain = open_api_writes.sent(call, has_extension=False)
    return open_api_writes.add(call, importing.complete(plain, given, codec, is_import=True))


@handles("updateOpenApi", waits=on_files)
@_refusing
def update_open_api(call: Call) -> Reply:
    """Replace the definition of a loaded API."""
    return open_api_writes.update(call, open_api_writes.sent(call, has_extension=True))


@handles("patchOpenApi", waits=on_files)
@_refusing
def patch_open_api(call: Call) -> Reply:
    """Replace the OpenAPI document of a loaded API, or the gateway's part by parameters of the request."""
    sent = open_api_writes.sent(call)
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    if api is None or api.open_api is None:
        return NOT_FOUND if api is None else open_api_writes.OTHER_FORM
    given = importing.parameters(call.parameter)
    if sent.extension is not None and not given:
        return open_api_writes.update(call, sent)
    codec, old = call.state.apis.open_codec, call.state.apis.as_read(api)
    kept = servers.patched_servers(old, sent, version_servers.address(call))
    patched = OpenApi(sent.document, sent.extension or old.extension).with_servers(kept).copy()
    if given:
        patched = importing.complete(patched, given, codec, is_import=False)
    return open_api_writes.update(call, importing.with_operations(patched, {}, codec))


@handles("deleteOpenApi", waits=on_files)
def delete_open_api(call: Call) -> Reply:
    """Remove the files of a loaded API, in whichever form it is."""
    return DASHBOARD if call.state.config.use_db_app_configs else api_writes.delete(call)


def _is_public(call: Call) -> bool:
    return call.parameter("mode") == "public"


def listed(call: Call, *, is_mcp: bool = False) -> str:
    """The text of the list of loaded APIs in OpenAPI form, or of MCP proxies, in random order."""
    return json_writer.array([call.state.apis.open_text(api) for api in _open_apis(call, is_mcp=is_mcp)])


def _open_apis(call: Call, *, is_mcp: bool = False) -> list[Api]:
    """The loaded APIs in OpenAPI form, or the MCP proxies, in random order."""
    loaded = call.state.apis.loaded.by_id.values()
    apis = [api for api in loaded if api.open_api is not None and api.is_mcp == is_mcp]
    call.state.order.shuffle(apis)
    return apis


def _document(call: Call, api: Api) -> Document:
    """The OpenAPI form of an API in a file; the public one is without the gateway's part."""
    apis = call.state.apis
    definition = apis.as_read(api)
    if _is_public(call):
        definition = OpenApi(definition.document, None)
    return dict(apis.open_codec.output(definition))


def _read(call: Call, reply: Reply) -> Reply:
    """A reply of the paths that read, to which some versions append no newline."""
    if "open-api-reads-have-no-newline" not in call.state.behaviours:
        return reply
    return Reply(reply.body.removesuffix(b"\n"), reply.status, reply.headers)


def _exported(call: Call, value: Document | list[Document], suffix: str) -> Reply:
    """A reply with a file (gateway/api.go:209 @v5.12.0)."""
    name = f"{'oas' if _is_public(call) else 'TykOasApiDef'}{suffix}.json"
    disposition = f"attachment;filename={json_reader.quote(name)}"
    headers = (("Content-Disposition", disposition), ("Content-Type", "application/octet-stream"))
    return Reply(json_writer.write(value, indent="  ").encode(), 200, headers)
