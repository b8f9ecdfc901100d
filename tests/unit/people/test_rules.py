"""Names, identity numbers, passwords, addresses, shifts and skills: rules without a database."""

from dataclasses import replace
from datetime import datetime
from time import perf_counter

import pytest

from saas.people.id_numbers import BadIdNumber, IdNumber, mask_id_number, read_id_number
from saas.people.names import normalise_name, pinyin_keys
from saas.people.passwords import hash_password, needs_rehash, password_problem, verify_password
from saas.people.shifts import SHIFTS, read_shift
from saas.people.skills import normalise_job_title, skills_from
from saas.people.slugs import propose_slugs, slug_problem


def test_a_name_is_found_by_every_reading_in_full_and_by_initials() -> None:
    keys = pinyin_keys("曾单").split()
    assert {"zengdan", "zengshan", "zengchan", "cengdan", "zd", "zs", "cs"} <= set(keys)
    assert pinyin_keys("曾单").startswith("zeng")
    assert pinyin_keys("Mary Ann").split() == ["maryann", "mary", "ann"]


@pytest.mark.parametrize(
    ("typed", "kept"), [("冯  轩", "冯轩"), (" 王 芳 ", "王芳"), ("Mary  Ann", "Mary Ann")]
)
def test_blanks_inside_chinese_names_go(typed: str, kept: str) -> None:
    assert normalise_name(typed) == kept


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (" 99000019860428209２", IdNumber("id_card", "990000198604282092")),
        ("91990000MA00001A5P", IdNumber("company_code", "91990000MA00001A5P")),
        ("990000196806268803", BadIdNumber("id_checksum")),
        ("9.90E+17", BadIdNumber("id_damaged")),
        (9.90000196501049e17, BadIdNumber("id_damaged")),
        ("E12345678", IdNumber("passport", "E12345678")),
        ("/", None),
        (None, None),
    ],
)
def test_identity_numbers_are_read_by_length_date_and_checksum(cell: object, read: object) -> None:
    assert read_id_number(cell) == read


def test_a_lower_case_check_letter_is_the_same_number() -> None:
    upper, lower = read_id_number("99000019490101007X"), read_id_number("99000019490101007x")
    assert upper == lower


def test_an_identity_number_is_masked_to_its_ends() -> None:
    assert mask_id_number("990000198604282092") == "990***********2092"
    assert mask_id_number("E12345678") == "E*******8"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short7!", "password_short"),
        ("x" * 129, "password_long"),
        ("12345678", "password_common"),
        ("Password123", "password_common"),
        ("1qaz2wsx", "password_common"),
        ("abcd1234", "password_common"),
        ("1234qwer", "password_common"),
        ("20261123", "password_common"),
        ("woaini1314", "password_common"),
        ("aaaaaaaaaa", "password_common"),
        ("abcabcabcabc", "password_common"),
        ("qwertyuiopasdfghjkl", "password_common"),
        ("anhewuye88", "password_personal"),
        ("13900001234", "password_personal"),
        ("ludan-shanshui-42", None),
        ("天黑了早点回家吃饭", None),
        ("correct horse battery", None),
    ],
)
def test_passwords_that_others_try_first_are_refused(password: str, problem: str | None) -> None:
    words = ["anhewuye", "13900001234", "李婷"]
    assert password_problem(password, profile="nist", known_words=words) == problem


def test_a_long_row_of_digits_is_judged_at_once() -> None:
    began = perf_counter()
    assert password_problem("1234567890" * 12 + "123", profile="nist") == "password_common"
    assert password_problem("1234567890" * 12 + "x", profile="nist") is None
    assert perf_counter() - began < 0.5


def test_the_dengbao_profile_asks_for_three_kinds_of_characters() -> None:
    assert password_problem("quietriverstone", profile="dengbao") == "password_plain"
    assert password_problem("Quiet-river-7", profile="dengbao") is None


def test_a_full_width_keyboard_types_the_same_password() -> None:
    stored = hash_password("quiet-river-77", profile="test")
    assert verify_password(stored, "ｑｕｉｅｔ－ｒｉｖｅｒ－７７", profile="test")
    assert not verify_password(stored, "quiet-river-78", profile="test")
    assert not verify_password(None, "quiet-river-77", profile="test")
    assert needs_rehash(stored, profile="nist")


def test_addresses_are_proposed_from_the_pinyin_of_what_is_particular_in_the_name() -> None:
    assert propose_slugs("北京安和物业管理有限公司")[:3] == ["beijinganhe", "beijinganhewy", "bjahwy"]
    assert propose_slugs("锦绣物业")[0] == "jinxiu"
    assert propose_slugs("Anju")[0] == "anjuwy"
    assert all(
        slug_problem(slug) is None for name in ("物业", "一二三", "", "###") for slug in propose_slugs(name)
    )


@pytest.mark.parametrize(
    ("text", "key", "hours"),
    [
        ("早班(07:00-15:00)", "early", ("07:00", "15:00")),
        ("中班", "day", ("15:00", "23:00")),
        ("夜班(23:00-07:00)", "night", ("23:00", "07:00")),
        ("行政班(08:00-17:00)", "office", ("08:00", "17:00")),
        ("早班（６：３０－１４：３０）", "early", ("06:30", "14:30")),
    ],
)
def test_shifts_are_read_as_lists_write_them(text: str, key: str, hours: tuple[str, str]) -> None:
    shift = read_shift(text)
    assert shift is not None
    assert (shift.key, f"{shift.start:%H:%M}", f"{shift.end:%H:%M}") == (key, *hours)


def test_an_unknown_shift_is_not_guessed() -> None:
    assert read_shift("轮休") is None


@pytest.mark.parametrize(
    ("shift", "local", "on_duty"),
    [
        ("early", "2026-11-23T07:00", True),
        ("early", "2026-11-23T15:00", False),
        ("night", "2026-11-23T23:30", True),
        ("night", "2026-11-24T06:59", True),
        ("night", "2026-11-24T07:00", False),
        ("office", "2026-11-21T10:00", False),  # a Saturday
        ("office", "2026-11-23T10:00", True),
    ],
)
def test_who_is_on_duty_when(shift: str, local: str, on_duty: bool) -> None:
    assert SHIFTS[shift].covers(datetime.fromisoformat(local)) is on_duty


def test_a_night_that_began_on_a_working_day_runs_into_the_free_one() -> None:
    friday_nights = replace(SHIFTS["night"], weekdays=(5,))
    assert friday_nights.covers(datetime.fromisoformat("2026-11-28T03:00"))  # Saturday, 3 o'clock
    assert not friday_nights.covers(datetime.fromisoformat("2026-11-27T03:00"))


@pytest.mark.parametrize("title", ["维修（水电）", "维修－水电", "维修-水电 ", "维修(水电)"])
def test_job_titles_are_one_however_written(title: str) -> None:
    assert normalise_job_title(title) == "维修-水电"


def test_skills_follow_from_job_and_words() -> None:
    assert skills_from("维修-水电", ["水泵检修"]) == ["plumbing", "electrical", "hvac", "gas"]
    assert skills_from("保安", ["消控证"]) == ["fire_safety", "parking", "security"]
    assert skills_from("财务", ["会计初级"]) == []
