"""Meters, readings with their review and import."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from saas.fees import permissions as p
from saas.fees.presenting_meters import import_view, meter_view, reading_view
from saas.fees.queries.meters import (
    MeterFilter,
    ReadingFilter,
    get_meter,
    list_meters,
    list_readings,
    reading_of,
)
from saas.fees.schemas import meters as s
from saas.fees.services.meters import NewMeter, create_meter
from saas.fees.services.reading_import import apply_readings, readings_import, upload_readings
from saas.fees.services.reading_review import accept_reading, correct_reading, reject_reading
from saas.fees.services.readings import enter_reading, swap_meter
from saas.web.api import API_PREFIX, Blueprint, listing_of
from saas.web.auth import access, current_actor
from saas.web.work import work

blp = Blueprint("fees_meters_api", __name__, url_prefix=API_PREFIX, description="Meters and their readings")


@blp.get("/meters")
@blp.arguments(s.MeterListArgs, location="query")
@blp.response(200, listing_of(s.MeterSchema))
@access(p.VIEW.code)
def meters_list(args: dict[str, Any]) -> Any:
    """Meters by number."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        rows, following = list_meters(
            uow, actor=current_actor(), wanted=MeterFilter(**args), cursor=cursor, limit=limit
        )
        return {"items": [meter_view(row) for row in rows], "next_cursor": following}


@blp.post("/meters")
@blp.arguments(s.MeterNewSchema)
@blp.response(201, s.MeterSchema)
@blp.alt_response(404, description="no such room or community")
@blp.alt_response(409, description="the number is taken")
@access(p.METERS.code)
def meters_create(data: dict[str, Any]) -> Any:
    """Put a meter on file."""
    with work() as uow:
        made = create_meter(uow, actor=current_actor(), meter=NewMeter(**data))
        return meter_view(get_meter(uow, actor=current_actor(), meter_id=made.id))


@blp.get("/meters/<uuid:meter_id>")
@blp.response(200, s.MeterSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@access(p.VIEW.code)
def meters_read(meter_id: UUID) -> Any:
    """One meter."""
    with work(read_only=True) as uow:
        return meter_view(get_meter(uow, actor=current_actor(), meter_id=meter_id))


@blp.post("/meters/<uuid:meter_id>/swap")
@blp.arguments(s.MeterSwapSchema)
@blp.response(201, s.MeterSchema)
@blp.alt_response(404, description="unknown, or not the caller's to keep")
@blp.alt_response(409, description="taken out already; or the new number is taken")
@access(p.METERS.code)
def meters_swap(data: dict[str, Any], meter_id: UUID) -> Any:
    """Take a meter out and put its successor in; answers the successor."""
    with work() as uow:
        made = swap_meter(uow, actor=current_actor(), meter_id=meter_id, **data)
        return meter_view(get_meter(uow, actor=current_actor(), meter_id=made.id))


@blp.get("/readings")
@blp.arguments(s.ReadingListArgs, location="query")
@blp.response(200, listing_of(s.ReadingSchema))
@access(p.VIEW.code)
def readings_list(args: dict[str, Any]) -> Any:
    """Readings, the newest first; `state=held` are those that wait for a decision."""
    cursor, limit = args.pop("cursor"), args.pop("limit")
    with work(read_only=True) as uow:
        rows, following = list_readings(
            uow, actor=current_actor(), wanted=ReadingFilter(**args), cursor=cursor, limit=limit
        )
        return {"items": [reading_view(row) for row in rows], "next_cursor": following}


@blp.post("/readings")
@blp.arguments(s.ReadingNewSchema)
@blp.response(201, s.ReadingSchema)
@blp.alt_response(404, description="no such meter")
@access(p.READ_METERS.code)
def readings_create(data: dict[str, Any]) -> Any:
    """Enter what a register shows. The same reading again answers the one that is there."""
    with work() as uow:
        made = enter_reading(uow, actor=current_actor(), **data)
        return reading_view(reading_of(uow, made.id))


@blp.post("/readings/<uuid:reading_id>/decision")
@blp.arguments(s.ReadingDecisionSchema)
@blp.response(200, s.ReadingSchema)
@blp.alt_response(404, description="unknown, or not the caller's to decide")
@blp.alt_response(409, description="decided already")
@blp.alt_response(422, description="no word makes this value right")
@access(p.METERS.code)
def readings_decide(data: dict[str, Any], reading_id: UUID) -> Any:
    """Accept, correct or reject a reading; a correction answers the reading that takes its place."""
    decision, value = data.pop("decision"), data.pop("value")
    actor = current_actor()
    with work() as uow:
        if decision == "accept":
            made = accept_reading(uow, actor=actor, reading_id=reading_id, **data)
        elif decision == "correct":
            made = correct_reading(uow, actor=actor, reading_id=reading_id, value=value, **data)
        else:
            made = reject_reading(uow, actor=actor, reading_id=reading_id, note=data["note"])
        return reading_view(reading_of(uow, made.id))


@blp.post("/readings/imports")
@blp.arguments(s.ReadingImportArgs, location="form")
@blp.arguments(s.ReadingFileSchema, location="files")
@blp.response(201, s.ReadingImportSchema)
@blp.alt_response(422, description="the file is no list of readings")
@access(p.METERS.code)
def reading_imports_create(form: dict[str, Any], files: dict[str, Any]) -> Any:
    """Upload a list and see what it would do; nothing is stored until it is applied."""
    upload = files["file"]
    with work() as uow:
        batch = upload_readings(
            uow, actor=current_actor(), file_name=upload.filename or "", content=upload.read(), **form
        )
        return import_view(batch)


@blp.get("/readings/imports/<uuid:import_id>")
@blp.response(200, s.ReadingImportSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@access(p.METERS.code)
def reading_imports_read(import_id: UUID) -> Any:
    """A list with its totals and issues."""
    with work(read_only=True) as uow:
        return import_view(readings_import(uow, actor=current_actor(), import_id=import_id))


@blp.post("/readings/imports/<uuid:import_id>/apply")
@blp.response(200, s.ReadingImportSchema)
@blp.alt_response(404, description="unknown, or not the caller's to see")
@blp.alt_response(409, description="the list was given up")
@access(p.METERS.code)
def reading_imports_apply(import_id: UUID) -> Any:
    """Store its meters and readings; applying twice stores them once."""
    with work() as uow:
        return import_view(apply_readings(uow, actor=current_actor(), import_id=import_id))
