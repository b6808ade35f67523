"""The servers of an API in OpenAPI form: a gateway puts its own addresses of the API first.

Source: apidef/oas/servers_regeneration.go:56 @v5.12.0; gateway/util.go:119 @v5.8.15.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mockserver.gateway.oas.definition import OpenApi
from mockserver.gateway.policy_merging import Document

_OF_ADDRESSES = ("location", "key", "fallback_to_default", "default")  # of versions


@dataclass(frozen=True)
class Address:
    """The address of a gateway in the servers of its APIs.

    Attributes:
        host: host and port, without the port 80.
        has_paths: True if a server without host follows, as gateways from 5.11 on add it.
    """

    host: str
    has_paths: bool

    @classmethod
    def of(cls, listen_address: str, port: int, *, has_paths: bool) -> Address:
        """The address of a gateway that listens there."""
        host = listen_address or "127.0.0.1"
        return cls(host if port == 80 else f"{host}:{port}", has_paths)


def with_servers(
    definition: OpenApi,
    address: Address,
    *,
    before: OpenApi | None = None,
    base: Document | None = None,
    base_before: Document | None = None,
    version: str = "",
) -> OpenApi:
    """The definition with the gateway's servers, and without those that it had `before`.

    A version of the API with the classic members `base` has the addresses of that version too; `base_before`
    are the members by which it had its addresses before.
    """
    own = _own_servers(definition, address, base, version)
    if not address.has_paths:
        return definition.with_servers(_before_5_11(definition, own[0], before))
    gone = {_normal(url) for url in (_own_servers(before, address, base_before, version) if before else ())}
    servers: list[Any] = [{"url": url} for url in own]
    seen = {_normal(url) for url in own}
    for server in definition.servers:
        url = _normal(server.get("url", ""))
        if url not in gone | seen:
            servers.append(server)
            seen.add(url)
    return definition.with_servers(servers)


def move_with(own: Document, before: Document) -> bool:
    """True if the servers of an API's versions follow a change of its classic members.

    Source: apidef/oas/servers_regeneration.go:434 @v5.13.1.
    """
    versions, old_versions = own["definition"], before["definition"]
    is_moved = own["proxy"]["listen_path"] != before["proxy"]["listen_path"]
    return bool(versions["versions"]) and (
        is_moved or any(versions[name] != old_versions[name] for name in _OF_ADDRESSES)
    )


def users_servers(definition: OpenApi, address: Address) -> list[Any]:
    """The servers of a definition that are not the gateway's."""
    own = {_normal(url) for url in _own_servers(definition, address, None, "")}
    return [server for server in definition.servers if _normal(server.get("url", "")) not in own]


def patched_servers(old: OpenApi, new: OpenApi, address: Address) -> list[Any]:
    """The servers of a definition that replaces another without naming the gateway's."""
    if address.has_paths:
        return new.servers or users_servers(old, address)
    if old.servers and new.servers and old.servers[0].get("url") != new.servers[0].get("url"):
        return [old.servers[0], *new.servers]
    return new.servers


def _before_5_11(definition: OpenApi, url: str, before: OpenApi | None) -> list[Any]:
    """The servers of the older gateways (apidef/oas/oas.go, AddServers and UpdateServers @v5.8.15)."""
    servers = definition.servers
    if before is None:
        return [{"url": url}, *(server for server in servers if server.get("url") != url)]
    old_url = before.servers[0].get("url") if before.servers else ""
    if servers and servers[0].get("url") == old_url:
        return [{**servers[0], "url": url}, *servers[1:]]
    return servers or [{"url": url}]


def _own_servers(definition: OpenApi, address: Address, base: Document | None, version: str) -> list[str]:
    """The addresses of an API on the gateway."""
    part = definition.extension
    if part is None:
        return []
    domain = part["server"]["customDomain"]
    named = domain["name"] if domain and domain["enabled"] else ""
    if not address.has_paths:
        return [f"http://{named or address.host}{quote(part['server']['listenPath']['value'])}"]
    hosts = [named] if named else [address.host, ""]
    tags = part["server"]["gatewayTags"]
    if not named and tags and tags["enabled"] and tags["tags"]:
        hosts = [""]
    versioning, path = part["info"]["versioning"], part["server"]["listenPath"]["value"]
    if base is not None and base["definition"]["enabled"]:
        urls = _versioned(hosts, base["proxy"]["listen_path"], base["definition"], version, is_base=False)
        return urls if part["info"]["state"]["internal"] else urls + [_url(host, path) for host in hosts]
    if versioning and versioning["enabled"] and versioning["name"]:
        own = {**versioning, "fallback_to_default": versioning["fallbackToDefault"]}
        return _versioned(hosts, path, own, versioning["name"], is_base=True)
    return [_url(host, path) for host in hosts]


def _versioned(hosts: list[str], path: str, versioning: Document, name: str, *, is_base: bool) -> list[str]:
    """The addresses of a version, and those without its name if requests without one reach it."""
    urls = [_of_version(_url(host, path), versioning, name) for host in hosts]
    default = versioning["default"]
    is_default = default and (name == default or (default == "self" and is_base))
    if versioning["fallback_to_default"] and is_default and versioning["location"] != "header":
        urls += [_url(host, path) for host in hosts]
    return urls


def _of_version(url: str, versioning: Document, name: str) -> str:
    match versioning["location"]:
        case "header":
            return url
        case "url-param":
            return f"{url}?{versioning['key']}={name}"
    return f"{url.rstrip('/')}/{name}"


def _url(host: str, path: str) -> str:
    path = posixpath.normpath("/" + path.lstrip("/"))
    return f"http://{host.rstrip('/')}{path}" if host else path


def _normal(url: str) -> str:
    """An address in the form in which gateways compare them."""
    head, mark, rest = url.partition("://")
    host, _, path = rest.partition("/") if mark else ("", "", url)
    clean = posixpath.normpath("/" + path.lstrip("/")).rstrip("/") or "/"
    return f"{head}{mark}{host}{clean}" if mark else clean
