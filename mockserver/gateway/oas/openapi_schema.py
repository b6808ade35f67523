"""The JSON schema of OpenAPI 3.0, which gateways hold documents against too; a library brings it."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_LIBRARY, _FILE = "openapi_spec_validator", "resources/schemas/v3.0/schema.json"


@cache
def openapi_schema() -> dict[str, Any]:
    """The schema, as gateways have it: an encoding has no extensions there.

    Raises:
        RuntimeError: the library does not have it.
    """
    spec = find_spec(_LIBRARY)  # not imported, for that takes a quarter of a second
    for folder in spec.submodule_search_locations or () if spec else ():
        schema: dict[str, Any] = json.loads(Path(folder, _FILE).read_bytes())
        del schema["definitions"]["Encoding"]["patternProperties"]
        return schema
    raise RuntimeError(f"{_LIBRARY} is not installed; install the dependencies of tyk-contract")
