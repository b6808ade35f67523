"""Assets, and the catalogue of the classic portal."""

from __future__ import annotations

from mockserver.dashboard.documents import parse, text_of
from mockserver.dashboard.handlers.registration import Call, handles
from mockserver.dashboard.object_ids import new_object_id
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal, ok
from mockserver.http.messages import Reply
from mockserver.service.json_replies import json_reply

SECTION = "assets"


@handles("listAssets", SECTION)
def list_assets(call: Call) -> Reply:
    """List the assets of the organisation, of one kind if `kind` is given (SW 4797; SYNC dump)."""
    kind = call.parameter("kind")
    return json_reply([asset for asset in _own(call) if kind in ("", asset["kind"])])


@handles("addAsset", SECTION)
def add_asset(call: Call) -> Reply:
    """Create an asset, which is answered with 201 (SW 4797; SYNC assets.go:114-123)."""
    sent = parse(call.body, Refusal("error reading json body.", 400))
    object_id = new_object_id(call.state.now())
    asset_id = text_of(sent, "id") or object_id
    if any(asset["id"] == asset_id for asset in _own(call)):
        raise Refusal(f"Asset ID already exists: '{asset_id}'.", 409)
    asset = {
        "_id": object_id,
        "id": asset_id,
        "kind": text_of(sent, "kind"),
        "name": text_of(sent, "name"),
        "org_id": call.user.org_id,
        "description": text_of(sent, "description"),
        "data": sent.get("data"),
    }
    call.state.assets.add(object_id, asset)
    created = {"Status": "success", "Message": "asset created", "Meta": object_id, "ID": asset_id}
    return json_reply(created, 201)


@handles("getAsset", SECTION)
def get_asset(call: Call) -> Reply:
    """Read one asset by either of its ids (SW 5016)."""
    return json_reply(_found(call))


@handles("deleteAsset", SECTION)
def delete_asset(call: Call) -> Reply:
    """Remove an asset (SW 5016)."""
    call.state.assets.remove(_found(call)["_id"])
    return ok("asset deleted")


@handles("getCatalogue", "catalogue")
def get_catalogue(call: Call) -> Reply:
    """Read the catalogue of the classic portal, which is always empty (OP controller:198-208)."""
    org_id = call.user.org_id
    return json_reply({"id": org_id, "org_id": org_id, "apis": []})


def _own(call: Call) -> list[Document]:
    org_id = call.user.org_id
    return [asset for asset in call.state.assets.all() if asset["org_id"] == org_id]


def _found(call: Call) -> Document:
    name = call.params["assetId"]
    for asset in _own(call):
        if name in (asset["id"], asset["_id"]):
            return asset
    raise Refusal("asset not found", 404)
