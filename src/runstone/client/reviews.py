"""The methods of ``MlflowClient`` for comments on versions and requests to move stages and aliases.

Their names are those of the registry of Databricks; ``alias`` besides ``stage`` is ours.
"""

from __future__ import annotations

import uuid

from runstone.contracts import Batch, Store
from runstone.entities.reviews import Decision, TransitionRequest, VersionComment
from runstone.errors import NotFound, RunstoneError
from runstone.records import Record, TransitionDecided, TransitionRequested, VersionCommentChanged, VersionCommented

from .checks import check_text
from .registry import Number, number_of
from .run_log import now_ms
from .surroundings import user


class ReviewCalls:
    """Changes return when the store has them. Each raises NotFound for a model or version that is not there."""

    @property
    def _registry(self) -> Store:
        raise NotImplementedError("a client knows its registry")

    # --- requests -----------------------------------------------------------------------------------------------------

    def create_transition_request(
        self, name: str, version: Number, stage: str = "", comment: str = "", alias: str = ""
    ) -> TransitionRequest:
        """Ask that a version goes to ``stage``, or that ``alias`` stands for it: give one of the two.

        Raises:
            AlreadyExists: the same was asked, and waits for an answer.
            WrongState: it is there already.
            InvalidValue: no stage or alias there can be, or both.
        """
        check_text(stage, "stage", "'Production'")
        check_text(alias, "alias", "'champion'")
        check_text(comment, "comment", "'as agreed'")
        key = uuid.uuid4().hex
        self._tell(TransitionRequested(key, name, number_of(version), now_ms(), stage, alias, comment))
        return self._asked(name, key)

    def list_transition_requests(
        self, name: str, version: Number | None = None, state: str = "PENDING"
    ) -> list[TransitionRequest]:
        """Newest first. ``state``: ``PENDING``, ``APPROVED``, ``REJECTED``, ``WITHDRAWN``, or empty for all of them."""
        return list(self._registry.transition_requests(name, None if version is None else number_of(version), state))

    def approve_transition_request(
        self,
        name: str,
        version: Number,
        stage: str = "",
        archive_existing_versions: bool = False,
        comment: str = "",
        alias: str = "",
    ) -> TransitionRequest:
        """Make the move that somebody asked for.

        Args:
            archive_existing_versions: others in Staging or Production, where this one goes, are archived.
            comment: why; it is kept with the request and with the move.

        Raises: NotFound where nobody asked; WrongState if it was decided meanwhile, or the version or alias was moved since.
        """
        return self._decide(name, version, stage, alias, "APPROVED", comment, archive_existing_versions)

    def reject_transition_request(
        self, name: str, version: Number, stage: str = "", comment: str = "", alias: str = ""
    ) -> TransitionRequest:
        """Leave things as they are. Raises as :meth:`approve_transition_request`."""
        return self._decide(name, version, stage, alias, "REJECTED", comment)

    def delete_transition_request(
        self, name: str, version: Number, stage: str = "", comment: str = "", alias: str = ""
    ) -> TransitionRequest:
        """Take a request back. Raises as :meth:`approve_transition_request`."""
        return self._decide(name, version, stage, alias, "WITHDRAWN", comment)

    # --- comments -----------------------------------------------------------------------------------------------------

    def create_comment(self, name: str, version: Number, comment: str) -> VersionComment:
        """Say something about a version: 10,000 characters at most."""
        key = uuid.uuid4().hex
        said = check_text(comment, "comment", "'as agreed'")
        self._tell(VersionCommented(key, name, number_of(version), now_ms(), said))
        return self._comment(key)

    def list_comments(self, name: str, version: Number) -> list[VersionComment]:
        """Oldest first."""
        return list(self._registry.version_comments(name, number_of(version)))

    def update_comment(self, id: str, comment: str) -> VersionComment:
        """Other words. On a server with accounts only for comments of one's own. Raises NotFound."""
        said = check_text(comment, "comment", "'as agreed'")
        self._tell(VersionCommentChanged(id, self._comment(id).name, now_ms(), said))
        return self._comment(id)

    def delete_comment(self, id: str) -> None:
        """On a server with accounts one's own, or anybody's with MANAGE. Raises NotFound."""
        self._tell(VersionCommentChanged(id, self._comment(id).name, now_ms()))

    # --- how ----------------------------------------------------------------------------------------------------------

    def _tell(self, record: Record) -> None:
        self._registry.write(Batch([record], by=user()))

    def _comment(self, comment_id: str) -> VersionComment:
        found = self._registry.find_comment(comment_id)
        if found is None:
            raise NotFound(f"Comment with id={comment_id} not found")
        return found

    def _asked(self, name: str, key: str) -> TransitionRequest:
        found = next((one for one in self._registry.transition_requests(name) if one.request_id == key), None)
        if found is None:
            raise RunstoneError(f"The request for {name!r} is gone; somebody may have deleted the version at once.")
        return found

    def _decide(
        self, name: str, version: Number, stage: str, alias: str, decision: Decision, comment: str, archive: bool = False
    ) -> TransitionRequest:
        found = request_for(self._registry, name, number_of(version), stage, alias)
        self._tell(TransitionDecided(found.request_id, name, now_ms(), decision, comment, archive))
        return self._asked(name, found.request_id)


def request_for(store: Store, name: str, version: int, stage: str = "", alias: str = "") -> TransitionRequest:
    """The request that waits for an answer; without stage and alias the only one there is. Raises NotFound."""
    waiting = store.transition_requests(name, version, "PENDING")
    found = [one for one in waiting if not (stage or alias) or (one.stage.lower(), one.alias) == (stage.lower(), alias)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.target for one in waiting)
    hint = f"Asked for: {known}; name one of them." if known else "Nothing was asked for."
    wanted = stage or (f"@{alias}" if alias else "")
    what = f"that version {version} of {name!r} goes to {wanted}" if wanted else f"for version {version} of {name!r}"
    raise NotFound(f"{'No' if not found else 'More than one'} request {what} waits for an answer. {hint}")
