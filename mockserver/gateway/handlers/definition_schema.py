"""The JSON schema of definitions in OpenAPI form (gateway/schema.go:16 @v5.12.0)."""

from __future__ import annotations

from mockserver.gateway.handlers.registration import Call, handles
from mockserver.gateway.oas.json_schema import schema_of
from mockserver.gateway.oas.loading import Refused
from mockserver.gateway.oas.validation import release_line
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply
from mockserver.service.registry import never


@handles("getDefinitionSchema", waits=never)
def get_definition_schema(call: Call) -> Reply:
    """Tell what the mock requires of a definition in a version of OpenAPI."""
    try:
        line = release_line(call.parameter("oasVersion"), call.state.behaviours)
    except Refused as reason:
        return json_reply({"status": "Failed", "message": str(reason)}, 404)
    return json_reply({"status": "Success", "message": "", "schema": schema_of(line, call.state.version)})
