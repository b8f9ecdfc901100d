"""Tables of people: accounts and their sessions, roles, staff members, and the persons who own or live in rooms."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tenants.ids import new_id
from tenants.orm import Stamped, TenantBase, Versioned


class UserAccount(TenantBase, Versioned, Stamped):
    """Who may sign in. A phone may stand at several accounts (guards share the duty phone), a login name at one."""

    __tablename__ = "user_account"
    __table_args__ = (
        Index("ix_user_account_phone_index", "phone_index"),
        Index("ix_user_account_email_index", "email_index"),
        Index("ix_user_account_person_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]  # staff | resident
    state: Mapped[str] = mapped_column(default="invited")  # invited | active | disabled
    name: Mapped[str]
    name_pinyin: Mapped[str]
    login_name: Mapped[str | None] = mapped_column(unique=True)
    phone_enc: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_enc: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    password_hash: Mapped[str | None]
    password_changed_at: Mapped[datetime | None]
    locale: Mapped[str | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    roles: Mapped[list["UserRole"]] = relationship(back_populates="account", cascade="all, delete-orphan")
    staff: Mapped["StaffMember | None"] = relationship(back_populates="account")


class Role(TenantBase, Versioned, Stamped):
    """A named set of permissions; built-in ones have a key. `seen` holds the permissions known when its grants
    were last written: a built-in role gets the defaults of newer ones until someone edits it."""

    __tablename__ = "role"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    own_only: Mapped[bool] = mapped_column(default=False)
    seen: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)

    grants: Mapped[list["RoleGrant"]] = relationship(cascade="all, delete-orphan")


class RoleGrant(TenantBase):
    """One permission of a role."""

    __tablename__ = "role_grant"

    role_id: Mapped[UUID] = mapped_column(ForeignKey("role.id"), primary_key=True)
    permission: Mapped[str] = mapped_column(primary_key=True)


class UserRole(TenantBase):
    """A role held by an account: everywhere, or in some communities and buildings."""

    __tablename__ = "user_role"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("role.id"), primary_key=True)
    everywhere: Mapped[bool] = mapped_column(default=False)
    communities: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)), default=list)
    buildings: Mapped[list[UUID]] = mapped_column(ARRAY(PgUuid(as_uuid=True)), default=list)

    account: Mapped[UserAccount] = relationship(back_populates="roles")
    role: Mapped[Role] = relationship()


class LoginSession(TenantBase):
    """A signed-in browser (`web`) or an API token (`api`); only the hash of the secret is kept."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    client: Mapped[str] = mapped_column(default="")  # browser and system in words, for the list of sessions
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OneTimeToken(TenantBase):
    """A secret that works once: `activate` (set the first password), `reset`, `enter` (sign in after sign-up)."""

    __tablename__ = "one_time_token"
    __table_args__ = (Index("ix_one_time_token_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    purpose: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StaffMember(TenantBase, Versioned, Stamped):
    """The working side of a staff account: job, skills, shift, load, last known place."""

    __tablename__ = "staff_member"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), unique=True)
    job_number: Mapped[str | None] = mapped_column(unique=True)
    job_title: Mapped[str] = mapped_column(default="")
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # repair categories
    certificates: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)  # as the firm writes them
    shift: Mapped[str] = mapped_column(default="office")  # early | day | night | office
    shift_start: Mapped[time]
    shift_end: Mapped[time]
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), default=list)  # 1 Monday … 7 Sunday
    max_open_orders: Mapped[int] = mapped_column(SmallInteger, default=5)
    last_lat: Mapped[float | None]
    last_lng: Mapped[float | None]
    last_place_at: Mapped[datetime | None]

    account: Mapped[UserAccount] = relationship(back_populates="staff")


class Person(TenantBase, Versioned, Stamped):
    """An owner or resident, or a company that owns rooms. Where they live is estate's (occupancy)."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(default="person")  # person | company
    name: Mapped[str]
    name_pinyin: Mapped[str]
    id_kind: Mapped[str | None]  # id_card | passport | company_code
    id_number_enc: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)

    phones: Mapped[list["PersonPhone"]] = relationship(
        order_by="PersonPhone.position", cascade="all, delete-orphan"
    )


class PersonPhone(TenantBase):
    """A phone of a person: encrypted, found by the blind index of the whole number or of its last four digits."""

    __tablename__ = "person_phone"
    __table_args__ = (
        Index("ix_person_phone_person_id", "person_id"),
        Index("ix_person_phone_phone_index", "phone_index"),
        Index("ix_person_phone_phone4_index", "phone4_index"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    phone_enc: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes] = mapped_column(LargeBinary)
    phone4_index: Mapped[bytes] = mapped_column(LargeBinary)
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
