"""From a typed text to weighted features with the places they came from; the same code trains and runs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from pypinyin import lazy_pinyin

CONCEPTS = Path(__file__).parent / "data" / "concepts.txt"
LONGEST = 2000

_ROOM = re.compile(r"(?<![a-z0-9])[a-z]?\d{1,3}(?:\s*[-#/]\s*\d{1,4}){1,3}(?!\d)")
_NUMBER = re.compile(r"\d+")
_GAP = re.compile(r"[^\w]+|_+")
_EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿‍️]")
_HAN_RUN = re.compile(r"[㐀-鿿]+")
_LATIN_WORD = re.compile(r"[a-z][a-z']+")
_CLAUSE_END = re.compile(r"[，。！？!?,;；、…~～\s]+")
_ALL_RIGHT = re.compile(
    r"没问题|正常|没事|好好的|没漏|没占|没坏|都好|很好|没味|没有味|没堵|不是燃气|\bfine\b|\bok\b"
)
_ASCII = re.compile(r"^[\x00-\x7f]+$")


@dataclass(frozen=True)
class Feature:
    """One feature of one block, with the half-open span of the original text it was read from."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Folded:
    """The text folded for matching; ``places[i]`` is the index in the original of folded character i."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        if not self.places:
            return 0, 0
        first = self.places[min(start, len(self.places) - 1)]
        return first, self.places[min(max(end - 1, start), len(self.places) - 1)] + 1


def fold(original: str) -> Folded:
    """Half-width lower case without emoji, room numbers, figures (0 stands for any) and punctuation."""
    characters: list[str] = []
    places: list[int] = []
    for index, character in enumerate(original[:LONGEST]):
        for piece in unicodedata.normalize("NFKC", character).lower():
            if not _EMOJI.match(piece):
                characters.append(piece)
                places.append(index)
    for pattern, stand_in in ((_ROOM, " "), (_NUMBER, "0"), (_GAP, " ")):
        characters, places = _replace(pattern, stand_in, characters, places)
    text = "".join(characters)
    skipped = len(text) - len(text.lstrip())
    text = text.strip()
    return Folded(text, tuple(places[skipped : skipped + len(text)]))


def _replace(
    pattern: re.Pattern[str], stand_in: str, characters: list[str], places: list[int]
) -> tuple[list[str], list[int]]:
    kept: list[str] = []
    kept_places: list[int] = []
    end = 0
    for match in pattern.finditer("".join(characters)):
        kept += characters[end : match.start()]
        kept_places += places[end : match.start()]
        kept.append(stand_in)
        kept_places.append(places[match.start()])
        end = match.end()
    return kept + characters[end:], kept_places + places[end:]


def gram_features(folded: Folded) -> Iterator[Feature]:
    """Character 1- and 2-grams (the text's edges count as blanks), Latin words and pairs of them."""
    padded = f" {folded.text} "
    for size in (1, 2):
        for at in range(len(padded) - size + 1):
            gram = padded[at : at + size]
            if gram != " ":
                yield Feature(gram, *folded.span(max(at - 1, 0), max(at - 1 + size, 1)))
    words = list(_LATIN_WORD.finditer(folded.text))
    for word in words:
        yield Feature(f"w:{word.group()}", *folded.span(word.start(), word.end()))
    for left, right in pairwise(words):
        yield Feature(f"w:{left.group()}_{right.group()}", *folded.span(left.start(), right.end()))


def sound_features(folded: Folded) -> Iterator[Feature]:
    """Toneless syllables, alone and in pairs: a homophone typed for the right character still counts."""
    for run in _HAN_RUN.finditer(folded.text):
        sounds = ["^", *lazy_pinyin(run.group()), "$"]
        for size in (1, 2, 3):
            for at in range(len(sounds) - size + 1):
                start = run.start() + max(at - 1, 0)
                end = min(run.start() + at - 1 + size, run.end())
                yield Feature(".".join(sounds[at : at + size]), *folded.span(start, max(end, start + 1)))


def concept_features(original: str, folded: Folded) -> Iterator[Feature]:
    """Concepts of the word list, pairs of them, the first and the last; those said to be all right apart."""
    found, fine = find_concepts(original, folded)
    for name in fine:
        yield Feature(f"not:{name}", 0, 0)
    for name, start, end in found:
        yield Feature(name, *folded.span(start, end))
    if found:
        yield Feature(f"first:{found[0][0]}", *folded.span(*found[0][1:]))
        yield Feature(f"last:{found[-1][0]}", *folded.span(*found[-1][1:]))
    names = sorted(found)
    for index, (left, start, end) in enumerate(names):
        for right, _, _ in names[index + 1 :]:
            yield Feature(f"{left}+{right}", *folded.span(start, end))


def find_concepts(original: str, folded: Folded) -> tuple[list[tuple[str, int, int]], list[str]]:
    """(concept, start, end) in folded places by place, and the concepts named only to say they are all right."""
    clauses = _clauses(original)
    found, fine = [], []
    for name, pattern in concept_patterns():
        match = pattern.search(folded.text)
        if match is None:
            continue
        holding = [clause for clause in clauses if pattern.search(clause)] if len(clauses) > 1 else []
        if holding and all(_ALL_RIGHT.search(clause) for clause in holding):
            fine.append(name)
        else:
            found.append((name, match.start(), match.end()))
    return sorted(found, key=lambda hit: hit[1]), fine


def _clauses(original: str) -> list[str]:
    half_width = unicodedata.normalize("NFKC", original[:LONGEST]).lower()
    if _ASCII.match(half_width):
        return [half_width]
    return [clause for clause in (fold(piece).text for piece in _CLAUSE_END.split(half_width)) if clause]


@cache
def concept_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """One pattern per line of data/concepts.txt, longest term first."""
    patterns = []
    for line in CONCEPTS.read_text(encoding="utf-8").splitlines():
        name, separator, terms = line.partition(": ")
        if separator and not line.startswith("#"):
            ordered = sorted(terms.split(), key=len, reverse=True)
            patterns.append((name, re.compile("|".join(_term_pattern(term) for term in ordered))))
    return tuple(patterns)


def _term_pattern(term: str) -> str:
    ends = term.endswith("$")
    plain = re.sub(r"[_'/-]", " ", term.rstrip("$")).strip()
    if not _ASCII.match(plain):
        return re.escape(plain)
    return r"(?<![a-z])" + re.escape(plain) + (r"(?![a-z])" if ends else "")


@dataclass(frozen=True)
class Block:
    """A group of features weighted on its own: sublinear or binary counts, idf, unit length, then ``weight``."""

    name: str
    weight: float
    binary: bool


BLOCKS = (Block("grams", 1.0, False), Block("concepts", 1.0, True), Block("sounds", 0.7, False))


def extract(original: str) -> dict[str, list[Feature]]:
    """All features of a text, by block."""
    folded = fold(original)
    return {
        "grams": list(gram_features(folded)),
        "concepts": list(concept_features(original, folded)),
        "sounds": list(sound_features(folded)),
    }
