"""The behaviours of a gateway that a mock can do without, so that a test can be seen to notice."""

from __future__ import annotations

SWITCHABLE = frozenset(
    {
        "api-ids-are-file-names",
        "failed-load-keeps-policies",
        "id-characters",
        "id-required",
        "jwt-claims-may-nest",
        "jwt-scopes-are-enough",
        "key-sets-by-url",
        "keys-are-filtered-by-api",
        "mcp-capabilities-follow-rights",
        "mcp-lists-follow-definitions",
        "nameless-file-is-dropped",
        "node-first-load-is-repeated",
        "node-needs-an-id",
        "node-probe-does-not-register",
        "node-pulls-client-idps",
        "node-reads-conflicts",
        "node-recovery-has-no-limit",
        "node-takes-any-message",
        "node-takes-first-of-equal-ids",
        "malformed-version-is-lower-case",
        "open-api-3-1-is-taken",
        "open-api-bodies-are-normalised",
        "open-api-claims-are-joined",
        "open-api-reads-have-no-newline",
        "open-apis-go-with-both-files",
        "open-apis-have-two-servers",
        "organisations-keep-apart",
        "outer-404-is-go-page",
        "own-policies-by-place",
        "quotas-tell-their-end",
        "record-key-is-id",
        "short-key-ids-are-refused",
        "self-is-the-default-version",
        "storage-is-checked",
        "versions-end-with-their-api",
    }
)
