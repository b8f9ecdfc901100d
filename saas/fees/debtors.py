"""Who owes for a room on which days: owners or tenants over time, jointly or by share. Pure, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

from saas.estate.codes import OWNING_ROLES


@dataclass(frozen=True)
class Holder:
    """A person in a room with a role, half-open days; the earliest entered comes first."""

    person_id: UUID
    name: str
    role: str
    share: Fraction | None
    starts_on: date | None
    ends_on: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the person is there on a day."""
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day < self.ends_on
        )


@dataclass(frozen=True)
class Debtor:
    """One who owes, with the share of the line; a name alone is a debtor who is no person on file."""

    person_id: UUID | None
    name: str
    share: Fraction = Fraction(1)

    @property
    def key(self) -> tuple[str, Fraction]:
        """What makes a debtor another one: a corrected name does not."""
        return (str(self.person_id) if self.person_id else self.name, self.share)


@dataclass(frozen=True)
class Span:
    """Days on which the same debtors owe; `end` None is open."""

    start: date
    end: date | None
    debtors: tuple[Debtor, ...]

    @property
    def key(self) -> tuple[tuple[str, Fraction], ...]:
        """Equal keys: the same debtors."""
        return tuple(debtor.key for debtor in self.debtors)


def debtor_spans(
    holders: Sequence[Holder], payer: str, by_share: bool, start: date, end: date | None, nobody: str
) -> list[Span]:
    """The debtors from `start` on, cut where they change; `nobody` is the name for days without a holder."""
    edges = {start}
    for holder in holders:
        for day in (holder.starts_on, holder.ends_on):
            if day is not None and day > start and (end is None or day < end):
                edges.add(day)
    cuts: list[date | None] = [*sorted(edges), end]
    found: list[Span] = []
    for first, last in pairwise(cuts):
        assert first is not None
        debtors = _debtors_on(holders, payer, by_share, first, nobody)
        if found and found[-1].key == tuple(debtor.key for debtor in debtors):
            found[-1] = Span(found[-1].start, last, debtors)
        else:
            found.append(Span(first, last, debtors))
    return found


def _debtors_on(
    holders: Sequence[Holder], payer: str, by_share: bool, day: date, nobody: str
) -> tuple[Debtor, ...]:
    there = [holder for holder in holders if holder.holds_on(day)]
    owners = [holder for holder in there if holder.role in OWNING_ROLES]
    tenants = [holder for holder in there if holder.role == "tenant"]
    chosen = (tenants or owners) if payer == "tenant" else owners
    distinct = list({holder.person_id: holder for holder in reversed(chosen)}.values())[::-1]
    if not distinct:
        return (Debtor(None, nobody),)
    if not by_share or len(distinct) == 1:
        return (Debtor(distinct[0].person_id, "、".join(holder.name for holder in distinct)),)
    shares = [holder.share for holder in distinct]
    even = Fraction(1, len(distinct))
    known = [share for share in shares if share is not None]
    fair = known if len(known) == len(shares) and sum(known) > 0 else [even] * len(shares)
    whole = sum(fair, start=Fraction(0))
    return tuple(
        Debtor(holder.person_id, holder.name, share / whole)
        for holder, share in zip(distinct, fair, strict=True)
    )
