"""Repair orders as plain JSON, ready for orjson: ids and instants stay what they are, nothing is dumped twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from saas.repairs.models import RepairPhoto
from saas.repairs.queries.detail import CandidateRow, HistoryLine, OrderDetail, PhotoRow, RatingRow
from saas.repairs.queries.orders import OrderRow
from saas.repairs.queries.similar import SimilarOrder
from saas.repairs.states import Arrow


def order_view(row: OrderRow) -> dict[str, Any]:
    """One order of a list."""
    return {
        "id": row.id,
        "number": row.number,
        "version": row.version,
        "state": row.state,
        "state_at": row.state_at,
        "category": row.category,
        "urgency": row.urgency,
        "confidence": round(row.category_confidence, 3),
        "needs_confirmation": row.needs_confirmation,
        "text": row.description,
        "place": {
            "community_id": row.community_id, "building_id": row.building_id, "room_id": row.room_id,
            "text": row.place,
        },
        "reporter_name": row.reporter_name,
        "source": row.source,
        "created_at": row.created_at,
        "wished_from": row.wished_from,
        "wished_to": row.wished_to,
        "eta_at": row.eta_at,
        "finished_at": row.finished_at,
        "technician": {"id": row.technician_id, "name": row.technician} if row.technician_id else None,
        "due": _due(row),
        "photos": row.photos,
        "followers": row.followers,
    }  # fmt: skip


def detail_view(order: OrderDetail, actions: Iterable[Arrow]) -> dict[str, Any]:
    """One order with what belongs to it and what the caller may do."""
    return order_view(order.row) | {
        "because": list(order.because),
        "contact_phone": order.contact_phone,
        "respond_due_at": order.respond_due_at,
        "arrive_due_at": order.arrive_due_at,
        "finish_due_at": order.finish_due_at,
        "photo_list": [photo_view(order.row.id, photo) for photo in order.photos],
        "rating": rating_view(order.rating) if order.rating else None,
        "actions": [{"to": item.target, "verb": item.verb, "needs": list(item.needs)} for item in actions],
    }


def photo_view(order_id: Any, photo: PhotoRow | RepairPhoto) -> dict[str, Any]:
    """A photo with the addresses of its bytes."""
    url = f"/api/v1/repairs/{order_id}/photos/{photo.id}"
    return {
        "id": photo.id, "stage": photo.stage, "width": photo.width, "height": photo.height, "url": url,
        "thumbnail_url": f"{url}?small=true",
    }  # fmt: skip


def rating_view(rating: RatingRow) -> dict[str, Any]:
    """The resident's marks."""
    return {
        "attitude": rating.attitude, "speed": rating.speed, "quality": rating.quality, "words": rating.words,
        "praise": list(rating.praise), "rated_at": rating.rated_at, "call_back": rating.call_back,
    }  # fmt: skip


def event_view(line: HistoryLine) -> dict[str, Any]:
    """One line of the history."""
    return {
        "id": line.id, "at": line.at, "kind": line.kind, "from_state": line.from_state, "to_state": line.to_state,
        "by": line.actor_name, "note": line.note, "data": line.data,
    }  # fmt: skip


def candidate_view(candidate: CandidateRow) -> dict[str, Any]:
    """One technician weighed for the order."""
    return {
        "staff_id": candidate.staff_id, "name": candidate.name, "score": candidate.score, "parts": candidate.parts,
        "state": candidate.state, "left_out_because": candidate.left_out_because,
    }  # fmt: skip


def similar_view(order: SimilarOrder) -> dict[str, Any]:
    """An open order that may be the same fault."""
    return {
        "id": order.order_id, "number": order.number, "text": order.description, "place": order.place,
        "state": order.state, "created_at": order.created_at, "followers": order.followers,
        "likeness": round(order.likeness, 3),
    }  # fmt: skip


def _due(row: OrderRow) -> dict[str, Any] | None:
    if row.next_due is None:
        return None
    return {"kind": row.next_due, "at": row.next_due_at, "is_overdue": row.is_overdue}
