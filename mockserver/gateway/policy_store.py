"""Policies as written and as loaded: writes change the written set, a reload copies it to the loaded set."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from mockserver.contract.codecs import Codec, ensure_id
from mockserver.gateway.write_times import WriteTimes
from mockserver.golang import json_reader
from mockserver.storage.backend import BackendUnavailable
from mockserver.storage.files import Files, snapshot

Policy = dict[str, Any]
LOG = logging.getLogger("tyk-contract")


@dataclass(eq=False)
class LoadedPolicy:
    """A policy as loaded by a reload; it is decoded at its first use.

    A session that a policy is applied to shares nested documents with it and may change them, as on a real
    gateway, so that the cached text may become outdated.

    Attributes:
        policy_id: the policy's id.
        org_id: the id of its organisation.
        make: decodes the policy.
        codec: the codec of policies.
        is_lent: True if the policy was lent to a session.
    """

    policy_id: str
    org_id: str
    make: Callable[[], Policy]
    codec: Codec
    is_lent: bool = False

    def carried_over(self) -> LoadedPolicy:
        """A copy for the next reload of an unchanged file; the cached text stays unless it was lent."""
        copied = replace(self, is_lent=False)
        if not self.is_lent and "text" in vars(self):
            vars(copied)["text"] = self.text
        return copied

    def lend(self) -> Policy:
        """The decoded policy for a session, which may change its nested documents."""
        self.is_lent = True
        return self.policy

    def take_back(self) -> None:
        """Drop the cached text, for the session may have changed the policy."""
        vars(self).pop("text", None)

    @cached_property
    def policy(self) -> Policy:
        """The decoded policy."""
        return self.make()

    @cached_property
    def text(self) -> bytes:
        """The UTF-8 text of the policy in a response."""
        return self.codec.encode(self.policy).encode()


@dataclass(frozen=True)
class _CachedFile:
    """A file's text and its policy, for the next reload if the text is the same."""

    text: bytes
    loaded: LoadedPolicy


@dataclass(frozen=True)
class Loaded:
    """The policies that one reload loaded. Immutable: the next reload replaces it.

    Attributes:
        listed: the policies in the list of all policies.
        by_id: the policies by id.
        by_organisation: the policies by organisation and id, for the sessions of that organisation.
    """

    listed: tuple[LoadedPolicy, ...] = ()
    by_id: Mapping[str, LoadedPolicy] = field(default_factory=dict)
    by_organisation: Mapping[tuple[str, str], LoadedPolicy] = field(default_factory=dict)

    def carried_over(self) -> Loaded:
        """A copy whose policies are as they were loaded, whatever sessions have changed in them since."""
        policies = [*self.listed, *self.by_id.values(), *self.by_organisation.values()]
        copies = {id(policy): policy.carried_over() for policy in policies}
        return Loaded(
            tuple(copies[id(policy)] for policy in self.listed),
            {name: copies[id(policy)] for name, policy in self.by_id.items()},
            {name: copies[id(policy)] for name, policy in self.by_organisation.items()},
        )


class PolicyStore:
    """The only owner of policies.

    Attributes:
        codec: the codec of policies.
        files: the written policies, one file for each.
        loaded: the policies that the last reload loaded.
        record: the single file of all policies that `policy_record_name` sets, or None. If set, policies
            are loaded from it; writes still go to `files`, which are never loaded.
        writes: when the policies were written.
    """

    def __init__(
        self,
        codec: Codec,
        files: Files,
        *,
        behaviours: frozenset[str],
        record: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.codec = codec
        self.files = files
        self.loaded = Loaded()
        self._behaviours = behaviours
        self.record = record
        self._cached: dict[str, _CachedFile] = {}
        self.writes = WriteTimes(now)

    def write(self, policy: Policy) -> None:
        """Write the file of a policy.

        Raises:
            NoStorage, Refused: the file cannot be written.
        """
        self.files.write(policy["id"], partial(self.codec.file_text, policy))
        self.writes.note(policy["id"])

    def delete(self, policy_id: str) -> None:
        """Remove the file of a policy.

        Raises:
            NoStorage, Refused: the file cannot be removed.
        """
        self.files.delete(policy_id)
        self.writes.forget(policy_id)

    def written(self) -> dict[str, Policy]:
        """The written policies by file name."""
        return {name: self.codec.decode_leniently(text)[0] for name, text in self.files.read()}

    def reload(self) -> bool:
        """Load the written policies. True if that succeeded.

        If it failed, the loaded set stays, or becomes empty for a record file of some versions.
        """
        if self.record is None:
            try:
                entries = [("", policy) for policy in self._read_files()]
            except BackendUnavailable as error:
                LOG.warning("%s; the loaded policies stay", error)
                return False
        else:
            try:
                entries = self._read_record(self.record)
            except (OSError, ValueError):
                if "failed-load-keeps-policies" not in self._behaviours:
                    self.loaded = Loaded()
                return False
        self.loaded = self._assemble(entries)
        return True

    def load(self, policies: Iterable[Policy]) -> None:
        """Load decoded policies from elsewhere; the files are not read."""
        self.loaded = self._assemble(
            [
                ("", LoadedPolicy(policy["id"], policy["org_id"], partial(copy.deepcopy, policy), self.codec))
                for policy in policies
            ]
        )

    def _read_files(self) -> Iterator[LoadedPolicy]:
        """The policy of each file; a file with the same text as before is not decoded again."""
        files: dict[str, _CachedFile] = {}
        for name, text in self.files.read():
            before = self._cached.get(name)
            if before is None or before.text != text:
                policy = self._decoded(text)
                loaded = LoadedPolicy(
                    policy["id"], policy["org_id"], partial(self._decoded, text), self.codec
                )
                files[name] = _CachedFile(text, loaded)
            else:
                loaded = before.loaded.carried_over()
                files[name] = _CachedFile(before.text, loaded)  # shares the text in memory
            yield loaded
        self._cached = files

    def _decoded(self, text: bytes) -> Policy:
        policy, _ = self.codec.decode_leniently(text)
        if "nameless-file-is-dropped" in self._behaviours:
            ensure_id(policy)
        return policy

    def lend(self, policy_id: str, org_id: str) -> Policy | None:
        """The policy that a session of an organisation uses by an id; None if there is none."""
        loaded = self._find(policy_id, org_id)
        return loaded.lend() if loaded else None

    def take_back(self, policy_ids: Iterable[str], org_id: str) -> None:
        """Take policies back from a session, which no longer changes them."""
        for policy_id in policy_ids:
            if loaded := self._find(policy_id, org_id):
                loaded.take_back()

    def _find(self, policy_id: str, org_id: str) -> LoadedPolicy | None:
        if "organisations-keep-apart" in self._behaviours:
            return self.loaded.by_organisation.get((org_id, policy_id))
        return self.loaded.by_id.get(policy_id)

    def warnings(self) -> list[str]:
        """The warnings, one line for each file that is only partly loaded, and for each other user."""
        if self.record is not None:
            try:
                self._read_record(self.record)
            except (OSError, ValueError) as error:
                return [f"{self.record}: {error}; none of its policies is loaded"]
            return []
        lines = self.files.warnings()
        for name, text in self.files.read():
            _, reasons = self.codec.decode_leniently(text)
            lines += [f"{name}: {reasons[0]}; the policy is only partly loaded"] if reasons else []
        return lines

    def snapshot(self) -> Callable[[], None]:
        """A function that brings back the present written and loaded policies."""
        put_back_files, loaded = snapshot(self.files), self.loaded

        def put_back() -> None:
            put_back_files()
            self.loaded = loaded.carried_over()

        return put_back

    def restore(self) -> list[str]:
        """Undo the writes, unload all policies, and return a line for each file that others have changed."""
        left = self.files.restore()
        self.loaded = Loaded()
        self.writes.clear()
        return left

    def _read_record(self, path: Path) -> list[tuple[str, LoadedPolicy]]:
        """The keys of the record file with their policies (gateway/policy.go:74 @v5.12.0)."""
        node, _ = json_reader.read(path.read_bytes())
        if node is None:
            return []
        if not isinstance(node, json_reader.Object):
            raise ValueError("the record file is not a JSON object")
        policies = {}
        for key, item in node:
            policy, reasons = self.codec.decode_node(item)
            if reasons:
                raise ValueError(reasons[0])
            if "record-key-is-id" in self._behaviours:
                policy["id"] = key or policy["id"]
            if "nameless-file-is-dropped" in self._behaviours:
                ensure_id(policy)
            make = partial(copy.deepcopy, policy)
            policies[str(key)] = LoadedPolicy(policy["id"], policy["org_id"], make, self.codec)
        return list(policies.items())

    def _assemble(self, entries: list[tuple[str, LoadedPolicy]]) -> Loaded:
        """The loaded set; of several policies with one key the last wins.

        Source: internal/model/policies.go:248 @v5.12.0.
        """
        by_id: dict[str, LoadedPolicy] = {}
        by_organisation: dict[tuple[str, str], LoadedPolicy] = {}
        for key, loaded in entries:
            if "nameless-file-is-dropped" in self._behaviours and not loaded.policy_id:
                continue
            by_id[key or loaded.policy_id] = loaded
            by_organisation[loaded.org_id, loaded.policy_id] = loaded
        apart = "organisations-keep-apart" in self._behaviours
        return Loaded(tuple((by_organisation if apart else by_id).values()), by_id, by_organisation)
