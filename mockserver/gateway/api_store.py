"""The APIs of one gateway: definitions that are written, and those that the last reload found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.contract.codecs import Codec, Malformed
from mockserver.gateway.api_definition import Api
from mockserver.storage.backend import NoStorage
from mockserver.storage.files import Files

_FOR_MCP = ("json_rpc_methods", "json_rpc_methods_access_rights", "mcp_primitives", "mcp_access_rights")
_COMPANIONS = ("-oas.json", "-mcp.json")  # of definitions in another form


@dataclass(frozen=True)
class LoadedApis:
    """What one reload found; never changed, only replaced.

    Attributes:
        by_id: every API.
        routed: those that requests reach, the longest listen path first.
        read: every API as its file has it, before one listen path was kept from another.
    """

    by_id: Mapping[str, Api] = field(default_factory=dict)
    routed: tuple[Api, ...] = ()
    read: Mapping[str, Api] = field(default_factory=dict)

    def at(self, path: str) -> Api | None:
        """The API that a request's path reaches; None where it is no API's."""
        for api in self.routed:
            if any(prefix.match(path) for prefix in api.prefixes):
                return api
        return None

    def misplaced(self, rights: Mapping[str, Mapping[str, Any]] | None) -> str:
        """Why rights to loaded APIs cannot be: a member for MCP proxies, and none is served here.

        "" where they can be; an API that is not loaded may be anything (gateway/policy.go:84 @v5.13.1).
        """
        for name, right in (rights or {}).items():
            if name in self.by_id and any(_is_set(right.get(member)) for member in _FOR_MCP):
                told = "MCP fields can only be configured on MCP Proxies"
                return f'{told}, API "{name}" is not an MCP Proxy'
        return ""

    def of_organisation(self, org_id: str) -> Api | None:
        """An API of an organisation, or any at all (gateway/api.go:269 @v5.12.0)."""
        of_it = (api for api in self.by_id.values() if api.org_id == org_id)
        return next(of_it, None) or next(iter(self.by_id.values()), None)


class ApiStore:
    """The only owner of API definitions.

    Attributes:
        loaded: replaced by each reload.
        ever_loaded: whether any API was loaded since the gateway started.
    """

    def __init__(self, codec: Codec, files: Files) -> None:
        self.codec = codec
        self.loaded = LoadedApis()
        self.ever_loaded = False
        self._files = files
        self._seen: dict[str, tuple[bytes, Api | None, str]] = {}  # by file: its text, and what it is

    def write(self, api: Api) -> None:
        """Write a definition's file. Raises NoStorage or Refused."""
        self._files.write(api.id, api.file_text)

    def delete(self, api_id: str) -> None:
        """Remove a definition's file. Raises NoStorage or Refused."""
        self._files.delete(api_id)

    def reload(self) -> None:
        """Load what is written; a file that cannot be read whole is passed over."""
        try:
            found = [api for _, api, _ in self._read() if api is not None]
        except NoStorage:  # of a store that is shared; what is loaded stays
            return
        placed = _placed(found, self.loaded)
        routed = tuple(api for api in placed if _is_served(api) and not api.fields["internal"])
        self.loaded = LoadedApis({api.id: api for api in placed}, routed, {api.id: api for api in found})
        self.ever_loaded = self.ever_loaded or bool(found)

    def warnings(self) -> list[str]:
        """A line for each file that is passed over, and for whoever else uses them."""
        return self._files.warnings() + [
            f"{name}: {reason}; it is not served" for name, _, reason in self._read() if reason
        ]

    def restore(self) -> None:
        """Make the files what they were before the first write, and forget what is loaded."""
        self._files.restore()
        self.loaded = LoadedApis()
        self.ever_loaded = False

    def _read(self) -> list[tuple[str, Api | None, str]]:
        """Each file's name, its definition, and why it has none (gateway/api_definition.go:721 @v5.12.0)."""
        seen: dict[str, tuple[bytes, Api | None, str]] = {}
        for name, text in self._files.read():
            if not name.endswith(_COMPANIONS):
                before = self._seen.get(name)
                seen[name] = before if before and before[0] == text else (text, *self._decoded(text))
        self._seen = seen
        return [(name, api, reason) for name, (_, api, reason) in seen.items()]

    def _decoded(self, text: bytes) -> tuple[Api | None, str]:
        try:
            api = Api.decode(self.codec, text, whole=True)
        except Malformed as error:
            return None, str(error)
        try:
            is_served = bool(api.prefixes) and _is_served(api)  # the prefixes are compiled here
        except re.error as error:
            return None, f"the listen path {api.listen_path!r} cannot be read: {error}"
        return api, "" if is_served else "the listen path is empty or has a space in it"


def _placed(found: list[Api], before: LoadedApis) -> list[Api]:
    """The longest listen path first; of several with one path those that had it before keep it.

    The others get their id behind it (gateway/api_loader.go:207 and :1041 @v5.12.0), and keep it there
    until they are written anew (gateway/util.go:158 @v5.12.0).
    """
    apis = [before.by_id[api.id] if before.read.get(api.id) is api else api for api in found]
    count = Counter(api.listen_path for api in apis)
    placed = []
    for api in sorted(apis, key=lambda api: -_length(api.listen_path)):
        path, suffix = api.listen_path, f"-{api.id}"
        had = api.id in before.by_id and before.by_id[api.id].listen_path == path
        while _is_served(api) and not had and count[path] > 1:
            path, suffix = path + suffix, "_"
        placed.append(api if path == api.listen_path else api.with_listen_path(path))
    return placed


def _is_set(value: Any) -> bool:
    """Whether anything stands in a member, at any depth."""
    return any(map(_is_set, value.values())) if isinstance(value, dict) else bool(value)


def _is_served(api: Api) -> bool:
    return bool(api.listen_path) and " " not in api.listen_path


def _length(path: str) -> int:
    """How specific a listen path is: what stands in braces counts nothing."""
    if "{" not in path:
        return len(path)
    segments = [part for part in path.split("/") if not re.fullmatch(r"\{.+\}", part)]
    return path.count("/") + sum(map(len, segments))
