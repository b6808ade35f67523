"""Policies as loaded by a reload, until the next one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mockserver.contract.codecs import Codec

Policy = dict[str, Any]


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
