"""The paths of a service's own operations, as opposed to those of the APIs that it serves."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.contract.openapi import Contract


def managed_paths(contract: Contract) -> Callable[[str], bool]:
    """A function that is True for a target of the contract's operations, or below one.

    No path of an API is there, so that an answer of 429 is a limit on the way and not the one of a policy.
    """
    beginnings = {operation.path.partition("{")[0].rstrip("/") for operation in contract.operations.values()}
    exact, below = beginnings - {""}, tuple(f"{path}/" for path in beginnings if path)

    def is_managed(target: str) -> bool:
        path = target.partition("?")[0]
        return path in exact or path.startswith(below)

    return is_managed
