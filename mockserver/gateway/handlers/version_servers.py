"""The servers of APIs in OpenAPI form that are versions of another API, which they follow without a reload.

Source: gateway/api_oas_servers.go:84 @v5.13.1; recording oas/version-servers.
"""

from __future__ import annotations

from dataclasses import replace

from mockserver.gateway.api_definition import Api
from mockserver.gateway.api_versions import SELF
from mockserver.gateway.handlers.registration import Call
from mockserver.gateway.oas import servers
from mockserver.gateway.oas.servers import Address
from mockserver.gateway.policy_merging import Document


def address(call: Call) -> Address:
    """The gateway's address in the servers of its APIs; on any free port the one that the client uses."""
    config = call.state.config
    has_paths = "open-apis-have-two-servers" in call.state.behaviours
    if not config.listen_port:
        return Address(call.request.header("host"), has_paths)
    return Address.of(config.listen_address, config.listen_port, has_paths=has_paths)


def follow_change(call: Call, base: Api, before: Document) -> None:
    """Give the loaded versions of an API the servers by its new members; `before` are its classic members."""
    if servers.move_with(base.fields, before):
        for name in base.fields["definition"]["versions"]:
            _move(call, base, before, name)


def follow_new_default(call: Call, base: Api, default: str) -> None:
    """Take the servers of the default version from that which was the default until now."""
    if default not in ("", SELF, base.fields["definition"]["default"]):
        versions = {**base.fields["definition"], "default": default}
        _move(call, base, {**base.fields, "definition": versions}, default)


def _move(call: Call, base: Api, before: Document, name: str) -> None:
    """Give a loaded version the servers by its base, in place of those by the former members of that."""
    apis, own = call.state.apis, address(call)
    api_id = (base.fields["definition"]["versions"] or {}).get(name, "")
    version = apis.loaded.by_id.get(api_id)
    if own.has_paths and api_id != base.id and version is not None and version.open_api is not None:
        moved = servers.with_servers(
            version.open_api, own, before=version.open_api, base=base.fields, base_before=before, version=name
        )
        apis.put(replace(version, open_api=moved))
