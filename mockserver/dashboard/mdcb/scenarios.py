"""The failures between data planes and their control plane, each with what a real gateway then does.

Source: runs of real gateways 5.8.15, 5.12.0 and 5.14.0.
"""

from __future__ import annotations

from mockserver.dashboard.mdcb.control_plane import FUNCTIONS
from mockserver.dashboard.nodes.scenarios import with_bad_id, without_policies
from mockserver.service.fault import Fault, Scenario

PREFIX = "rpc:"  # of the names of functions in faults
TARGETS = frozenset(f"{PREFIX}{name}" for name in FUNCTIONS)
_LOGINS = (f"{PREFIX}Login", f"{PREFIX}LoginWithGroup")
_LISTS = (f"{PREFIX}GetPolicies", f"{PREFIX}GetApiDefinitions")

SCENARIOS = {
    "mdcb-gone": Scenario.of(
        tuple(sorted(TARGETS)),
        "Connections end without an answer: the gateway serves on with its backup, /hello says warn, keys "
        "that it does not have are refused, and it tries to log in for ever.",
        Fault(ends="drop"),
    ),
    "mdcb-login": Scenario.of(
        _LOGINS,
        "The login is refused: the gateway goes on as without a control plane, and tries again for ever.",
        Fault(status=403, message="Login incorrect"),
    ),
    "mdcb-error": Scenario.of(
        _LISTS,
        "Policies and APIs cannot be read: at its next reload the gateway loads both from its backup, and "
        "tries again after its next login.",
        Fault(status=500, message="the control plane cannot read its database"),
    ),
    "mdcb-empty-list": Scenario.of(
        (_LISTS[0],),
        "The gateway drops all policies that it had, and its backup of them.",
        Fault(rewrite=without_policies),
    ),
    "mdcb-bad-id": Scenario.of(
        (_LISTS[0],),
        "The gateway refuses the whole list, loads policies and APIs from its backup, and tries again after "
        "its next login.",
        Fault(rewrite=with_bad_id),
    ),
    "mdcb-slow": Scenario.of(
        _LISTS,
        "The gateway waits up to its call_timeout (30 s) for the answer, and serves on meanwhile.",
        Fault(delay=5),
    ),
}
