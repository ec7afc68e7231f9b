"""Secrets of webhooks at rest: encrypted with a key that is not in the database."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from runstone import settings
from runstone.errors import InvalidValue, NotSupported, RunstoneError

_MAKE = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class Vault:
    """Fernet (AES-128-CBC with HMAC-SHA256) under the key of the setting, else of ``file``, made when it is first needed.

    Args:
        file: where the key is when no setting gives one; ``None``: the setting must.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file

    def seal(self, secret: str) -> str:
        """Raises NotSupported without the package, InvalidValue without a usable key."""
        if not secret:
            return ""
        sealed: bytes = self._fernet(make=True).encrypt(secret.encode())
        return sealed.decode()

    def open(self, sealed: str) -> str:
        """Raises RunstoneError if it was sealed with another key; otherwise as :meth:`seal`."""
        if not sealed:
            return ""
        cipher = self._fernet(make=False)
        try:
            plain: bytes = cipher.decrypt(sealed.encode())
        except Exception as cause:  # the package's own error, which may not be loaded
            raise RunstoneError("The webhook's secret was encrypted with another key; set it again.") from cause
        return plain.decode()

    def _fernet(self, make: bool) -> Any:
        try:
            from cryptography.fernet import Fernet
        except ImportError as cause:
            raise NotSupported(
                "Secrets of webhooks are kept encrypted, which needs the package cryptography. "
                "Run: pip install 'runstone[webhooks]'"
            ) from cause
        key = settings.WEBHOOK_KEY.get() or self._key_of_file(Fernet.generate_key().decode() if make else "")
        try:
            return Fernet(key)
        except ValueError:  # its text is not for the log
            raise InvalidValue(f"RUNSTONE_WEBHOOK_SECRET_ENCRYPTION_KEY is no Fernet key. Make one with: {_MAKE}") from None

    def _key_of_file(self, new: str) -> str:
        if self._file is None:
            raise InvalidValue(
                "A secret can only be kept with RUNSTONE_WEBHOOK_SECRET_ENCRYPTION_KEY set, the same for all server processes. "
                f"Make one with: {_MAKE}"
            )
        if new:
            with suppress(FileExistsError):
                self._write(self._file, new)
        try:
            return self._file.read_text("ascii").strip()
        except OSError as cause:
            raise RunstoneError(f"The key of the webhooks' secrets cannot be read from {self._file}: {cause}.") from cause

    @staticmethod
    def _write(file: Path, key: str) -> None:
        """Whole or not at all, for nobody else to read; an existing one is kept. Raises FileExistsError."""
        beside = file.with_name(f".{file.name}.{os.getpid()}.{key[:6]}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(key)
        try:
            os.link(beside, file)
        finally:
            beside.unlink()
