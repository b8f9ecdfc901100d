"""Keys: the master key file, and each tenant's data key wrapped by it.

The master key file holds one `<key id> <base64 of 32 bytes>` a line. The first line wraps new data keys; the
others still unwrap, so a rotation puts a new line on top, runs `rewrap_all` and then drops the old lines."""

from __future__ import annotations

import base64
import os
import secrets
import stat
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.clock import utcnow
from tenants.database import kernel
from tenants.kernel_models import DataKey
from tenants.unit import Unit

AES_256_GCM = 1
NONCE_BYTES = 12
KEY_BYTES = 32
_SESSION_KEYS = "tenants.data_keys"


class KeyFileError(Exception):
    """The master key file is missing, readable by others or malformed."""


class UnknownKey(Exception):
    """A ciphertext or wrapped key names a key or algorithm this installation does not have."""


@dataclass(frozen=True)
class DataKeys:
    """A tenant's unwrapped data keys by version; the highest one encrypts."""

    by_version: Mapping[int, bytes]
    index_keys: dict[str, bytes] = field(default_factory=dict)

    @property
    def current(self) -> int:
        return max(self.by_version)

    def key(self, version: int) -> bytes:
        try:
            return self.by_version[version]
        except KeyError:
            raise UnknownKey(f"data key version {version}") from None

    def index_key(self, kind: str) -> bytes:
        """The key of a blind index. It hangs on the first data key: a new one must not break lookups."""
        first = self.by_version[min(self.by_version)]
        return _index_key(first, kind)


@lru_cache(maxsize=1_024)
def _index_key(first: bytes, kind: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"blind-index:" + kind.encode()).derive(first)


class KeyRing:
    """The master keys of this installation, newest first, and the cache of unwrapped data keys."""

    def __init__(self, master_keys: Mapping[str, bytes], path: Path | None = None) -> None:
        self._path = path
        self._hold(master_keys)
        self._cache: dict[UUID, DataKeys] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_file(cls, path: Path) -> KeyRing:
        return cls(read_key_file(path), path)

    def _hold(self, master_keys: Mapping[str, bytes]) -> None:
        if not master_keys:
            raise KeyFileError("the master key file holds no key")
        self._master_keys = dict(master_keys)
        self.current_id = next(iter(self._master_keys))

    def wrap(self, tenant_id: UUID, version: int, data_key: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = AESGCM(self._master_keys[self.current_id])
        return bytes([AES_256_GCM]) + nonce + cipher.encrypt(nonce, data_key, _wrap_aad(tenant_id, version))

    def unwrap(self, tenant_id: UUID, version: int, master_key_id: str, wrapped: bytes) -> bytes:
        if master_key_id not in self._master_keys and self._path is not None:
            # The key was rotated since this process read the file.
            self._hold(read_key_file(self._path))
        master = self._master_keys.get(master_key_id)
        if master is None:
            raise UnknownKey(f"master key {master_key_id}")
        if wrapped[0] != AES_256_GCM:
            raise UnknownKey(f"algorithm {wrapped[0]}")
        nonce, ciphertext = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
        return AESGCM(master).decrypt(nonce, ciphertext, _wrap_aad(tenant_id, version))

    def data_keys(self, uow: Unit) -> DataKeys:
        """The tenant's data keys; made on first use, in the caller's transaction.

        A key made here is cached for the process only once it is committed; until then it lives with the session.
        """
        cached = self._cache.get(uow.tenant.id)
        if cached is not None:
            return cached
        pending: DataKeys | None = uow.session.info.get(_SESSION_KEYS)
        if pending is not None:
            return pending
        stored = self._load(uow)
        if stored is not None:
            self._remember(uow.tenant.id, stored)
            return stored
        return self._create(uow)

    def forget(self, tenant_id: UUID | None = None) -> None:
        with self._lock:
            if tenant_id is None:
                self._cache.clear()
            else:
                self._cache.pop(tenant_id, None)

    def rewrap(self, uow: Unit) -> int:
        """Wrap the tenant's data keys with the current master key. Returns how many rows changed."""
        rows = uow.session.scalars(
            select(DataKey).where(DataKey.master_key_id != self.current_id).with_for_update()
        ).all()
        for row in rows:
            data_key = self.unwrap(uow.tenant.id, row.version, row.master_key_id, row.wrapped)
            row.wrapped = self.wrap(uow.tenant.id, row.version, data_key)
            row.master_key_id = self.current_id
        return len(rows)

    def _remember(self, tenant_id: UUID, keys: DataKeys) -> None:
        with self._lock:
            self._cache[tenant_id] = keys

    def _load(self, uow: Unit) -> DataKeys | None:
        rows = uow.session.execute(select(DataKey.version, DataKey.master_key_id, DataKey.wrapped)).all()
        if not rows:
            return None
        return DataKeys({row.version: self.unwrap(uow.tenant.id, *row) for row in rows})

    def _create(self, uow: Unit) -> DataKeys:
        fresh = secrets.token_bytes(KEY_BYTES)
        if uow.read_only:
            # Nothing can be encrypted under a key that does not exist yet: a lookup may run and finds nothing.
            return DataKeys({1: fresh})
        statement = (
            insert(DataKey)
            .values(
                version=1,
                master_key_id=self.current_id,
                wrapped=self.wrap(uow.tenant.id, 1, fresh),
                created_at=utcnow(),
            )
            .on_conflict_do_nothing()
        )
        uow.session.execute(statement)
        keys = self._load(uow)
        if keys is None:
            raise UnknownKey("the tenant's data key could not be stored")
        uow.session.info[_SESSION_KEYS] = keys
        tenant_id = uow.tenant.id
        uow.after_commit(lambda: self._remember(tenant_id, keys))
        return keys


def create_key_file(path: Path) -> None:
    """Write a new master key file with mode 0600; an existing one is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(new_key_line() + "\n")


def add_key(path: Path) -> None:
    """Put a new key first; the older ones stay, so that what they wrap can still be read."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(new_key_line() + "\n" + path.read_text(encoding="ascii"))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def new_key_line() -> str:
    encoded = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
    return f"{secrets.token_hex(4)} {encoded}"


def read_key_file(path: Path) -> dict[str, bytes]:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise KeyFileError(f"cannot read the master key file {path}: {error.strerror}") from None
    if mode & 0o077:
        raise KeyFileError(f"the master key file {path} is open to others (mode {mode:04o}); make it 0600")
    return dict(_parse_lines(path, lines))


def _parse_lines(path: Path, lines: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            key_id, encoded = line.split()
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise KeyFileError(f"line {number} of the master key file {path} is malformed") from None
        if len(key) != KEY_BYTES:
            raise KeyFileError(f"line {number} of the master key file {path} is not a 256-bit key")
        yield key_id, key


def _wrap_aad(tenant_id: UUID, version: int) -> bytes:
    return b"data-key|" + tenant_id.bytes + bytes([version])


_rings: dict[Path, KeyRing] = {}


def key_ring() -> KeyRing:
    """The key ring of this process, read from the master key file at first use. Demo mode makes the file."""
    settings = kernel().settings
    path = settings.master_key_file
    ring = _rings.get(path)
    if ring is None:
        if settings.demo:
            create_key_file(path)
        ring = _rings.setdefault(path, KeyRing.from_file(path))
    return ring


def reload_keys() -> None:
    """Read the master key file again at next use and forget all unwrapped keys."""
    _rings.clear()
