"""Passwords: what is accepted, and how they are kept (Argon2id under one of three profiles).

NIST 800-63B-4: length counts, no composition rules, no forced change, and a list of what everyone tries first.
The 等保 profile adds the composition that Chinese classified-protection audits ask for, and costs more to hash.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

PASSWORD_MIN = 8
PASSWORD_MAX = 128


@dataclass(frozen=True)
class Profile:
    """Argon2id cost (memory in KiB) and whether three of four kinds of characters are asked for."""

    time_cost: int
    memory_cost: int
    parallelism: int
    composed: bool = False


PROFILES = {
    "nist": Profile(time_cost=2, memory_cost=19_456, parallelism=1),
    "dengbao": Profile(time_cost=3, memory_cost=65_536, parallelism=1, composed=True),
    "test": Profile(time_cost=1, memory_cost=64, parallelism=1),
}

_WALKS = ("1234567890", "0987654321", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r5t6y7u8i9o0p",
          "1qaz2wsx3edc4rfv", "qazwsxedcrfv", "abcdefghijklmnopqrstuvwxyz", "147258369", "741852963")  # fmt: skip
_LONGEST_RUN = 2 * max(len(walk) for walk in _WALKS)

# What people really type first, in Chinese offices and elsewhere; suffixes and capital letters are stripped before.
_COMMON_WORDS = (
    "password passw0rd p@ssword p@ssw0rd pa55word iloveyou woaini woaini1314 woaini520 5201314 1314520 7758521 "
    "7758258 520520 admin administrator root guest welcome letmein monkey dragon sunshine princess football baseball "
    "superman batman master shadow michael jordan computer internet samsung huawei xiaomi taobao alibaba tencent "
    "baidu wechat weixin qqqqqq aini asd asdasd zaq1zaq1 q1w2e3r4 a1b2c3d4 abc aaa qwe asdqwe zxczxc trustno1 "
    "changeme default secret login test testing temp user system manager office company wuye wuyeguanli anju anjuwuye "
    "xiaoqu yezhu kefu shouyin caiwu zhongguo beijing shanghai guangzhou shenzhen hello helloworld nihao nihaoma "
    "woshishui wodemima mima mimamima zhimakaimen woaiwojia woaizhongguo caonima loveyou forever hunter killer "
    "starwars pokemon whatever freedom access flower charlie summer winter spring autumn"
)
_COMMON = frozenset(_COMMON_WORDS.split())


def password_problem(password: str, *, profile: str, known_words: Iterable[str] = ()) -> str | None:
    """None when acceptable, else `password_short`, `password_long`, `password_common`, `password_personal`
    or `password_plain` (too few kinds of characters, 等保 only). `known_words`: own name, phone, firm, slug."""
    kept = normalise_password(password)
    if len(kept) < PASSWORD_MIN:
        return "password_short"
    if len(kept) > PASSWORD_MAX:
        return "password_long"
    folded = kept.lower()
    if _is_common(folded):
        return "password_common"
    for word in known_words:
        lowered = normalise_password(word).lower()
        if len(lowered) >= 3 and lowered in folded and len(folded) - len(lowered) < 6:
            return "password_personal"
    if PROFILES[profile].composed and _kinds(kept) < 3:
        return "password_plain"
    return None


def _kinds(text: str) -> int:
    return sum(bool(re.search(kind, text)) for kind in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]"))


def _is_common(folded: str) -> bool:
    core = re.sub(r"[\d!@#$%^&*._\-]+\Z", "", re.sub(r"\A[\d!@#$%^&*._\-]+", "", folded))
    if folded in _COMMON or core in _COMMON or len(set(folded)) <= 3:
        return True
    if re.fullmatch(r"(?:19|20)\d{6}", folded):
        return True
    lone_letters = len(core) < 3 and len(folded) < 11 and _is_walks(re.sub(r"\D", "", folded))
    return _is_walks(folded) or _is_repeat(folded) or lone_letters


def _is_walks(text: str) -> bool:
    """True when the text is one or more runs of three and more along the keyboard, the alphabet or the digits.

    Works from the front, remembering which ends a row of runs can reach: trying every way to cut the text would
    take longer than the universe for 128 digits.
    """
    reached = {0}
    for start in range(len(text)):
        if start in reached:
            longest = min(len(text), start + _LONGEST_RUN)
            reached |= {end for end in range(start + 3, longest + 1) if _on_a_walk(text[start:end])}
    return len(text) in reached


def _on_a_walk(run: str) -> bool:
    return any(run in walk * 2 or run in walk[::-1] * 2 for walk in _WALKS)


def _is_repeat(text: str) -> bool:
    return any(
        text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1) if size <= 4
    )


def normalise_password(password: str) -> str:
    """NFKC, so that a full-width keyboard types the same password."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher(profile: str) -> PasswordHasher:
    cost = PROFILES[profile]
    return PasswordHasher(
        time_cost=cost.time_cost, memory_cost=cost.memory_cost, parallelism=cost.parallelism
    )


@cache
def _decoy(profile: str) -> str:
    return _hasher(profile).hash(secrets.token_hex(16))


def hash_password(password: str, *, profile: str) -> str:
    """The Argon2id record to store, parameters and salt included."""
    return _hasher(profile).hash(normalise_password(password))


def verify_password(stored: str | None, password: str, *, profile: str) -> bool:
    """True if it matches. Without a stored record the same work is done against a decoy, so time tells nothing."""
    try:
        matched = _hasher(profile).verify(stored or _decoy(profile), normalise_password(password))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return matched and stored is not None


def needs_rehash(stored: str, *, profile: str) -> bool:
    """True if the record was made under another cost than the profile's."""
    return _hasher(profile).check_needs_rehash(stored)
