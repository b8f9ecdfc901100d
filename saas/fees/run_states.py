"""The states of a bill run: the one table of arrows, enforced in the service."""

ARROWS: dict[str, frozenset[str]] = {
    "queued": frozenset({"drafting", "cancelled", "failed"}),
    "drafting": frozenset({"draft", "queued", "cancelled", "failed"}),
    "draft": frozenset({"approved", "queued", "cancelled"}),
    "approved": frozenset({"publishing", "queued", "cancelled"}),
    "publishing": frozenset({"published", "cancelled"}),
    "failed": frozenset({"queued", "cancelled"}),
    "published": frozenset(),
    "cancelled": frozenset(),
}


def may_become(state: str, target: str) -> bool:
    """Whether the table has the arrow."""
    return target in ARROWS[state]
