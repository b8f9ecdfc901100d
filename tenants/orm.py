"""Declarative bases of the two schemas and the mixins that every slice shares."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Boolean, Date, DateTime, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeEngine

from tenants import clock

NAMING = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

PYTHON_TYPES: dict[Any, TypeEngine[Any]] = {
    UUID: Uuid(),
    str: Text(),
    bytes: LargeBinary(),
    int: Integer(),
    bool: Boolean(),
    date: Date(),
    datetime: DateTime(timezone=True),
}


class TenantBase(DeclarativeBase):
    """Tables that exist once in every tenant's schema; the schema is chosen by search_path."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, TypeEngine[Any]]] = PYTHON_TYPES


class PlatformBase(DeclarativeBase):
    """Tables of the control schema."""

    metadata = MetaData(naming_convention=NAMING, schema="platform")
    type_annotation_map: ClassVar[dict[Any, TypeEngine[Any]]] = PYTHON_TYPES


class Versioned:
    """A row that two people may edit: `version` rises with each update and guards it."""

    version: Mapped[int] = mapped_column(Integer, nullable=False)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> Mapping[str, Any]:
        """Make the mapper compare and raise the version."""
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


class Stamped:
    """A row that knows when it was made and last changed, by the app's clock."""

    created_at: Mapped[datetime] = mapped_column(default=clock.utcnow)
    updated_at: Mapped[datetime] = mapped_column(default=clock.utcnow, onupdate=clock.utcnow)


def is_append_only(table: Table) -> bool:
    """Whether the tenant role may only insert into and read the table."""
    return bool(table.info.get("append_only"))
