"""Owners and residents: search, add, unmask, invite."""

from typing import Any
from uuid import UUID

from saas.people.api.staff import invitation_view
from saas.people.permissions import PERSON_EDIT, PERSON_REVEAL, PERSON_VIEW, RESIDENT_INVITE
from saas.people.presenting import person_draft
from saas.people.queries import person_hits, search_people
from saas.people.schemas import (
    InvitationSchema,
    PersonInSchema,
    PersonSchema,
    PersonSearchArgs,
    RevealedSchema,
    RevealSchema,
)
from saas.people.services.activation import invite_resident
from saas.people.services.persons import create_person, reveal
from saas.web.api import API_PREFIX, Blueprint, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work

blp = Blueprint("people_persons_api", __name__, url_prefix=API_PREFIX, description="Owners and residents")


@blp.get("/persons")
@blp.arguments(PersonSearchArgs, location="query")
@blp.response(200, listing_of(PersonSchema))
@access(PERSON_VIEW.code)
def persons_search(args: dict[str, Any]) -> dict[str, Any]:
    """Persons whose name, pinyin, phone, last four digits or identity number matches."""
    with work(read_only=True) as uow:
        found = search_people(uow, current_actor(), args["q"], limit=args["limit"])
        return {"items": found, "next_cursor": None}


@blp.post("/persons")
@blp.arguments(PersonInSchema)
@blp.response(201, PersonSchema)
@access(PERSON_EDIT.code)
def persons_create(data: dict[str, Any]) -> Any:
    """Add a person."""
    with work() as uow:
        person_id = create_person(uow, actor=current_actor(), draft=person_draft(data))
        return person_hits(uow, [person_id])[person_id]


@blp.post("/persons/<uuid:person_id>/reveal")
@blp.arguments(RevealSchema)
@blp.response(200, RevealedSchema)
@access(PERSON_REVEAL.code)
def persons_reveal(data: dict[str, Any], person_id: UUID) -> dict[str, Any]:
    """Unmask phones or identity number; who and why is recorded."""
    with work() as uow:
        return {"values": reveal(uow, actor=current_actor(), person_id=person_id, **data)}


@blp.post("/persons/<uuid:person_id>/invitation")
@blp.response(201, InvitationSchema)
@blp.alt_response(409, description="the resident can sign in already")
@access(RESIDENT_INVITE.code)
def persons_invite(person_id: UUID) -> dict[str, Any]:
    """A one-time link with which the resident sets a password."""
    with work() as uow:
        return invitation_view(invite_resident(uow, actor=current_actor(), person_id=person_id))
