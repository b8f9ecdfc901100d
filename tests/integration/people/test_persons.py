"""Persons: who is the same one, who is found, what is masked, who looked."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from saas.core.actors import Actor, Scope
from saas.core.errors import Forbidden, InvalidInput, NotFound
from saas.people.errors import AlreadyActive, LinkSpent, PhoneNotOnFile
from saas.people.id_numbers import IdNumber, read_id_number
from saas.people.models import PersonPhone, UserAccount
from saas.people.queries import person_hits, search_people
from saas.people.services.activation import activate, activate_resident, invite_account, invite_resident
from saas.people.services.matching import match_person
from saas.people.services.persons import PersonDraft, create_person, reveal, update_person
from tenants.ids import new_id
from tenants.kernel_models import AuditEntry, OutboxMessage
from tenants.tenant import Tenant
from tenants.unit_of_work import unit_of_work
from tests.integration.people.conftest import PASSWORD, ClientOf, bearer, token_of

CARD = IdNumber("id_card", "990000198604282092")
OTHER_CARD = IdNumber("id_card", "99000019490101007X")
PHONE = "19900000617"


def test_phones_are_stored_as_ciphertext_and_found_again(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=admin, draft=PersonDraft("曾慧敏", (PHONE, "01000001234"), CARD))
    with unit_of_work(firm) as uow:
        stored = uow.session.scalars(select(PersonPhone.phone_enc)).all()
        assert all(PHONE.encode() not in blob for blob in stored)
        for text in ("曾慧", "zenghuimin", "cenghui", "zhm", PHONE, "199-0000-0617", "0617", CARD.text):
            assert [hit.id for hit in search_people(uow, admin, text)] == [person_id], text
        for text in ("0618", "huimin", "张", "19900000618"):
            assert search_people(uow, admin, text) == [], text
        hit = person_hits(uow, [person_id])[person_id]
        assert (hit.phones, hit.id_number) == (("199****0617", "010****34"), "990***********2092")


def test_a_role_without_a_place_that_covers_them_finds_nobody(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        create_person(uow, actor=admin, draft=PersonDraft("曾慧敏", (PHONE,)))
        narrow = replace(admin, grants={"people.person_view": Scope(communities=frozenset({new_id()}))})
        assert search_people(uow, narrow, "曾慧敏") == []


def test_a_clerk_of_one_place_neither_unmasks_nor_invites_people_of_another(
    firm: Tenant, admin: Actor
) -> None:
    here = Scope(communities=frozenset({new_id()}))
    codes = ("people.person_view", "people.person_edit", "people.person_reveal", "people.resident_invite")
    narrow = replace(admin, grants=dict.fromkeys(codes, here))
    draft = PersonDraft("曾慧敏", (PHONE,))
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=admin, draft=draft)
        with pytest.raises(NotFound):
            reveal(uow, actor=narrow, person_id=person_id, what="phone", reason="repair")
        with pytest.raises(NotFound):
            invite_resident(uow, actor=narrow, person_id=person_id)
        with pytest.raises(NotFound):
            update_person(uow, actor=narrow, person_id=person_id, draft=draft)


@pytest.mark.parametrize(
    ("known", "row", "same"),
    [
        (PersonDraft("王芳", (PHONE,), CARD), PersonDraft("王方", (), CARD), True),
        (PersonDraft("王芳", (PHONE,), CARD), PersonDraft("王芳", (PHONE,)), True),
        (PersonDraft("王芳", (PHONE,)), PersonDraft("王  芳", ("19911112222", PHONE)), True),
        (PersonDraft("王芳", (PHONE,)), PersonDraft("王芳", (PHONE,), CARD), True),
        (PersonDraft("王芳", (PHONE,), CARD), PersonDraft("王芳", (PHONE,), OTHER_CARD), False),
        (PersonDraft("王芳", (PHONE,)), PersonDraft("李强", (PHONE,)), False),
        (PersonDraft("王芳", (PHONE,)), PersonDraft("王芳", ("19911112222",)), False),
        (PersonDraft("王芳", (PHONE,)), PersonDraft("王芳"), False),
    ],
)
def test_who_is_the_same_person(
    firm: Tenant, admin: Actor, known: PersonDraft, row: PersonDraft, same: bool
) -> None:
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=admin, draft=known)
        assert match_person(uow, row) == (person_id if same else None)


def test_an_identity_number_belongs_to_one_person(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        create_person(uow, actor=admin, draft=PersonDraft("王芳", (), CARD))
        other = create_person(uow, actor=admin, draft=PersonDraft("李强"))
        with pytest.raises(InvalidInput) as refused:
            update_person(uow, actor=admin, person_id=other, draft=PersonDraft("李强", (), CARD))
        assert refused.value.code == "id_number_taken"


def test_unmasking_says_who_and_why_and_keeps_the_value_out_of_the_record(
    firm: Tenant, front_desk: Actor
) -> None:
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=front_desk, draft=PersonDraft("王芳", (PHONE,), CARD))
    with unit_of_work(firm) as uow:
        assert reveal(uow, actor=front_desk, person_id=person_id, what="phone", reason="repair") == [PHONE]
    with unit_of_work(firm) as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == "people.revealed")).one()
        assert (entry.actor_id, entry.subject_id) == (front_desk.user_id, person_id)
        assert (entry.fields, entry.details) == (["phone"], {"reason": "repair"})


def test_without_a_reason_or_the_permission_nothing_is_shown_and_nothing_recorded(
    firm: Tenant, admin: Actor, front_desk: Actor
) -> None:
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=front_desk, draft=PersonDraft("王芳", (PHONE,)))
        with pytest.raises(InvalidInput):
            reveal(uow, actor=front_desk, person_id=person_id, what="phone", reason="")
        with pytest.raises(Forbidden):
            reveal(uow, actor=Actor(kind="staff"), person_id=person_id, what="phone", reason="repair")
        assert "people.revealed" not in uow.session.scalars(select(AuditEntry.action)).all()


def test_the_eye_asks_why_and_then_shows(client_of: ClientOf, firm: Tenant, front_desk: Actor) -> None:
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=front_desk, draft=PersonDraft("王芳", (PHONE,)))
    client = client_of(firm)
    headers = bearer(token_of(client, "13900005555"))
    path = f"/persons/{person_id}/reveal/phone"
    asked = client.get(path, headers=headers | {"HX-Request": "true", "HX-Target": "sheet"}).text
    assert "199****0617" in asked and PHONE not in asked
    shown = client.post(
        f"/api/v1/persons/{person_id}/reveal", json={"what": "phone", "reason": "fee"}, headers=headers
    )
    assert shown.json == {"values": [PHONE]}


def test_a_resident_at_the_code_of_the_room_gets_in_with_a_phone_on_file(firm: Tenant, admin: Actor) -> None:
    with unit_of_work(firm) as uow:
        owner = create_person(uow, actor=admin, draft=PersonDraft("周慧敏", ("19911112222", PHONE)))
        other = create_person(uow, actor=admin, draft=PersonDraft("林建华", ("19933334444",)))
    with unit_of_work(firm) as uow:
        signed = activate_resident(uow, person_ids=[owner, other], phone="199 0000 0617", password=PASSWORD)
        assert (signed.kind, signed.roles) == ("resident", ("resident",))
        account = uow.session.get_one(UserAccount, signed.user_id)
        assert (account.person_id, account.state) == (owner, "active")
    with pytest.raises(AlreadyActive), unit_of_work(firm) as uow:
        activate_resident(uow, person_ids=[owner], phone=PHONE, password="another-password-8")
    with pytest.raises(PhoneNotOnFile), unit_of_work(firm) as uow:
        activate_resident(uow, person_ids=[owner], phone="19933334444", password=PASSWORD)
    with pytest.raises(PhoneNotOnFile), unit_of_work(firm) as uow:
        activate_resident(uow, person_ids=[], phone=PHONE, password=PASSWORD)


def test_an_invitation_works_once_and_the_newest_only(firm: Tenant, front_desk: Actor) -> None:
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=front_desk, draft=PersonDraft("周慧敏", (PHONE,)))
        first = invite_resident(uow, actor=front_desk, person_id=person_id)
        second = invite_resident(uow, actor=front_desk, person_id=person_id)
    with pytest.raises(LinkSpent), unit_of_work(firm) as uow:
        activate(uow, secret=first.path.rsplit("/", 1)[1], password=PASSWORD)
    secret = second.path.rsplit("/", 1)[1]
    with pytest.raises(InvalidInput), unit_of_work(firm) as uow:
        activate(uow, secret=secret, password="12345678")
    with unit_of_work(firm) as uow:
        assert activate(uow, secret=secret, password=PASSWORD).roles == ("resident",)
    with pytest.raises(LinkSpent), unit_of_work(firm) as uow:
        activate(uow, secret=secret, password=PASSWORD)
    with pytest.raises(AlreadyActive), unit_of_work(firm) as uow:
        invite_resident(uow, actor=front_desk, person_id=person_id)


def test_an_invitation_by_mail_keeps_address_and_link_encrypted(firm: Tenant, front_desk: Actor) -> None:
    with unit_of_work(firm) as uow:
        person_id = create_person(uow, actor=front_desk, draft=PersonDraft("周慧敏", (PHONE,)))
        invitation = invite_resident(uow, actor=front_desk, person_id=person_id, email="Zhou@example.com")
        assert invitation.mailed
    with unit_of_work(firm) as uow:
        message = uow.session.scalars(
            select(OutboxMessage).where(OutboxMessage.name == "people.invitation_email")
        ).one()
        kept = str(message.payload) + repr(message.secret)
        assert "zhou@example.com" not in kept and invitation.path not in kept


def test_the_front_desk_invites_residents_but_not_staff(
    firm: Tenant, admin: Actor, front_desk: Actor
) -> None:
    with pytest.raises(Forbidden), unit_of_work(firm) as uow:
        invite_account(uow, actor=front_desk, user_id=admin.user_id)


def test_where_an_identity_number_is_on_file_its_end_is_asked(firm: Tenant, admin: Actor) -> None:
    number = read_id_number("990000195306298455")
    assert isinstance(number, IdNumber)
    with unit_of_work(firm) as uow:
        owner = create_person(uow, actor=admin, draft=PersonDraft("周慧敏", (PHONE,), id_number=number))
    with pytest.raises(PhoneNotOnFile), unit_of_work(firm) as uow:
        activate_resident(uow, person_ids=[owner], phone=PHONE, password=PASSWORD)
    with pytest.raises(PhoneNotOnFile), unit_of_work(firm) as uow:
        activate_resident(uow, person_ids=[owner], phone=PHONE, password=PASSWORD, id_tail="8454")
    with unit_of_work(firm) as uow:
        signed = activate_resident(uow, person_ids=[owner], phone=PHONE, password=PASSWORD, id_tail="8455")
        assert signed.kind == "resident"


def test_an_active_resident_may_do_nothing_of_the_office(
    client_of: ClientOf, firm: Tenant, admin: Actor
) -> None:
    with unit_of_work(firm) as uow:
        owner = create_person(uow, actor=admin, draft=PersonDraft("周慧敏", (PHONE,)))
        activate_resident(uow, person_ids=[owner], phone=PHONE, password=PASSWORD)
    client = client_of(firm)
    headers = bearer(token_of(client, PHONE))
    assert client.get("/api/v1/me", headers=headers).json["person_id"] == str(owner)
    for path in ("/api/v1/staff", "/api/v1/persons?q=zhou", "/api/v1/roles", "/staff", "/settings/audit"):
        assert client.get(path, headers=headers).status_code == 403, path
    assert client.get("/account", headers=headers).status_code == 200
