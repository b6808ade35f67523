"""API definitions in OpenAPI form: their reading, refusals, and their conversion to the classic form."""
