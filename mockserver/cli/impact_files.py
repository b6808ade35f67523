"""Policies and keys in files, as `tyk-contract impact` and `why` read them: nothing is written or locked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mockserver.cli import json_files
from mockserver.contract.codecs import Malformed
from mockserver.gateway.impact import Rules
from mockserver.gateway.loaded_policies import Policy
from mockserver.gateway.policy_store import PolicyStore
from mockserver.gateway.session_impact import Key, KeyName, Unread
from mockserver.golang.json_size import is_deeper
from mockserver.storage.files import MemoryFiles

DEEPEST = 200  # levels of a session
MOST_POLICIES = 1000  # of a session


def store_at(path: Path, rules: Rules) -> PolicyStore:
    """A store of the policies of a directory or a record file, before its first reload.

    Raises:
        ValueError: the path or a file in it cannot be read.
    """
    if path.is_dir():
        texts = {file.name: json_files.content(file) for file in sorted(path.glob("*.json"))}
        return PolicyStore(rules.policies, MemoryFiles(dict(texts)), behaviours=rules.behaviours)
    json_files.content(path)
    return PolicyStore(rules.policies, MemoryFiles(), behaviours=rules.behaviours, record=path)


def policies_at(path: Path, rules: Rules) -> tuple[list[Policy], list[str]]:
    """The policies of a directory or a record file, and a line for each that is only partly loaded.

    Raises:
        ValueError: the path or a file in it cannot be read, or the record file cannot be loaded.
    """
    store = store_at(path, rules)
    warnings = store.warnings()
    if not store.reload():
        raise ValueError(f"{warnings[0] if warnings else path}; correct the file")
    loaded = store.loaded
    if len(loaded.listed) > len(loaded.by_id):  # ids that several organisations use
        return [entry.policy for entry in loaded.listed], warnings
    return [{**entry.policy, "id": name} for name, entry in loaded.by_id.items()], warnings


def policy_in(path: Path, rules: Rules) -> Policy:
    """The policy in a file.

    Raises:
        ValueError: the file cannot be read, or has no policy with an id.
    """
    try:
        policy = rules.policies.decode(json_files.content(path), whole=True)
    except Malformed as error:
        raise ValueError(f"{path} is not a policy: {error}; correct the file") from error
    if not policy["id"]:
        raise ValueError(f"{path}: the policy has no id; give the id of the policy that it would replace")
    return policy


def keys_in(path: Path, rules: Rules) -> tuple[list[Key], list[Unread]]:
    """The keys of a file, and those whose sessions cannot be decoded.

    The file has an object of sessions by key, a list of sessions, or one session. In place of a session there
    may be what a Dashboard answers: an object with `key_id`, `key_hash` and the session in `data`.

    Raises:
        ValueError: the file cannot be read, is not JSON, or has no keys.
    """
    try:
        document = json.loads(json_files.content(path))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}; give sessions by key, or a list of them") from error
    members = {field.name for field in rules.sessions.type.fields}
    keys, unread = list[Key](), list[Unread]()
    for name, node in _entries(document, members):
        try:
            keys.append(key_of(name, node, rules))
        except ValueError as error:
            unread.append(Unread(name, str(error)))
    if not keys and not unread:
        raise ValueError(f"{path} has no keys; give an object of sessions by key, or a list of sessions")
    return keys, unread


def key_of(name: KeyName, node: Any, rules: Rules) -> Key:
    """The key with the session of a node.

    Raises:
        ValueError: the node is no session.
    """
    if isinstance(node, dict) and isinstance(node.get("data"), dict):
        name = name if name.id else _name_in(node) or name
        node = node["data"]
    if not isinstance(node, dict):
        raise ValueError("it is not a JSON object")
    if is_deeper(node, DEEPEST):
        raise ValueError(f"it is nested over {DEEPEST} levels deep")
    named = node.get("apply_policies")
    if isinstance(named, list) and len(named) > MOST_POLICIES:
        raise ValueError(f"it names over {MOST_POLICIES:,} policies")
    return Key(name, rules.sessions.decode(json.dumps(node).encode()), node)


def _name_in(answer: Mapping[str, Any]) -> KeyName | None:
    """The name of the key in a Dashboard's answer."""
    key_id, key_hash = (answer.get(name) for name in ("key_id", "key_hash"))
    if key_hash:
        return KeyName(str(key_hash), is_hash=True)
    return KeyName(str(key_id)) if key_id else None


def _entries(document: Any, members: set[str]) -> Iterator[tuple[KeyName, Any]]:
    """The names and nodes of keys."""
    if isinstance(document, Mapping) and not (members | {"data"}) & document.keys():
        yield from ((KeyName(name), node) for name, node in document.items())
    else:
        nodes = document if isinstance(document, list) else [document]
        yield from ((KeyName("", place=place), node) for place, node in enumerate(nodes, 1))
