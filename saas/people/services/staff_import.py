"""Reading a firm's staff list as it really is, row by row, into staff members."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select

from saas.core.actors import Actor
from saas.people.models import StaffMember
from saas.people.names import normalise_name
from saas.people.permissions import STAFF_EDIT
from saas.people.phones import cell_text, is_blank, normalise_phone
from saas.people.role_names import FRONT_DESK, TECHNICIAN
from saas.people.services.accounts import Contact
from saas.people.services.staff import StaffDraft, add_staff
from saas.people.shifts import SHIFTS, read_shift
from saas.people.skills import normalise_job_title, skills_from, split_words
from tenants.ids import new_id
from tenants.unit_of_work import UnitOfWork

COLUMNS = {
    "name": ("姓名", "员工姓名", "name"),
    "job_number": ("工号", "员工编号", "job number"),
    "job_title": ("岗位", "职务", "岗位名称", "job title"),
    "phone": ("手机", "手机号", "联系电话", "电话", "phone"),
    "skills": ("技能", "证书", "技能/证书", "skills"),
    "shift": ("班次", "班组", "shift"),
}
_ROLE_BY_JOB = {
    "维修": TECHNICIAN, "保洁": TECHNICIAN, "保安": TECHNICIAN, "绿化": TECHNICIAN, "秩序": TECHNICIAN,
    "客服": FRONT_DESK, "前台": FRONT_DESK, "管家": FRONT_DESK, "项目经理": FRONT_DESK, "经理": FRONT_DESK,
}  # fmt: skip

IssueAction = Literal["reject", "skip", "flag", "warn"]


@dataclass(frozen=True)
class StaffIssue:
    """What is wrong with a cell: `reject` made nothing, `skip` is in already, `flag` left it empty, `warn` took it."""

    row: int
    column: str
    code: str
    action: IssueAction
    staff: str | None = None
    other_staff: str | None = None


@dataclass(frozen=True)
class StaffRow:
    """A sound row of the list, and what dispatch will need of it."""

    row: int
    draft: StaffDraft


@dataclass
class StaffReport:
    """What an import read and did."""

    rows: list[StaffRow] = field(default_factory=list)
    issues: list[StaffIssue] = field(default_factory=list)
    created: int = 0

    @property
    def by_job_title(self) -> dict[str, int]:
        """How many people have which job."""
        counts: dict[str, int] = {}
        for each in self.rows:
            counts[each.draft.job_title] = counts.get(each.draft.job_title, 0) + 1
        return counts


def read_staff_rows(rows: Sequence[Sequence[object]]) -> StaffReport:
    """Rows of a sheet, header included (it is looked for in the first ten) -> sound rows and issues. No database."""
    report = StaffReport()
    header = _header(rows)
    if header is None:
        report.issues.append(StaffIssue(1, "姓名", "header_missing", "reject"))
        return report
    at, columns = header
    numbers: set[str] = set()
    by_phone: dict[str, str] = {}
    for number, cells in enumerate(rows[at + 1 :], start=at + 2):
        values = {key: cells[place] for key, place in columns.items() if place < len(cells)}
        if all(is_blank(value) for value in values.values()):
            continue
        _read_row(report, number, values, numbers, by_phone)
    return report


def _header(rows: Sequence[Sequence[object]]) -> tuple[int, dict[str, int]] | None:
    for at, cells in enumerate(rows[:10]):
        titles = ["".join(cell_text(cell).split()).lower() for cell in cells]
        columns = {
            key: titles.index(name) for key, names in COLUMNS.items() for name in names if name in titles
        }
        if {"name", "phone"} <= columns.keys():
            return at, columns
    return None


def _read_row(
    report: StaffReport, number: int, values: dict[str, object], numbers: set[str], by_phone: dict[str, str]
) -> None:
    name = normalise_name(values.get("name"))
    job_number = cell_text(values.get("job_number")).upper()
    if is_blank(name):
        report.issues.append(StaffIssue(number, "姓名", "name_missing", "reject", job_number or None))
        return
    if job_number and job_number in numbers:
        report.issues.append(StaffIssue(number, "工号", "duplicate_row", "skip", job_number))
        return
    numbers.add(job_number)
    phone = _read_phone(report, number, values.get("phone"), job_number or name, by_phone)
    report.rows.append(StaffRow(number, _draft(report, number, values, name, job_number, phone)))


def _read_phone(
    report: StaffReport, number: int, value: object, who: str, by_phone: dict[str, str]
) -> str | None:
    if is_blank(value):
        return None
    phone = normalise_phone(value)
    if phone is None:
        report.issues.append(StaffIssue(number, "手机", "phone_invalid", "flag", who))
    elif phone in by_phone:
        report.issues.append(StaffIssue(number, "手机", "phone_shared", "warn", who, by_phone[phone]))
    else:
        by_phone[phone] = who
    return phone


def _draft(
    report: StaffReport, number: int, values: dict[str, object], name: str, job_number: str, phone: str | None
) -> StaffDraft:
    title = normalise_job_title(values.get("job_title"))
    words = [] if is_blank(values.get("skills")) else split_words(values.get("skills"))
    shift = read_shift(values.get("shift"))
    if shift is None:
        if not is_blank(values.get("shift")):
            report.issues.append(StaffIssue(number, "班次", "shift_unknown", "flag", job_number or name))
        shift = SHIFTS["office"]
    role = _ROLE_BY_JOB.get(title.partition("-")[0])
    return StaffDraft(
        name=name,
        contact=Contact(phone=phone),
        job_number=job_number or None,
        job_title=title,
        skills=tuple(skills_from(title, words)),
        certificates=tuple(words),
        shift=shift,
        roles=(role,) if role else (),
    )


def import_staff_rows(uow: UnitOfWork, *, actor: Actor, rows: Sequence[Sequence[object]]) -> StaffReport:
    """Read the rows and add who is not in yet (known by the job number); one audit row for the import."""
    actor.require(STAFF_EDIT.code)
    report = read_staff_rows(rows)
    known = set(
        uow.session.scalars(select(StaffMember.job_number).where(StaffMember.job_number.is_not(None)))
    )
    for each in report.rows:
        if each.draft.job_number in known:
            report.issues.append(StaffIssue(each.row, "工号", "known_staff", "skip", each.draft.job_number))
            continue
        add_staff(uow, each.draft)
        report.created += 1
    uow.audit(
        "people.staff_imported", actor=actor.ref(), subject=("staff_import", new_id()),
        details={"rows": len(report.rows), "created": report.created, "issues": len(report.issues)},
    )  # fmt: skip
    return report
