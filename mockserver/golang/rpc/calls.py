"""The structs in the calls between data planes and their control plane, by their registered names.

Source: GW apidef/rpc.go, and the function table in gateway/rpc_storage_handler.go.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.golang.rpc.gob_types import REGISTERED, Basic, Struct, Type

_STRINGS = REGISTERED["[]string"]
LOGIN = "*apidef.GroupLoginRequest"
DEFINITIONS = "*apidef.DefRequest"
GROUP_KEYS = "*apidef.GroupKeySpaceRequest"
VALUE = "*apidef.InboundData"
KEYS_AND_VALUES = "*apidef.KeysValuesPair"
TYPES: Mapping[str, Type] = {
    LOGIN: Struct(
        "GroupLoginRequest",
        (
            ("UserKey", Basic.STRING),
            ("GroupID", Basic.STRING),
            ("ForceSync", Basic.BOOL),
            ("Node", Basic.BYTES),
        ),
    ),
    DEFINITIONS: Struct("DefRequest", (("OrgId", Basic.STRING), ("Tags", _STRINGS), ("LoadOAS", Basic.BOOL))),
    GROUP_KEYS: Struct("GroupKeySpaceRequest", (("OrgID", Basic.STRING), ("GroupID", Basic.STRING))),
    VALUE: Struct(
        "InboundData",
        (
            ("KeyName", Basic.STRING),
            ("Value", Basic.STRING),
            ("SessionState", Basic.STRING),
            ("Timeout", Basic.INT),
            ("Per", Basic.INT),
            ("Expire", Basic.INT),
        ),
    ),
    KEYS_AND_VALUES: Struct("KeysValuesPair", (("Keys", _STRINGS), ("Values", _STRINGS))),
}
