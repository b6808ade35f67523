"""Documents with a secret at a place of the table of secret members, for tests."""

from __future__ import annotations

from typing import Any

PLANTED = "pl4nted-s3cret"


def planted(path: str) -> dict[str, Any]:
    """A document with the secret at the path of a row of the table."""
    document: Any = PLANTED
    for name in reversed(path.replace("**", "deep.db_password").replace("*", "X-Upstream").split(".")):
        document = {name: document}
    assert isinstance(document, dict)
    return document
