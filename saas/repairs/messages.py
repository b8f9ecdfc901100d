"""What repairs says on which occasion, in both languages; firms may write their own words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from saas.core.messages import MessageTemplate

# Where a message leads; the pages of this slice live at these paths.
RESIDENT_LINK = "/orders/{id}"
STAFF_LINK = "/tasks/{id}"
CONSOLE_LINK = "/repairs/{id}"

_ORDER = ("number", "place", "category", "text", "technician", "time", "note")


def _template(
    code: str, occasion: object, zh: tuple[str, str], en: tuple[str, str], *, by_email: bool = True
) -> MessageTemplate:
    return MessageTemplate(
        code=f"repairs.{code}", occasion=occasion, title_zh=zh[0], body_zh=zh[1], title_en=en[0], body_en=en[1],
        params=_ORDER, by_email=by_email,
    )  # fmt: skip


TEMPLATES: tuple[MessageTemplate, ...] = (
    _template(
        "submitted", _l("A report was taken"),
        ("已收到您的报修", "{number} {place}：{text}。我们会尽快安排师傅，进度会告诉您。"),
        ("We have your report", "{number}, {place}: {text}. We are finding a technician and will tell you each step."),
    ),
    _template(
        "submitted_front_desk", _l("A report waits to be confirmed"),
        ("新报修待确认", "{number} {place}：{text}。请确认类别和紧急程度。"),
        ("A report to confirm", "{number}, {place}: {text}. Please confirm category and urgency."), by_email=False,
    ),
    _template(
        "emergency_front_desk", _l("An emergency was reported"),
        ("紧急报修", "{number} {place}：{text}。已同时呼叫师傅，请马上跟进。"),
        ("Emergency", "{number}, {place}: {text}. Technicians are being called, please follow up at once."),
    ),
    _template(
        "triaged_resident", _l("A report was accepted"),
        ("前台已受理", "{number} {place}，类别：{category}。正在安排师傅。"),
        ("Your report is accepted", "{number}, {place}, {category}. We are finding a technician."), by_email=False,
    ),
    _template(
        "dispatched_technician", _l("An order is offered to a technician"),
        ("新工单，请在 {time} 前接单", "{place}：{text}（{category}）"),
        ("New order, please accept by {time}", "{place}: {text} ({category})"),
    ),
    _template(
        "accepted_resident", _l("A technician accepted"),
        ("{technician}已接单", "{number} {place}。{technician}会尽快上门。"),
        ("{technician} accepted your order", "{number}, {place}. {technician} will come as soon as possible."),
    ),
    _template(
        "en_route_resident", _l("The technician is on the way"),
        ("{technician}在路上了", "{number} {place}。预计 {time} 到。"),
        ("{technician} is on the way", "{number}, {place}. Expected at {time}."),
    ),
    _template(
        "working_resident", _l("The repair has begun"),
        ("{technician}已到，正在维修", "{number} {place}"),
        ("{technician} has arrived and is working", "{number}, {place}"), by_email=False,
    ),
    _template(
        "paused_resident", _l("The repair is paused"),
        ("维修暂停了", "{number} {place}。{note}。有进展马上告诉您。"),
        ("The repair is paused", "{number}, {place}. {note}. We will tell you as soon as it goes on."),
    ),
    _template(
        "finished_resident", _l("The repair is done"),
        ("修好了，请您打个分", "{number} {place}。{note}如果还有问题，可以点“还有问题”。"),
        ("Repaired. How was it?", "{number}, {place}. {note}If something is still wrong, tell us on the same page."),
    ),
    _template(
        "rated_technician", _l("A resident rated a repair"),
        ("住户给您打了分", "{number} {place}：{note}"),
        ("A resident rated your work", "{number}, {place}: {note}"), by_email=False,
    ),
    _template(
        "call_back_front_desk", _l("A low rating needs a call"),
        ("评分低，请回电话", "{number} {place}：{note}"),
        ("Low rating, please call back", "{number}, {place}: {note}"),
    ),
    _template(
        "returned_front_desk", _l("An order is back for dispatch"),
        ("工单退回，请重新派单", "{number} {place}：{text}。{note}"),
        ("An order came back, please dispatch it", "{number}, {place}: {text}. {note}"),
    ),
    _template(
        "withdrawn_technician", _l("An order was taken from a technician"),
        ("工单已收回", "{number} {place} 不用去了。{note}"),
        ("An order was withdrawn", "{number}, {place}: no need to go. {note}"),
    ),
    _template(
        "reopened_front_desk", _l("An order was reopened"),
        ("住户说还有问题", "{number} {place}：{note}"),
        ("The resident says it is not repaired", "{number}, {place}: {note}"),
    ),
    _template(
        "late_front_desk", _l("An order is about to be late"),
        ("快超时了", "{number} {place}：{text}。{time} 前要{note}。"),
        ("About to be late", "{number}, {place}: {text}. To be {note} by {time}."),
    ),
    _template(
        "late_technician", _l("A technician's order is about to be late"),
        ("快超时了", "{number} {place}：{time} 前要{note}。"),
        ("About to be late", "{number}, {place}: to be {note} by {time}."), by_email=False,
    ),
    _template(
        "escalated_manager", _l("An order is late or finds nobody"),
        ("工单超时，请处理", "{number} {place}：{text}。{note}"),
        ("An order needs you", "{number}, {place}: {text}. {note}"),
    ),
    _template(
        "cancelled", _l("An order was cancelled"),
        ("报修已取消", "{number} {place}。{note}"),
        ("The order was cancelled", "{number}, {place}. {note}"),
    ),
    _template(
        "joined", _l("Somebody joined an order"),
        ("您已加入这张报修", "{number} {place}：{text}。进度会一起告诉您。"),
        ("You joined this order", "{number}, {place}: {text}. You will hear of each step."), by_email=False,
    ),
)  # fmt: skip
