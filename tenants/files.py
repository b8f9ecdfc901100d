"""Files of a tenant, in folders of the home. Keys are made by the code, never taken from a person's text."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tenants.context import NoTenant
from tenants.tenant import Tenant

# Segments of plain letters and digits: no dots at the front, no absolute paths, nothing to climb with.
_KEY = re.compile(r"[a-z0-9_]+(?:/[a-z0-9_-]+)*(?:\.[a-z0-9]{1,8})?")
_MAX_KEY = 200


class BadKey(ValueError):
    """The key is not of the shape that the code makes."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What was stored."""

    key: str
    sha256: str
    size: int


class FileStore:
    """Files under `<home>/files/<tenant id>/<key>`."""

    def __init__(self, home: Path) -> None:
        self._root = home / "files"

    def put(self, tenant: Tenant, key: str, data: bytes) -> StoredFile:
        """Store all of `data` or nothing; a file of the same key is replaced at once."""
        path = self._path(tenant, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return StoredFile(key, hashlib.sha256(data).hexdigest(), len(data))

    def open(self, tenant: Tenant, key: str) -> BinaryIO:
        """Open for reading; FileNotFoundError when this tenant has no such file."""
        return self._path(tenant, key).open("rb")

    def read(self, tenant: Tenant, key: str) -> bytes:
        """The whole content."""
        return self._path(tenant, key).read_bytes()

    def delete(self, tenant: Tenant, key: str) -> None:
        """Remove; a missing file is no error."""
        self._path(tenant, key).unlink(missing_ok=True)

    def _path(self, tenant: Tenant | None, key: str) -> Path:
        if tenant is None:
            raise NoTenant("a file needs a tenant")
        if len(key) > _MAX_KEY or not _KEY.fullmatch(key):
            raise BadKey(key)
        return self._root / str(tenant.id) / key
