"""The master key file: made with mode 0600, read line by line, refused when others may read it."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from tenants.keys import KeyFileError, KeyRing, UnknownKey, create_key_file, new_key_line, read_key_file

TENANT, OTHER = UUID(int=1), UUID(int=2)


def test_a_new_file_is_private_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "master.key"
    create_key_file(path)
    content = path.read_text()
    create_key_file(path)
    assert path.read_text() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [len(key) for key in read_key_file(path).values()] == [32]


def test_a_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_key_file(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="0640"):
        read_key_file(path)


@pytest.mark.parametrize("line", ["one", "id not-base64!", "id c2hvcnQ="])
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(f"{new_key_line()}\n{line}\n")
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="line 2"):
        read_key_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"master\.key"):
        KeyRing.from_file(tmp_path / "master.key")


def test_a_wrapped_key_belongs_to_one_tenant_and_version() -> None:
    ring = KeyRing({"a": bytes(32)})
    wrapped = ring.wrap(TENANT, 1, b"k" * 32)
    assert ring.unwrap(TENANT, 1, "a", wrapped) == b"k" * 32
    with pytest.raises(InvalidTag):
        ring.unwrap(OTHER, 1, "a", wrapped)
    with pytest.raises(InvalidTag):
        ring.unwrap(TENANT, 2, "a", wrapped)
    with pytest.raises(UnknownKey, match="master key b"):
        ring.unwrap(TENANT, 1, "b", wrapped)
    with pytest.raises(UnknownKey, match="algorithm 9"):
        ring.unwrap(TENANT, 1, "a", b"\x09" + wrapped[1:])
