"""What a registry must do with comments and requests; part of :mod:`.registry_suite`."""

from __future__ import annotations

import threading

import pytest

from runstone.contracts import Batch, Store
from runstone.entities.reviews import MOST_COMMENT, PROTECTED
from runstone.errors import AlreadyExists, InvalidValue, NotFound, RunstoneError, WrongState
from runstone.records import (
    ModelVersionChanged,
    ModelVersionCreated,
    Record,
    RegisteredModelChanged,
    RegisteredModelCreated,
    TransitionDecided,
    TransitionRequested,
    VersionCommentChanged,
    VersionCommented,
)


def _by(store: Store, who: str, *records: Record) -> None:
    store.write(Batch(records, by=who))


def _model(store: Store, protected: str = "") -> None:
    made: list[Record] = [ModelVersionCreated(f"v{n}", "wine", 2, f"s3://b/{n}") for n in range(2)]
    _by(store, "ada", RegisteredModelCreated("k", "wine", 1, tags={PROTECTED: protected}), *made)


def _asked(store: Store, key: str, version: int, stage: str = "", alias: str = "", who: str = "bob") -> None:
    _by(store, who, TransitionRequested(key, "wine", version, 0, stage, alias, "better"))


def _decided(key: str, decision: str = "APPROVED", why: str = "", archive: bool = False) -> TransitionDecided:
    return TransitionDecided(key, "wine", 0, decision, why, archive)


class ReviewTests:
    def test_an_approved_request_moves_the_stage_and_says_who_and_why(self, store: Store) -> None:
        _model(store)
        _by(store, "ada", ModelVersionChanged("wine", 1, 3, "Production"))
        _asked(store, "q", 2, "production")
        _asked(store, "q", 2, "production")  # again: nothing
        with pytest.raises(AlreadyExists, match="bob"):
            _asked(store, "other", 2, "Production")
        (waiting,) = store.transition_requests("wine", 2, "PENDING")
        assert (waiting.target, waiting.before, waiting.user_id, waiting.comment) == ("Production", "None", "bob", "better")
        _by(store, "ada", _decided("q", why="it is", archive=True))
        assert [store.get_model_version("wine", n).current_stage for n in (1, 2)] == ["Archived", "Production"]
        (done,) = store.transition_requests("wine")
        assert (done.state, done.decided_by, done.decision_comment, done.stale) == ("APPROVED", "ada", "it is", False)
        log = [(one.event, one.version, one.old, one.new, one.user_id, one.reason) for one in store.registry_events("wine")]
        assert log[:4] == [
            ("model_version.transitioned", 1, "Production", "Archived", "ada", "it is"),
            ("model_version.transitioned", 2, "None", "Production", "ada", "it is"),
            ("transition_request.approved", 2, "None", "Production", "ada", "it is"),
            ("transition_request.created", 2, "None", "Production", "bob", "better"),
        ]
        assert len([key for n in (1, 2) for key in store.get_model_version("wine", n).tags if "move" in key]) == 2

    def test_what_is_decided_or_stale_is_not_approved(self, store: Store) -> None:
        _model(store)
        for key, decision in (("a", "REJECTED"), ("b", "WITHDRAWN")):
            _asked(store, key, 1, "Staging")
            _by(store, "ada", _decided(key, decision, "no"))
            with pytest.raises(WrongState, match=decision.lower()):
                _by(store, "ada", _decided(key))
        _asked(store, "c", 1, "Staging")
        _asked(store, "d", 1, alias="champion")
        _by(
            store,
            "ada",
            ModelVersionChanged("wine", 1, 3, "Archived"),
            RegisteredModelChanged("wine", 3, aliases={"champion": 2}),
        )
        assert {one.request_id: one.stale for one in store.transition_requests("wine", None, "PENDING")} == {
            "c": True,
            "d": True,
        }
        for key in "cd":
            with pytest.raises(WrongState, match="stale"):
                _by(store, "ada", _decided(key))
        _asked(store, "e", 1, alias="champion")  # takes the place of the stale one
        _by(store, "ada", _decided("e"))
        assert store.get_registered_model("wine").aliases == {"champion": "1"}
        assert store.get_model_version("wine", 1).current_stage == "Archived"
        states = {one.request_id: one.state for one in store.transition_requests("wine")}
        assert states == {"a": "REJECTED", "b": "WITHDRAWN", "c": "PENDING", "d": "WITHDRAWN", "e": "APPROVED"}
        bad: list[Record] = [
            TransitionRequested("x", "wine", 1, 0),
            TransitionRequested("x", "wine", 1, 0, "Staging", "champion"),
            TransitionRequested("x", "wine", 1, 0, "Nowhere"),
            TransitionRequested("x", "wine", 1, 0, alias="latest"),
            TransitionRequested("x", "wine", 1, 0, "Archived"),  # it is there
            TransitionRequested("x", "wine", 1, 0, alias="champion"),
            TransitionRequested("x", "wine", 9, 0, "Staging"),
            _decided("c", "MAYBE"),
            _decided("c", "REJECTED", archive=True),
            _decided("nothing", "REJECTED"),
        ]
        for one in bad:
            with pytest.raises((InvalidValue, WrongState, NotFound)):
                _by(store, "ada", one)
        with pytest.raises(InvalidValue):
            store.transition_requests("wine", None, "MAYBE")

    def test_of_two_who_decide_at_once_one_is_told(self, store: Store) -> None:
        _model(store)
        _asked(store, "q", 1, "Staging")
        barrier, won, lost = threading.Barrier(2), list[str](), list[RunstoneError]()

        def decide(decision: str) -> None:
            barrier.wait()
            try:
                _by(store, "ada", _decided("q", decision))
                won.append(decision)
            except RunstoneError as error:
                lost.append(error)

        threads = [threading.Thread(target=decide, args=(one,)) for one in ("APPROVED", "REJECTED")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [(one.error_code, won[0].lower() in one.message) for one in lost] == [("RESOURCE_CONFLICT", True)]
        assert store.transition_requests("wine")[0].state == won[0]
        assert store.get_model_version("wine", 1).current_stage == ("Staging" if won[0] == "APPROVED" else "None")

    def test_what_is_protected_moves_by_an_approved_request_alone(self, store: Store) -> None:
        _model(store, "production, @champion")
        refused: list[Record] = [
            ModelVersionChanged("wine", 1, 3, "Production"),
            RegisteredModelChanged("wine", 3, aliases={"champion": 1}),
        ]
        for one in refused:
            with pytest.raises(WrongState, match="approved request"):
                _by(store, "ada", one)
        _by(store, "ada", ModelVersionChanged("wine", 1, 3, "Staging"), RegisteredModelChanged("wine", 3, aliases={"a": 1}))
        _asked(store, "q", 1, "Production")
        _asked(store, "r", 1, alias="champion")
        _by(store, "ada", _decided("q"), _decided("r"))
        away: list[Record] = [
            ModelVersionChanged("wine", 1, 3, "Archived"),
            ModelVersionChanged("wine", 1, 3, deleted=True),
            RegisteredModelChanged("wine", 3, aliases={"champion": None}),
            RegisteredModelChanged("wine", 3, aliases={"champion": 2}),
        ]
        for one in away:
            with pytest.raises(WrongState, match="approved request"):
                _by(store, "ada", one)
        _by(store, "ada", ModelVersionChanged("wine", 1, 3, "Production"))  # where it is already
        with pytest.raises(InvalidValue, match="champion"):
            _by(store, "ada", RegisteredModelChanged("wine", 3, tags={PROTECTED: "champion"}))
        _by(store, "ada", RegisteredModelChanged("wine", 3, tags={PROTECTED: "* @*"}))
        for one in (ModelVersionChanged("wine", 2, 3, "Staging"), RegisteredModelChanged("wine", 3, aliases={"b": 2})):
            with pytest.raises(WrongState, match="approved request"):
                _by(store, "ada", one)
        _by(store, "ada", RegisteredModelChanged("wine", 3, tags={PROTECTED: None}), away[0], away[3])
        assert store.get_registered_model("wine").aliases["champion"] == "2"

    def test_comments_are_written_changed_and_go_with_their_version(self, store: Store) -> None:
        _model(store)
        _by(store, "bob", VersionCommented("c1", "wine", 1, 10, "first"), VersionCommented("c2", "wine", 1, 11, "second"))
        _by(store, "bob", VersionCommented("c1", "wine", 1, 10, "first"))  # again: nothing
        _by(store, "bob", VersionCommentChanged("c1", "wine", 12, "first, better"))
        found = [(one.comment, one.user_id, one.creation_timestamp, one.last_updated_timestamp)
                 for one in store.version_comments("wine", 1)]  # fmt: skip
        assert found == [("first, better", "bob", 10, 12), ("second", "bob", 11, 11)]
        _by(store, "bob", VersionCommentChanged("c2", "wine", 13))
        one = store.find_comment("c1")
        assert (one and one.version, store.find_comment("c2"), store.version_comments("wine", 2)) == (1, None, [])
        events = [(one.event, one.old, one.new) for one in store.registry_events("wine", limit=4)]
        assert events[:2] == [("comment.deleted", "second", None), ("comment.edited", "first", "first, better")]
        bad: list[Record] = [
            VersionCommented("c", "wine", 1, 1, " "),
            VersionCommented("c", "wine", 1, 1, "x" * (MOST_COMMENT + 1)),
            VersionCommented("c", "wine", 9, 1, "x"),
            VersionCommentChanged("c2", "wine", 1, "x"),
            VersionCommentChanged("c1", "beer", 1, "x"),
        ]
        for record in bad:
            with pytest.raises((InvalidValue, NotFound)):
                _by(store, "bob", record)
        _asked(store, "q", 1, "Staging")
        _by(store, "ada", ModelVersionChanged("wine", 1, 20, deleted=True))
        assert (store.find_comment("c1"), store.transition_requests("wine")) == (None, [])
        with pytest.raises(NotFound):
            store.version_comments("wine", 1)
        with pytest.raises(NotFound):
            store.transition_requests("beer")
