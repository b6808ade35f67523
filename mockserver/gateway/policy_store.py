"""Policies as written and as loaded: writes change the written set, a reload copies it to the loaded set."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mockserver.console.input_files import content_within
from mockserver.contract.codecs import Codec, ensure_id
from mockserver.gateway.loaded_policies import Loaded, LoadedPolicy, Policy
from mockserver.gateway.write_times import WriteTimes
from mockserver.golang import json_reader
from mockserver.golang.json_size import few_enough
from mockserver.storage.backend import BackendUnavailable
from mockserver.storage.files import Files, snapshot

LOG = logging.getLogger("tyk-contract")
MAX_RECORD = 256 << 20  # bytes of a record file


@dataclass(frozen=True)
class _CachedFile:
    """A file's text and its policy, for the next reload if the text is the same."""

    text: bytes
    loaded: LoadedPolicy


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
        self._record_text: bytes | None = None  # as the last reload has read it
        self._record_error = ""
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

    @property
    def is_record(self) -> bool:
        """True if policies are loaded from a record file."""
        return self.record is not None

    def sources(self) -> list[tuple[str, bytes]]:
        """The name and content of each file that the last reload has read."""
        if self.record is not None:
            return [] if self._record_text is None else [(str(self.record), self._record_text)]
        return [(name, file.text) for name, file in self._cached.items()]

    def file_warnings(self) -> list[str]:
        """The warnings about the directory or the record file as such, a line each."""
        return [*self.files.warnings(), *([self._record_error] if self._record_error else [])]

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
        self._record_text, self._record_error = None, ""
        try:
            self._record_text = few_enough(content_within(path, MAX_RECORD))
        except OSError as error:
            base = "" if path.is_absolute() else ", which is relative to the working directory"
            self._record_error = f"{path.absolute()}{base}: {error.strerror}; no policy of it is loaded"
            raise
        node, _ = json_reader.read(self._record_text)
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
