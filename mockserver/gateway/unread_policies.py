"""Policies in files that a gateway could not read, or not all of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from mockserver.gateway.policy_store import PolicyStore
from mockserver.golang import json_reader


class Unread(dict[str, str]):
    """Why policies are not loaded, or only in part, by their ids; `of_all` is a reason that holds for all."""

    of_all: str = ""

    def get(self, policy_id: str, default: Any = "") -> Any:
        """The reason why a policy is not loaded as it stands in its file; the default if there is none."""
        return super().get(policy_id, self.of_all or default)


def unread(store: PolicyStore) -> Unread:
    """The policies of the files that the last reload has read, as far as they could not be read."""
    problems = Unread()
    for name, text in store.sources():
        if store.is_record:
            _add_record(problems, store, name, text)
        else:
            policy, reasons = store.codec.decode_leniently(text)
            if reasons:
                problems[policy["id"] or PurePath(name).stem] = f"{name} could not be read: {reasons[0]}"
    if store.is_record and not store.sources():
        problems.of_all = "; ".join(store.file_warnings())
    return problems


def _add_record(problems: Unread, store: PolicyStore, name: str, text: bytes) -> None:
    """Add the policies of a record file, of which a gateway loads all or none."""
    try:
        reasons = list(_reasons(store, text))
    except ValueError as error:
        reasons = [("", str(error))]
    for policy_id, reason in reasons:
        problems.of_all = problems.of_all or (
            f"no policy of {name} is loaded, for {f'{policy_id}: ' if policy_id else ''}{reason}"
        )
        problems[policy_id] = f"{name} could not be read: {reason}"


def _reasons(store: PolicyStore, text: bytes) -> Iterator[tuple[str, str]]:
    """The ids of policies in the text of a record file that cannot be decoded, and the reasons.

    Raises:
        ValueError: the text is not a JSON object.
    """
    node, _ = json_reader.read(text)
    if node is None:
        return
    if not isinstance(node, json_reader.Object):
        raise ValueError("it is not a JSON object")
    for policy_id, item in node:
        _, reasons = store.codec.decode_node(item)
        if reasons:
            yield policy_id, reasons[0]
