"""Packages of tyk-contract that another distribution has overwritten, as mockserver-client does."""

from __future__ import annotations

import sys


def is_overwritten() -> bool:
    """True if the package `mockserver` is no longer ours."""
    return "MockGateway" not in getattr(sys.modules["mockserver"], "__all__", ())


def complaint(package: str) -> str:
    """What has happened to a package of ours, and the next step."""
    from importlib import metadata  # takes a tenth of a start

    owners = set(metadata.packages_distributions().get(package, ())) - {"tyk-contract"}
    others = f" ({', '.join(sorted(owners))})" if owners else ""
    return (
        f"another distribution{others} has overwritten the package {package} of tyk-contract; "
        "install tyk-contract into an environment of its own"
    )
