"""Fixtures of the registry's tests."""

from registry_rest import ask, folder, run, store

__all__ = ["ask", "folder", "run", "store"]
