"""Field encryption and blind indexes for personal data.

A ciphertext is: algorithm id (1 byte), data key version (1 byte), nonce (12), AES-256-GCM output. Tenant, table,
column and row are authenticated with it, so a value copied to another place does not decrypt."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenants.keys import AES_256_GCM, NONCE_BYTES, UnknownKey, key_ring
from tenants.unit import Unit

_HEADER_BYTES = 2


class TamperedField(Exception):
    """A stored ciphertext does not belong to this tenant, table, column and row, or was altered."""


def encrypt_field(uow: Unit, value: str, *, table: str, column: str, row_id: UUID) -> bytes:
    keys = key_ring().data_keys(uow)
    version = keys.current
    nonce = secrets.token_bytes(NONCE_BYTES)
    aad = _aad(uow.tenant.id, table, column, row_id)
    return (
        bytes([AES_256_GCM, version]) + nonce + AESGCM(keys.key(version)).encrypt(nonce, value.encode(), aad)
    )


def decrypt_field(uow: Unit, blob: bytes, *, table: str, column: str, row_id: UUID) -> str:
    if len(blob) < _HEADER_BYTES + NONCE_BYTES:
        raise TamperedField(f"{table}.{column}")
    algorithm, version = blob[0], blob[1]
    if algorithm != AES_256_GCM:
        raise UnknownKey(f"algorithm {algorithm}")
    key = key_ring().data_keys(uow).key(version)
    nonce, ciphertext = blob[_HEADER_BYTES : _HEADER_BYTES + NONCE_BYTES], blob[_HEADER_BYTES + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _aad(uow.tenant.id, table, column, row_id)).decode()
    except InvalidTag:
        raise TamperedField(f"{table}.{column}") from None


def blind_index(uow: Unit, kind: str, normalised: str) -> bytes:
    """32 bytes that are equal for equal values of one tenant and kind, and tell nothing else."""
    return hmac.digest(key_ring().data_keys(uow).index_key(kind), normalised.encode(), sha256)


def _aad(tenant_id: UUID, table: str, column: str, row_id: UUID) -> bytes:
    return b"|".join((tenant_id.bytes, table.encode(), column.encode(), row_id.bytes))
