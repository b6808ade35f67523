"""The files for CI systems, for tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "ci"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
HEAD, COMPONENT = yaml.safe_load_all((ROOT / "templates" / "verify.yml").read_text())
INPUTS: dict[str, Any] = HEAD["spec"]["inputs"]


def filled(document: Any, inputs: dict[str, str]) -> Any:
    """A document of GitLab with its inputs filled into all texts."""
    match document:
        case dict():
            return {filled(name, inputs): filled(value, inputs) for name, value in document.items()}
        case list():
            return [filled(value, inputs) for value in document]
        case str():
            return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda match: inputs[match[1]], document)
        case _:
            return document
