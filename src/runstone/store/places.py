"""Where artifacts lie. Worked out when asked, from what was set, so that a store's folder may be moved."""

from __future__ import annotations


class Places:
    """Turns what rows say into URIs. A row holds a URI, an absolute path, or a place below the root.

    Args:
        root: URI of the folder below which artifacts lie that were given no place of their own.
    """

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")

    def experiment(self, location: str) -> str:
        """URI of an experiment's artifacts."""
        return location if ":" in location or location.startswith("/") else f"{self.root}/{location}"

    def run(self, location: str, run_id: str, uri: str) -> str:
        """URI of a run's artifacts: ``uri`` if there is one, else its own folder in its experiment's ``location``."""
        return self.experiment(uri or run_folder(location, run_id))


def run_folder(location: str, run_id: str) -> str:
    """The folder of a run in its experiment's location."""
    return f"{location.rstrip('/')}/{run_id}/artifacts"
