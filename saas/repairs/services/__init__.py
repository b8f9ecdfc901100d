"""What can be done with repair orders; every function checks who acts and leaves an audit row."""

from saas.repairs.services.aftercare import (
    Marks,
    call_back,
    cancel_order,
    close_order,
    rate_order,
    reopen_order,
)
from saas.repairs.services.answering import accept_order, decline_offer, return_order
from saas.repairs.services.classification import confirm_order, correct_classification, sort_text
from saas.repairs.services.dispatching import dispatch_order
from saas.repairs.services.fieldwork import Arrival, arrive, finish_order, pause_work, resume_work, start_trip
from saas.repairs.services.intake import Intake, Report, create_order
from saas.repairs.services.joining import join_order, similar_orders
from saas.repairs.services.looking import possible_steps, reveal_contact, who_suits
from saas.repairs.services.merging import merge_orders
from saas.repairs.services.photos import NewPhoto, add_photo, read_photo
from saas.repairs.services.settings import set_level, set_mode
from saas.repairs.services.stepping import Step, take_step

__all__ = [
    "Arrival",
    "Intake",
    "Marks",
    "NewPhoto",
    "Report",
    "Step",
    "accept_order",
    "add_photo",
    "arrive",
    "call_back",
    "cancel_order",
    "close_order",
    "confirm_order",
    "correct_classification",
    "create_order",
    "decline_offer",
    "dispatch_order",
    "finish_order",
    "join_order",
    "merge_orders",
    "pause_work",
    "possible_steps",
    "rate_order",
    "read_photo",
    "reopen_order",
    "resume_work",
    "return_order",
    "reveal_contact",
    "set_level",
    "set_mode",
    "similar_orders",
    "sort_text",
    "start_trip",
    "take_step",
    "who_suits",
]
