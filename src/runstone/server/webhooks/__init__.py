"""Telling other servers what changes in the registry: signed, retried, never to private addresses unless allowed."""
