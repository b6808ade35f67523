"""The failures of a gateway that faults may name, each with what a real gateway then answers.

Source: runs of real gateways 5.12.0 and 5.14.0, which answered alike: with full and read-only file systems
under policy_path and app_path, with a stopped Redis, with a named pipe among the files of policies, and
killed while clients were connected.
"""

from __future__ import annotations

from mockserver.service.fault import Fault, Part, Scenario, Selector

API_REQUEST = "apiRequest"  # the name by which faults name requests to APIs

_RESET = Fault(ends="reset")
_KEY_NOT_FOUND = Fault(status=404, message="Key not found")
_KEY_NOT_DELETED = Fault(status=404, message="There is no such key found")
_CLIENT_NOT_FOUND = Fault(status=404, message="OAuth Client ID not found")
_NO_KEY = Fault(status=500, message="Failed to create key, ensure security settings are correct.")
_NO_STORE = Fault(
    status=500,
    message="Error writing to key store storage: Redis is either down or was not configured",
)
_NO_FILE = Fault(status=500, message="Failed to create file!")
_NO_API_FILE = Fault(status=500, message="file object creation failed, write error")
_NO_KEYS = Fault(body=b'{"keys":[]}\n')
_REFUSED = Fault(status=403, body=b'{\n    "error": "Access to this API has been disallowed"\n}')
_RELOADS = Fault(body=b'{"status":"ok","message":""}\n')


def _redis_fails(health: dict[str, object]) -> dict[str, object]:
    """The health of a gateway whose Redis is away (recorded 12 s after it had gone)."""
    details = health.get("details")
    if not isinstance(details, dict):
        return health  # the first check is still to come
    redis = {
        "status": "fail",
        "output": "storage: Redis is either down or was not configured",
        **{name: value for name, value in details["redis"].items() if name != "status"},
    }
    return {**health, "status": "fail", "details": {"redis": redis}}


def _part(fault: Fault, *operations: str) -> Part:
    return Part(Selector(frozenset(operations)), (fault,))


SCENARIOS = {
    "storage-full": Scenario(
        (_part(_NO_FILE, "addPolicy", "addPolicyAtPath"), _part(_NO_API_FILE, "addApi", "addApiAtPath")),
        "The gateway answers 500 to new policies and APIs, and leaves an empty file for each, which the mock "
        "does not. It replaces and deletes files, for that frees space; keys and reloads go on.",
        times=0,
    ),
    "storage-read-only": Scenario(
        (
            _part(_NO_FILE, "addPolicy", "addPolicyAtPath", "updatePolicy", "updatePolicyWithoutId"),
            _part(_NO_API_FILE, "addApi", "addApiAtPath", "updateApi"),
            _part(Fault(status=500, message="Delete failed"), "deletePolicy", "deleteApi"),
        ),
        "The gateway answers 500 to writes and deletions of policies and APIs. Keys and reloads go on, and "
        "what is loaded stays.",
        times=0,
    ),
    "redis-down": Scenario(
        (
            _part(Fault(status=503, message="Redis connection not available"), "getReady"),
            _part(Fault(rewrite=_redis_fails), "getHello"),
            _part(_NO_KEYS, "listKeys", "listOrganisationKeys"),
            _part(_KEY_NOT_FOUND, "getKey", "setPoliciesOfKey"),
            _part(_NO_KEY, "addKey", "createKey", "addKeyAtPath"),
            _part(Fault(status=404, message="Key is not found"), "updateKey"),
            _part(_KEY_NOT_DELETED, "deleteKey"),
            _part(Fault(status=404, message="Org not found"), "getOrganisationKey"),
            _part(_NO_STORE, "addOrganisationKey", "updateOrganisationKey"),
            _part(Fault(status=400, message="Failed to remove the key"), "deleteOrganisationKey"),
            _part(Fault(status=500, message="Failure in storing client data."), "addOAuthClient"),
            _part(Fault(body=b"[]\n"), "listOAuthClients"),
            _part(_CLIENT_NOT_FOUND, "getOAuthClient", "updateOAuthClient", "rotateOAuthClient"),
            _part(Fault(status=500, message="Get client tokens failed"), "listOAuthTokens"),
            _part(Fault(status=400, message="oauth client doesn't exist"), "revokeOAuthToken"),
            _part(Fault(status=404, message="oauth client doesn't exist"), "revokeAllOAuthTokens"),
            Part(Selector(frozenset({API_REQUEST}), headers=(("authorization", None),)), (_REFUSED,)),
        ),
        "The gateway no longer finds keys and OAuth clients, writes none, and refuses requests with a key "
        "with 403; policies, APIs and reloads go on, /ready says 503 and /hello 200 with fail. A real "
        "gateway still admits keys that it saw in the last 10 s.",
        times=0,
    ),
    "reload-never-ends": Scenario(
        (
            Part(
                Selector(frozenset({"reload"}), query=(("block", "true"),)),
                (Fault(ends="hang"),),
            ),
            _part(_RELOADS, "reload", "reloadGroup"),
        ),
        "A reload that waits is never answered, others say ok at once, and none loads anything: what is "
        "written stays unloaded. All else goes on, and /hello and /ready say pass.",
        times=0,
    ),
    "flapping": Scenario(
        (Part(Selector(), (_RESET, _RESET, Fault(), Fault(), Fault())),),
        "The gateway dies and comes back, again and again: two requests find the connection gone, three are "
        "answered. A new connection to a dead gateway is refused; the mock resets it instead.",
        times=0,
    ),
}
