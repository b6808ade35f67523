"""Policies as written and as loaded. Writing changes one, a reload copies it to the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from mockserver.contract.codecs import Codec, ensure_id
from mockserver.golang import json_reader
from mockserver.storage.backend import NoStorage
from mockserver.storage.files import Files

Policy = dict[str, Any]


@dataclass(eq=False)
class LoadedPolicy:
    """A policy as a reload read it, decoded when somebody asks for it.

    Attributes:
        policy_id: the id that it bears.
        org_id: its organisation.
        make: decodes it.
        is_lent: whether a session was lent it, which may have changed the documents nested in it.
    """

    policy_id: str
    org_id: str
    make: Callable[[], Policy]
    codec: Codec
    is_lent: bool = False

    def carried_over(self) -> LoadedPolicy:
        """A copy for the next reload of an unchanged file; the text stays unless a session was lent it."""
        copied = replace(self, is_lent=False)
        if not self.is_lent and "text" in vars(self):
            vars(copied)["text"] = self.text
        return copied

    def lend(self) -> Policy:
        """The document for a session, which may change the documents nested in it, as on a gateway."""
        self.is_lent = True
        return self.policy

    def take_back(self) -> None:
        """Drop the text, for a session may have changed what it shows."""
        vars(self).pop("text", None)

    @cached_property
    def policy(self) -> Policy:
        """The decoded document."""
        return self.make()

    @cached_property
    def text(self) -> bytes:
        """The policy as an answer holds it, UTF-8."""
        return self.codec.encode(self.policy).encode()


@dataclass(frozen=True)
class _Seen:
    """A file of which a reload needs to know no more, as long as it holds the same text."""

    text: bytes
    loaded: LoadedPolicy


@dataclass(frozen=True)
class Loaded:
    """What one reload found; never changed, only replaced.

    Attributes:
        listed: what the list answers.
        by_id: what one policy is found by.
        by_organisation: what a session of an organisation finds.
    """

    listed: tuple[LoadedPolicy, ...] = ()
    by_id: Mapping[str, LoadedPolicy] = field(default_factory=dict)
    by_organisation: Mapping[tuple[str, str], LoadedPolicy] = field(default_factory=dict)


class PolicyStore:
    """The only owner of policies.

    `record` is the one file of all policies that `policy_record_name` names; with it the files
    are written all the same, and never loaded.

    Attributes:
        loaded: what the last reload found.
    """

    def __init__(
        self,
        codec: Codec,
        files: Files,
        *,
        behaviours: frozenset[str],
        record: Path | None = None,
    ) -> None:
        self.codec = codec
        self.files = files
        self.loaded = Loaded()
        self._behaviours = behaviours
        self._record = record
        self._seen: dict[str, _Seen] = {}

    def write(self, policy: Policy) -> None:
        """Write a policy's file. Raises NoStorage or Refused."""
        self.files.write(policy["id"], partial(self.codec.file_text, policy))

    def delete(self, policy_id: str) -> None:
        """Remove a policy's file. Raises NoStorage or Refused."""
        self.files.delete(policy_id)

    def written(self) -> dict[str, Policy]:
        """The written policies by file name."""
        return {name: self.codec.decode_leniently(text)[0] for name, text in self.files.read()}

    def reload(self) -> bool:
        """Load what is written; say whether that went well. Else the loaded set stays."""
        if self._record is None:
            try:
                found = [("", policy) for policy in self._read_files()]
            except NoStorage:  # of a store that is shared: a directory that is gone holds no files
                return False
        else:
            try:
                found = self._read_record(self._record)
            except (OSError, ValueError):
                if "failed-load-keeps-policies" not in self._behaviours:
                    self.loaded = Loaded()
                return False
        self.loaded = self._assemble(found)
        return True

    def _read_files(self) -> Iterator[LoadedPolicy]:
        """The policy of each file; one that was seen before is not decoded again."""
        seen: dict[str, _Seen] = {}
        for name, text in self.files.read():
            before = self._seen.get(name)
            if before is None or before.text != text:
                policy = self._decoded(text)
                loaded = LoadedPolicy(
                    policy["id"], policy["org_id"], partial(self._decoded, text), self.codec
                )
                seen[name] = _Seen(text, loaded)
            else:
                loaded = before.loaded.carried_over()
                seen[name] = _Seen(before.text, loaded)  # the same text, but not another copy of it
            yield loaded
        self._seen = seen

    def _decoded(self, text: bytes) -> Policy:
        policy, _ = self.codec.decode_leniently(text)
        if "nameless-file-is-dropped" in self._behaviours:
            ensure_id(policy)
        return policy

    def lend(self, policy_id: str, org_id: str) -> Policy | None:
        """The document that a session of an organisation finds by an id; None where it finds none."""
        loaded = self._found(policy_id, org_id)
        return loaded.lend() if loaded else None

    def take_back(self, policy_ids: Iterable[str], org_id: str) -> None:
        """End the lending of policies to a session: it changes them no more."""
        for policy_id in policy_ids:
            if loaded := self._found(policy_id, org_id):
                loaded.take_back()

    def _found(self, policy_id: str, org_id: str) -> LoadedPolicy | None:
        if "organisations-keep-apart" in self._behaviours:
            return self.loaded.by_organisation.get((org_id, policy_id))
        return self.loaded.by_id.get(policy_id)

    def warnings(self) -> list[str]:
        """A line for each file that cannot be read whole, and for whoever else uses them."""
        if self._record is not None:
            try:
                self._read_record(self._record)
            except (OSError, ValueError) as error:
                return [f"{self._record}: {error}; no policy of it is loaded"]
            return []
        lines = self.files.warnings()
        for name, text in self.files.read():
            _, reasons = self.codec.decode_leniently(text)
            lines += [f"{name}: {reasons[0]}; it is not loaded whole"] if reasons else []
        return lines

    def restore(self) -> None:
        """Make the files what they were before the first write, and forget what is loaded."""
        self.files.restore()
        self.loaded = Loaded()

    def _read_record(self, path: Path) -> list[tuple[str, LoadedPolicy]]:
        """Each key of the record file and its policy (gateway/policy.go:74 @v5.12.0)."""
        node, _ = json_reader.read(path.read_bytes())
        if node is None:
            return []
        if not isinstance(node, json_reader.Object):
            raise ValueError("the record file is no object")
        found = {}
        for key, item in node:
            policy, reasons = self.codec.decode_node(item)
            if reasons:
                raise ValueError(reasons[0])
            if "record-key-is-id" in self._behaviours:
                policy["id"] = key or policy["id"]
            if "nameless-file-is-dropped" in self._behaviours:
                ensure_id(policy)
            made = partial(copy.deepcopy, policy)
            found[str(key)] = LoadedPolicy(policy["id"], policy["org_id"], made, self.codec)
        return list(found.items())

    def _assemble(self, found: list[tuple[str, LoadedPolicy]]) -> Loaded:
        """Of several policies with one key the last stays (internal/model/policies.go:248 @v5.12.0)."""
        by_id: dict[str, LoadedPolicy] = {}
        by_organisation: dict[tuple[str, str], LoadedPolicy] = {}
        for key, loaded in found:
            if "nameless-file-is-dropped" in self._behaviours and not loaded.policy_id:
                continue
            by_id[key or loaded.policy_id] = loaded
            by_organisation[loaded.org_id, loaded.policy_id] = loaded
        apart = "organisations-keep-apart" in self._behaviours
        return Loaded(tuple((by_organisation if apart else by_id).values()), by_id, by_organisation)
