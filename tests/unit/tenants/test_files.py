"""Files lie in their tenant's folder and nowhere else."""

from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from tenants.files import BadKey, FileStore, StoredFile
from tenants.tenant import Tenant

A = Tenant(UUID(int=1), "a-firm", "A")
B = Tenant(UUID(int=2), "b-firm", "B")


def test_what_is_put_is_read_and_deleted(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    stored = store.put(A, "photos/01.jpg", b"one")
    assert stored == StoredFile("photos/01.jpg", sha256(b"one").hexdigest(), 3)
    store.put(A, "photos/01.jpg", b"two")
    assert store.read(A, "photos/01.jpg") == b"two"
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        f"files/{A.id}/photos/01.jpg"
    ]
    store.delete(A, "photos/01.jpg")
    store.delete(A, "photos/01.jpg")
    with pytest.raises(FileNotFoundError):
        store.open(A, "photos/01.jpg")


def test_another_tenant_has_no_such_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    store.put(A, "photos/01.jpg", b"one")
    with pytest.raises(FileNotFoundError):
        store.open(B, "photos/01.jpg")


@pytest.mark.parametrize(
    "key", ["../x", "/etc/passwd", "a/../b", "", "a//b", ".hidden", "a b", "照片.jpg", "a\x00", "a/"]
)
def test_keys_that_nobody_makes_are_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadKey):
        FileStore(tmp_path).put(A, key, b"x")
