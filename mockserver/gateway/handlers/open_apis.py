"""API definitions in OpenAPI form (gateway/api.go:1570 @v5.12.0)."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable

from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_versions import BadVersion, NewVersion
from mockserver.gateway.handlers import api_writes
from mockserver.gateway.handlers.api_writes import DASHBOARD, INVALID_ID, NOT_FOUND, OTHER_ID
from mockserver.gateway.handlers.registration import Call, handles, on_files
from mockserver.gateway.oas import importing, loading, servers, validation
from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.oas.loading import Refused
from mockserver.gateway.oas.servers import Address
from mockserver.gateway.policy_merging import Document
from mockserver.gateway.replies import error
from mockserver.golang import json_reader, json_writer
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_text

CLASSIC = error("the requested API definition is in Tyk classic format, please use old api endpoint", 400)
OTHER_FORM = error(
    "the supplied API definition is in OAS format, please use the Tyk classic format for this API", 400
)


def _refusing(write: Callable[[Call], Reply]) -> Callable[[Call], Reply]:
    """A write that a gateway refuses whose APIs come from a Dashboard; what it raises is its refusal."""

    @functools.wraps(write)
    def answer(call: Call) -> Reply:
        if call.state.config.use_db_app_configs:
            return DASHBOARD
        try:
            return write(call)
        except Refused as reason:
            return error(str(reason), 400)

    return answer


@handles("listOpenApis")
def list_open_apis(call: Call) -> Reply:
    """List the loaded APIs in OpenAPI form, in random order."""
    return _read(call, json_text(json_writer.write(_documents(call, is_public=False))))


@handles("getOpenApi")
def get_open_api(call: Call) -> Reply:
    """Read a loaded API."""
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    if api is None or api.open_api is None:
        return _read(call, NOT_FOUND if api is None else CLASSIC)
    text = json_writer.write(_document(call, api, is_public=False))
    return api_writes.with_base(call, _read(call, json_text(text)), api)


@handles("exportOpenApis")
def export_open_apis(call: Call) -> Reply:
    """Read all loaded APIs in OpenAPI form as a file."""
    return _exported(call, _documents(call, is_public=_is_public(call)), "")


@handles("exportOpenApi")
def export_open_api(call: Call) -> Reply:
    """Read a loaded API as a file."""
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    if api is None or api.open_api is None:
        return NOT_FOUND if api is None else CLASSIC
    return _exported(call, _document(call, api, is_public=_is_public(call)), f"-{api.id}")


@handles("addOpenApi", waits=on_files)
@_refusing
def add_open_api(call: Call) -> Reply:
    """Write an API, replacing any with its id; an API without an id gets a new one."""
    return _add(call, _sent(call, has_extension=True))


@handles("importOpenApi", waits=on_files)
@_refusing
def import_open_api(call: Call) -> Reply:
    """Write an API for a plain OpenAPI document."""
    given, codec = importing.parameters(call.parameter), call.state.apis.open_codec
    definition = importing.complete(_sent(call, has_extension=False), given, codec, is_import=True)
    return _add(call, definition)


@handles("updateOpenApi", waits=on_files)
@_refusing
def update_open_api(call: Call) -> Reply:
    """Replace the definition of a loaded API."""
    return _update(call, _sent(call, has_extension=True))


@handles("patchOpenApi", waits=on_files)
@_refusing
def patch_open_api(call: Call) -> Reply:
    """Replace the OpenAPI document of a loaded API, or the gateway's part by parameters of the request."""
    sent = _sent(call)
    api = call.state.apis.loaded.by_id.get(call.params["apiID"])
    if api is None or api.open_api is None:
        return NOT_FOUND if api is None else OTHER_FORM
    given = importing.parameters(call.parameter)
    if sent.extension is not None and not given:
        return _update(call, sent)
    codec, old = call.state.apis.open_codec, call.state.apis.as_read(api)
    kept = servers.patched_servers(old, sent, _address(call))
    patched = OpenApi(sent.document, sent.extension or old.extension).with_servers(kept).copy()
    if given:
        patched = importing.complete(patched, given, codec, is_import=False)
    return _update(call, importing.with_operations(patched, {}, codec))


@handles("deleteOpenApi", waits=on_files)
def delete_open_api(call: Call) -> Reply:
    """Remove the files of a loaded API, in whichever form it is."""
    return DASHBOARD if call.state.config.use_db_app_configs else api_writes.delete(call)


def _sent(call: Call, *, has_extension: bool | None = None) -> OpenApi:
    """The definition in a request, with the gateway's part or without, as is required.

    Raises:
        Refused: the gateway does not take it.
    """
    try:
        node = loading.read(call.body)
        if has_extension is not None and validation.has_extension(node) != has_extension:
            needed = validation.MISSING_EXTENSION if has_extension else validation.NEEDLESS_EXTENSION
            raise Refused(needed)
        definition: OpenApi = call.state.apis.open_codec.decode(node)
        validation.check(node, definition, call.state.behaviours)
    except RecursionError as error:  # a gateway reads deeper documents
        raise Refused(loading.MALFORMED) from error
    return definition


def _add(call: Call, definition: OpenApi) -> Reply:
    """Write a new API, and the one that it is a version of."""
    apis = call.state.apis
    try:
        version = NewVersion.read(call.parameter, apis.loaded)
    except BadVersion as reason:
        return error(str(reason), reason.status)
    api = Api.of_open_api(apis.codec, definition)
    if rejection := api_writes.invalid(api):
        return rejection
    if not api.id:
        definition = definition.with_id(uuid.uuid4().hex)
    base = apis.loaded.by_id.get(version.base_id)
    address, base_fields = _address(call), base.fields if base else None
    definition = servers.with_servers(definition, address, base=base_fields, version=version.name)
    return api_writes.add(call, Api.of_open_api(apis.codec, definition), version)


def _update(call: Call, definition: OpenApi) -> Reply:
    """Replace the definition of a loaded API."""
    api_id, apis = call.params["apiID"], call.state.apis
    if not api_writes.is_valid_id(call, api_id):
        return INVALID_ID
    loaded = apis.loaded.by_id.get(api_id)
    if loaded is None or loaded.open_api is None:
        return NOT_FOUND if loaded is None else OTHER_FORM
    api = Api.of_open_api(apis.codec, definition)
    if api.id != api_id:
        return OTHER_ID
    if rejection := api_writes.invalid(api):
        return rejection
    definition = servers.with_servers(definition, _address(call), before=loaded.open_api)
    return api_writes.write(call, Api.of_open_api(apis.codec, definition), "modified")


def _address(call: Call) -> Address:
    """The gateway's address in the servers of its APIs; on any free port the one that the client uses."""
    config = call.state.config
    has_paths = "open-apis-have-two-servers" in call.state.behaviours
    if not config.listen_port:
        return Address(call.request.header("host"), has_paths)
    return Address.of(config.listen_address, config.listen_port, has_paths=has_paths)


def _is_public(call: Call) -> bool:
    return call.parameter("mode") == "public"


def _documents(call: Call, *, is_public: bool) -> list[Document]:
    """The loaded APIs in OpenAPI form, in random order."""
    apis = [api for api in call.state.apis.loaded.by_id.values() if api.open_api is not None]
    call.state.order.shuffle(apis)
    return [_document(call, api, is_public=is_public) for api in apis]


def _document(call: Call, api: Api, *, is_public: bool) -> Document:
    """The OpenAPI form of an API; the public one is without the gateway's part."""
    apis = call.state.apis
    definition = apis.as_read(api)
    return dict(apis.open_codec.output(OpenApi(definition.document, None) if is_public else definition))


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
