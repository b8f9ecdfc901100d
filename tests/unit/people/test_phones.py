"""Phones as clerks type them."""

import pytest

from saas.people.phones import mask_email, mask_phone, normalise_phone, split_phones


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("19900005565", "19900005565"),
        (19900009071.0, "19900009071"),
        (19900009071, "19900009071"),
        ("１９９００００７５８９", "19900007589"),
        ("199-0000-0718", "19900000718"),
        ("199 0000 7902", "19900007902"),
        ("19900009256 ", "19900009256"),
        ("+86 199-0000-0718", "19900000718"),
        ("0086 19900000718", "19900000718"),
        ("8619900000718", "19900000718"),
        ("010-00001234", "01000001234"),
        ("(0571) 8000 1234", "057180001234"),
        ("400-800-1234", "4008001234"),
        ("1990000050", None),
        ("199000005012", None),
        ("12345678901", None),
        ("无", None),
        ("", None),
        (None, None),
    ],
)
def test_a_phone_is_kept_as_its_digits_or_refused(typed: object, kept: str | None) -> None:
    assert normalise_phone(typed) == kept


@pytest.mark.parametrize(
    ("cell", "good", "bad"),
    [
        ("19900009271/19900009862", ["19900009271", "19900009862"], []),
        ("19900009271 ／ 199-0000-9862", ["19900009271", "19900009862"], []),
        ("19900009271、19900009271", ["19900009271"], []),
        ("1990000050/19900009862", ["19900009862"], ["1990000050"]),
        ("/", [], []),
        ("无", [], []),
        ("  ", [], []),
    ],
)
def test_several_phones_in_one_cell(cell: str, good: list[str], bad: list[str]) -> None:
    assert split_phones(cell) == (good, bad)


def test_masks_leave_enough_to_recognise_and_too_little_to_call() -> None:
    assert mask_phone("19900005565") == "199****5565"
    assert mask_phone("01000001234") == "010****34"
    assert mask_email("liting@example.com") == "l***@example.com"
