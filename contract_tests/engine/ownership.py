"""What belongs to a run: what it may write, what it wrote, and how that is removed."""

from __future__ import annotations

import itertools
import json
import posixpath
import secrets
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, unquote

from mockserver.contract.policy_codec import PolicyCodec

PREFIX = "tyk-contract-"
OBJECT_ID_PREFIX = "7c0a57ac"  # of database ids, which cannot hold the textual prefix
POLICIES = "/tyk/policies"
KEYS = "/tyk/keys"
APIS = "/tyk/apis"
ORGANISATIONS = "/tyk/org/keys"
CLIENTS = "/tyk/oauth/clients"

Target = str


def ours(policies: list[Any]) -> list[str]:
    """The ids, of a gateway's list of policies, that a run of this suite wrote."""
    ids = [str(item.get("id", "")) for item in policies if isinstance(item, dict)]
    return [each for each in ids if each.startswith((PREFIX, OBJECT_ID_PREFIX))]


class UnsafeRequest(AssertionError):
    """A test was about to write or delete what is not of this run; a defect of ours."""


class Ownership:
    """The names of one run.

    Attributes:
        run: the prefix of every name that it writes, and the name of its organisation.
        run_object_id: the same for database ids.
    """

    def __init__(self, codec: PolicyCodec) -> None:
        token = secrets.token_hex(4)
        self.run = f"{PREFIX}{token}-"
        self.run_object_id = OBJECT_ID_PREFIX + token
        self._ids = codec.of_ids()  # all else of a policy names nothing
        self._numbers = itertools.count(1)
        self._policies: dict[str, None] = {}
        self._others: dict[Target, None] = {}  # what to send a DELETE to
        self._spared: set[Target] = set()
        self._named: set[str] = set()  # keys that the gateway named itself
        self._refusing: dict[str, Callable[[str, str, bytes], list[Target]]] = {
            POLICIES: self._of_policy,
            KEYS: self._of_key,
            APIS: self._of_api,
            ORGANISATIONS: self._of_organisation,
            CLIENTS: self._of_client,
        }

    def new_id(self, suffix: str = "") -> str:
        """An id that nothing has, of this run."""
        number = next(self._numbers)
        apart = "_" if suffix[:1].isdigit() else ""  # or 4 and 7 would be 47
        return f"{self.run}{number}{apart}{suffix}"

    def new_object_id(self) -> str:
        """A database id of this run: 24 lower-case hex digits."""
        return f"{self.run_object_id}{next(self._numbers):08x}"

    def owns(self, name: str) -> bool:
        """Whether an id was made by this run; its file then lies beside no other's."""
        file = posixpath.normpath("/" + name)
        return file.startswith((f"/{self.run}", f"/{self.run_object_id}"))

    def refuse_unsafe(self, method: str, target: str, body: bytes | None) -> list[Target]:
        """See that a request changes nothing of others, whatever the gateway's faults.

        Returns what is to be deleted should it have written.

        Raises:
            UnsafeRequest: it could.
        """
        path, _, _ = target.partition("?")
        for prefix, refuse in self._refusing.items():
            if path.startswith(prefix) and method in ("POST", "PUT", "DELETE"):
                return refuse(method, path.removeprefix(prefix), body or b"")
        return []

    def note(self, targets: list[Target]) -> None:
        """Remember what may have been written."""
        for target in targets:
            (self._policies if target.startswith(POLICIES) else self._others)[target] = None

    def note_key(self, name: str) -> None:
        """Remember a key that the gateway named itself, of this run's organisation."""
        if name:
            self._named.add(name)
            self._others[self._key(name)] = None

    def spare(self, policy_id: str) -> None:
        """A policy of this id is to be deleted last of all."""
        self._spared.add(f"{POLICIES}/{quote(policy_id, safe='')}")

    @property
    def needs_reload(self) -> bool:
        """Whether anything was written that a reload loads."""
        return bool(self._policies) or any(target.startswith(APIS) for target in self._others)

    def written(self, *prefixes: str, spared: bool = False) -> list[Target]:
        """What is to be deleted, by its beginning, in the order of these; with what is spared, or without."""
        targets = [
            target for target in (*self._policies, *self._others) if spared or target not in self._spared
        ]
        return [target for prefix in prefixes for target in targets if target.startswith(prefix)]

    def forget(self, targets: Iterable[Target]) -> None:
        """These were deleted."""
        for target in targets:
            self._policies.pop(target, None)
            self._others.pop(target, None)

    def _owned(self, method: str, what: str, name: str) -> str:
        if not self.owns(name):
            raise UnsafeRequest(f"{method} of the {what} {name!r}, which is not of this run")
        return quote(name, safe="")

    def _of_policy(self, method: str, rest: str, body: bytes) -> list[Target]:
        path_id = unquote(rest).strip("/")
        if method == "DELETE":
            if path_id:
                self._owned(method, "policy", path_id)
            return []
        policy, _ = self._ids.decode_leniently(body)
        names = [name for name in (policy["id"] or policy["_id"], path_id) if name]
        return [f"{POLICIES}/{self._owned(method, 'policy', name)}" for name in names]

    def _of_key(self, method: str, rest: str, body: bytes) -> list[Target]:
        """Keys of this run bear its prefix as their name, or are of an organisation that is called so."""
        name = unquote(rest).strip("/").removeprefix("policy/")
        if name == "preview" or (not name and method != "POST"):
            return []
        if name in ("", "create"):
            if b'"org_id"' in body and f'"{self.run}"'.encode() not in body:
                raise UnsafeRequest(f"{method} of a key of another organisation than {self.run!r}")
            return []
        if not name.startswith(self.run) and name not in self._named:
            raise UnsafeRequest(f"{method} of the key {name!r}, which is not of this run")
        return [self._key(name)] if method != "DELETE" else []

    def _key(self, name: str) -> Target:
        return f"{KEYS}/{quote(name, safe='')}?org_id={self.run}"

    def _of_api(self, method: str, rest: str, body: bytes) -> list[Target]:
        names = [name for name in (unquote(rest).strip("/"), _member(body, "api_id")) if name]
        written = [f"{APIS}/{self._owned(method, 'API', name)}" for name in names]
        path = _member(body, "proxy", "listen_path").strip("/")
        if method != "DELETE" and path:
            self._owned(method, "API at", path)
        return written if method != "DELETE" else []

    def _of_organisation(self, method: str, rest: str, body: bytes) -> list[Target]:
        name = unquote(rest).strip("/")
        target = f"{ORGANISATIONS}/{self._owned(method, 'organisation', name)}"
        return [target] if method != "DELETE" else []

    def _of_client(self, method: str, rest: str, body: bytes) -> list[Target]:
        if rest == "/create":
            api, client = _member(body, "api_id"), _member(body, "client_id")
        else:
            api, _, client = unquote(rest).strip("/").partition("/")
        if not api:
            return []
        target = f"{CLIENTS}/{self._owned(method, 'API', api)}"
        return [f"{target}/{quote(client, safe='')}"] if client and rest == "/create" else []


def _member(body: bytes, *path: str) -> str:
    """A text in a JSON body; "" where there is none."""
    try:
        node: Any = json.loads(body)
    except ValueError:
        return ""
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node if isinstance(node, str) else ""
