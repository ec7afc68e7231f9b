"""Who may ask, approve, comment and protect; and that nobody speaks in another's name."""

from __future__ import annotations

import msgspec
from auth_site import Site, ok, refused
from test_permissions import OWN, V2, Things

from runstone.contracts import Batch, Origin
from runstone.entities.reviews import PROTECTED
from runstone.records import VersionCommented
from runstone.wire_store import MEDIA_TYPE, pack_batches

MODEL = f"{OWN}/models/wine"


def test_read_asks_and_comments_manage_decides(site: Site) -> None:
    Things(site)
    root, ada, bob = site.as_("root"), site.as_("ada"), site.as_("bob")
    for answer in (
        ada.get(f"{MODEL}/requests"),
        ada.get(f"{MODEL}/versions/1/comments"),
        ada.post(f"{MODEL}/versions/1/requests", json={"stage": "Production"}),
        ada.post(f"{V2}/comments/create", json={"name": "wine", "version": "1", "comment": "x"}),
        ada.get(f"{V2}/transition-requests/list", params={"name": "wine", "version": "1"}),
    ):
        refused(answer)
    for user in ("ada", "bob"):
        site.grant(user, "registered_model", "wine", "READ")
    asked = ok(ada.post(f"{MODEL}/versions/1/requests", json={"stage": "Production", "comment": "please"}))
    assert (asked["user_id"], asked["may"]) == ("ada", ["withdraw"])
    place = f"{MODEL}/requests/{asked['request_id']}"
    for client, decision in ((ada, "APPROVED"), (ada, "REJECTED"), (bob, "WITHDRAWN"), (bob, "APPROVED")):
        refused(client.patch(place, json={"decision": decision}))
    refused(site.with_token("ada", "read").post(f"{MODEL}/versions/1/comments", json={"comment": "x"}))
    assert ok(site.with_token("ada", "read").get(f"{MODEL}/requests"))["may_ask"] is False

    said = ok(ada.post(f"{MODEL}/versions/1/comments", json={"comment": "mine"}))["comments"][0]
    assert (said["user_id"], said["may"]) == ("ada", ["edit", "delete"])
    mine = f"{MODEL}/versions/1/comments/{said['comment_id']}"
    assert ok(bob.get(f"{MODEL}/versions/1/comments"))["comments"][0]["may"] == []
    for answer in (bob.patch(mine, json={"comment": "no"}), bob.delete(mine), root.patch(mine, json={"comment": "no"})):
        refused(answer)
    refused(bob.request("DELETE", f"{V2}/comments/delete", json={"id": said["comment_id"]}))
    ok(ada.patch(mine, json={"comment": "still mine"}))
    ok(root.delete(mine))

    site.grant("bob", "registered_model", "wine", "EDIT")
    refused(bob.patch(place, json={"decision": "APPROVED"}))
    refused(bob.post(f"{V2}/registered-models/set-tag", json={"name": "wine", "key": PROTECTED, "value": "Production"}))
    ok(root.post(f"{V2}/registered-models/set-tag", json={"name": "wine", "key": PROTECTED, "value": "Production"}))
    for client in (bob, root):  # administrators, too
        move = {"name": "wine", "version": "1", "stage": "Production"}
        answer = client.post(f"{V2}/model-versions/transition-stage", json=move)
        assert (answer.status_code, "approved request" in answer.text) == (400, True)
    refused(bob.post(f"{V2}/registered-models/set-tag", json={"name": "wine", "key": PROTECTED, "value": ""}))
    site.grant("bob", "registered_model", "wine", "MANAGE")
    done = ok(bob.patch(place, json={"decision": "APPROVED", "comment": "fine"}))
    assert (done["state"], done["user_id"], done["decided_by"]) == ("APPROVED", "ada", "bob")
    events = [(one["event"], one["user_id"]) for one in ok(root.get(f"{MODEL}/history"))["events"][:2]]
    assert events == [("model_version.transitioned", "bob"), ("transition_request.approved", "bob")]


def test_nobody_speaks_in_anothers_name(site: Site) -> None:
    Things(site)
    site.grant("ada", "registered_model", "wine", "READ")
    direct = Batch([VersionCommented("c", "wine", 1, 1, "as root")], by="root")
    late = msgspec.structs.replace(direct, origin=Origin("a" * 32, 0, 10), records=[VersionCommented("d", "wine", 1, 1, "x")])
    for batches in ([direct], [direct, direct], [late]):
        body, head = pack_batches(batches), {"content-type": MEDIA_TYPE}
        answer = site.as_("ada").post(f"{OWN}/ingest", content=body, headers=head)
        assert answer.status_code == 200, answer.text
    said = ok(site.as_("root").get(f"{MODEL}/versions/1/comments"))["comments"]
    assert [(one["comment"], one["user_id"]) for one in said] == [("as root", "ada")], "a journal cannot tell who wrote it"
