"""API definitions of one gateway, as written and as loaded by the last reload."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Any

from mockserver.contract.codecs import Codec, Malformed
from mockserver.contract.definition_types import CLASSIC, struct_of
from mockserver.contract.openapi import Contract
from mockserver.gateway import mcp_rights
from mockserver.gateway.api_definition import Api
from mockserver.gateway.listen_path import TOO_MANY, PathPrefix, few_enough, specificity
from mockserver.gateway.oas import conversion, loading
from mockserver.gateway.oas.definition import OpenApi, OpenApiCodec
from mockserver.golang import json_writer, regexps
from mockserver.storage.backend import BackendUnavailable, Refused
from mockserver.storage.files import Files, snapshot

LOG = logging.getLogger("tyk-contract")
OPEN_API, MCP = "-oas", "-mcp"  # the ends of the names of files with the OpenAPI form of APIs and MCP proxies
_COMPANIONS = (f"{OPEN_API}.json", f"{MCP}.json")


@dataclass(frozen=True)
class LoadedApis:
    """The APIs that one reload loaded. Immutable: the next reload replaces it.

    Attributes:
        by_id: all APIs by their ids.
        routed: the APIs that accept requests, the longest listen path first.
        read: all APIs as in their files, before duplicate listen paths were changed.
        bases: the id of the API whose versions an API is one of, by the id of the latter.
    """

    by_id: Mapping[str, Api] = field(default_factory=dict)
    routed: tuple[Api, ...] = ()
    read: Mapping[str, Api] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _routes(self) -> tuple[dict[str, list[int]], list[int], list[tuple[int, PathPrefix]]]:
        """The places of routed APIs by literal prefix, the lengths of these, and the other prefixes."""
        literals: dict[str, list[int]] = {}
        expressions = []
        for place, api in enumerate(self.routed):
            for prefix in api.prefixes:
                if prefix.literal:
                    literals.setdefault(prefix.literal, []).append(place)
                elif not prefix.problem:
                    expressions.append((place, prefix))
        return literals, sorted(set(map(len, literals))), expressions

    @cached_property
    def ports(self) -> frozenset[int]:
        """The ports of their own that APIs have."""
        return frozenset(int(api.fields["listen_port"]) for api in self.routed) - {0}

    def replacing(self, api: Api) -> LoadedApis:
        """These APIs with another one in place of that with its id, as a write of a version makes them."""
        routed = tuple(api if other.id == api.id else other for other in self.routed)
        return replace(self, by_id={**self.by_id, api.id: api}, routed=routed)

    def at(self, path: str) -> Api | None:
        """The API that serves a path; None if no API does."""
        places = self._places(path)
        return self.routed[min(places)] if places else None

    def _places(self, path: str) -> list[int]:
        """The places of the routed APIs that serve a path."""
        literals, lengths, expressions = self._routes
        found = [place for length in lengths for place in literals.get(path[:length], ())]
        return found + [place for place, prefix in expressions if prefix.end(path) is not None]

    def first(self, path: str, is_eligible: Callable[[Api], bool]) -> Api | None:
        """The first eligible API that serves a path, those with a domain before all others; None without one.

        Source: gateway/api_loader.go:1041 @v5.12.0.
        """
        apis = [self.routed[place] for place in sorted(self._places(path))]
        return next(filter(is_eligible, sorted(apis, key=lambda api: not api.fields["domain"])), None)

    def misplaced(self, rights: Mapping[str, Mapping[str, Any]] | None) -> str:
        """The error message for rights with members of MCP proxies for other APIs, or the reverse.

        "" if the rights are valid. APIs that are not loaded are not checked (gateway/policy.go:84 @v5.13.1).
        """
        loaded = [(self.by_id[name], right) for name, right in (rights or {}).items() if name in self.by_id]
        checks = (mcp_rights.problem_of_members, mcp_rights.problem_of_other_members)
        problems = (check(api, right) for check in checks for api, right in loaded)
        return next(filter(None, problems), "")

    def of_organisation(self, org_id: str) -> Api | None:
        """An API of an organisation, else any API, else None (gateway/api.go:269 @v5.12.0)."""
        apis = (api for api in self.by_id.values() if api.org_id == org_id)
        return next(apis, None) or next(iter(self.by_id.values()), None)


class ApiStore:
    """The only owner of API definitions.

    Attributes:
        open_codec: the codec of API definitions in OpenAPI form.
        files: the written definitions, one file for each.
        loaded: the APIs that the last reload loaded.
        ever_loaded: True if any API was loaded since the gateway started.
    """

    def __init__(self, contract: Contract, files: Files, behaviours: frozenset[str] = frozenset()) -> None:
        self._contract = contract
        self.open_codec = OpenApiCodec(contract)
        self._behaviours = behaviours
        self.loaded = LoadedApis()
        self.ever_loaded = False
        self.on_loaded: Callable[[], None] = lambda: None  # called after each load
        self.files = files
        self._seen: dict[str, _ApiFile] = {}  # by file name

    @cached_property
    def codec(self) -> Codec:
        """The codec of API definitions in the classic form; its table is read when it is first needed."""
        assert self._contract.version is not None
        return Codec(struct_of(CLASSIC, self._contract.version))

    def write(self, api: Api) -> None:
        """Write the file of a definition, and that of its OpenAPI form.

        Raises:
            NoStorage, Refused: a file cannot be written.
        """
        self.files.write(api.id, api.file_text)
        if (definition := api.open_api) is not None:
            self.files.write(api.id + _form(api), lambda: self.open_codec.file_text(definition))

    def delete(self, api: Api, form: str = OPEN_API) -> None:
        """Remove the file of a definition, and that of its OpenAPI form, whose name ends with `form`.

        Raises:
            NoStorage, Refused: a file cannot be removed.
        """
        companion = api.id + form if api.open_api is not None else ""
        if (
            companion
            and "open-apis-go-with-both-files" in self._behaviours
            and self.files.get(companion) is None
        ):
            raise Refused(companion)
        self.files.delete(api.id)
        if companion and self.files.get(companion) is not None:
            self.files.delete(companion)

    def as_read(self, api: Api) -> OpenApi:
        """The OpenAPI form of an API as it is read, with the values of the classic form."""
        assert api.open_api is not None
        return conversion.filled(api.open_api, api.fields, self.open_codec, self._behaviours)

    def open_text(self, api: Api) -> str:
        """The text of the OpenAPI form of an API as it is read; it is made once for an `api`."""
        cached = vars(api)
        if "open_text" not in cached:
            cached["open_text"] = json_writer.write(dict(self.open_codec.output(self.as_read(api))))
        return str(cached["open_text"])

    def misplaced(self, rights: Mapping[str, Mapping[str, Any]] | None) -> str:
        """Why the gateway refuses rights for the kinds of their loaded APIs; "" if it does not."""
        return self.loaded.misplaced(rights) if "mcp-rights-fit-their-api" in self._behaviours else ""

    def put(self, api: Api, *, is_base: bool = False) -> None:
        """Put an API in place of the loaded one with its id, before any reload.

        With `is_base` it is its own base until the next reload, as after the request that adds a version.
        """
        self.loaded = self.loaded.replacing(api)
        if is_base:
            self.loaded = replace(self.loaded, bases={**self.loaded.bases, api.id: api.id})

    def reload(self) -> None:
        """Load the written definitions; a file that cannot be decoded is skipped."""
        try:
            with regexps.allowance():
                apis = self._read()
        except BackendUnavailable as error:
            LOG.warning("%s; the loaded APIs stay", error)
            return
        self.replace(apis)

    def replace(self, apis: list[Api]) -> None:
        """Load APIs, wherever they come from, and no others."""
        placed = _placed(apis, self.loaded, self.codec)
        with regexps.allowance():
            served = [api for api in placed if not api.problem and not api.fields["internal"]]
            routed = tuple(compress(served, few_enough(api.prefixes for api in served)))
        if len(routed) < len(served):
            LOG.warning("%d APIs are not served: %s", len(served) - len(routed), TOO_MANY)
        by_id = {api.id: api for api in placed}
        bases = {
            name: api.id for api in placed for name in (api.fields["definition"]["versions"] or {}).values()
        }
        self.loaded = LoadedApis(by_id, routed, {api.id: api for api in apis}, bases)
        self.ever_loaded = self.ever_loaded or bool(apis)
        self.on_loaded()

    def sources(self) -> list[tuple[str, bytes]]:
        """The name and content of each file that the last reload has read."""
        return [(name, file.text) for name, file in self._seen.items()]

    def snapshot(self) -> Callable[[], None]:
        """A function that brings back the present written and loaded APIs."""
        put_back_files, loaded, ever_loaded = snapshot(self.files), self.loaded, self.ever_loaded

        def put_back() -> None:
            put_back_files()
            self.loaded, self.ever_loaded = loaded, ever_loaded

        return put_back

    def restore(self) -> list[str]:
        """Undo the writes, unload all APIs, and return a line for each file that others have changed."""
        left = self.files.restore()
        self.loaded = LoadedApis()
        self.ever_loaded = False
        return left

    def _read(self) -> list[Api]:
        """The APIs of the files (gateway/api_definition.go:721 @v5.12.0)."""
        contents = dict(self.files.read())
        seen: dict[str, _ApiFile] = {}
        for name, text in contents.items():
            if not name.endswith(_COMPANIONS):
                stem = name.removesuffix(".json")
                companions = {form: contents.get(f"{stem}{form}.json") for form in (OPEN_API, MCP)}
                file = self._seen.get(name)
                if file is None or (file.text, file.companions) != (text, companions):
                    file = _ApiFile(text, companions, self._decoded(text, companions))
                seen[name] = file
        self._seen = seen
        return [file.api for file in seen.values() if file.api is not None]

    def _decoded(self, text: bytes, companions: Mapping[str, bytes | None]) -> Api | None:
        """The API of a file; one in OpenAPI form needs the file beside it."""
        try:
            api = Api.decode(self.codec, text, whole=True)
            if api.fields["is_oas"]:
                companion = companions[_form(api)]
                if companion is None:
                    return None
                api = replace(api, open_api=self.open_codec.decode(loading.read(companion)[0]))
        except (Malformed, loading.Refused, RecursionError, regexps.TooMuchWork):
            return None
        # internal/httputil/mux.go:104 @v5.12.0
        is_listed = not api.listen_path or not api.prefixes[1].problem
        return api if is_listed else None


@dataclass(frozen=True)
class _ApiFile:
    """The file of an API, for the next reload if the texts are the same.

    Attributes:
        text: the content of the file.
        companions: those of the files with its OpenAPI form, by the ends of their names; None without one.
        api: the API; None if it cannot be loaded.
    """

    text: bytes
    companions: Mapping[str, bytes | None]
    api: Api | None


def _placed(read: list[Api], before: LoadedApis, codec: Codec) -> list[Api]:
    """The APIs with listen paths that are unique in their domain, the longest path first.

    Of several APIs with one path in a domain, those that were loaded with it keep it. The others get their
    ids appended to it (gateway/api_loader.go:207 and :1041 @v5.12.0), until they are written again
    (gateway/util.go:158 @v5.12.0).
    """
    apis = [before.by_id[api.id] if before.read.get(api.id) is api else api.as_loaded(codec) for api in read]
    count = Counter(api.domain + api.listen_path for api in apis)
    placed = []
    for api in sorted(apis, key=lambda api: -specificity(api.listen_path)):
        path, suffix = api.listen_path, f"-{api.id}"
        had = api.id in before.by_id and before.by_id[api.id].listen_path == path
        while _is_served(api) and not had and count[api.domain + path] > 1:
            path, suffix = path + suffix, "_"
        placed.append(api if path == api.listen_path else api.with_listen_path(path))
    return placed


def _form(api: Api) -> str:
    """The end of the name of the file with the OpenAPI form of an API."""
    return MCP if api.is_mcp else OPEN_API


def _is_served(api: Api) -> bool:
    return bool(api.listen_path) and " " not in api.listen_path
