"""The error of a test that asks for a policy which is not there."""

from __future__ import annotations


class MissingPolicy(KeyError):
    """A policy that a mock does not have; the message says why."""

    def __str__(self) -> str:
        return str(self.args[0])
