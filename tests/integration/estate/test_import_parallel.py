"""Two workers at one list, the file of issues, files that cannot be read, who may import."""

import io
import threading

import pytest
from python_calamine import load_workbook
from sqlalchemy import func, select

from saas.core.actors import SYSTEM
from saas.core.errors import DomainError, Forbidden
from saas.estate.models import ImportBatch, Room
from saas.estate.services.import_report import issues_book
from saas.estate.services.imports import abandon, apply_list, request_apply, upload_list
from saas.people.models import Person
from tenants.unit_of_work import unit_of_work
from tests.integration.estate.conftest import BOOK, clerk, upload


def test_two_workers_write_the_list_once(tenant, book):
    batch_id = upload(tenant, book)
    with unit_of_work(tenant) as uow:
        request_apply(uow, actor=SYSTEM, batch_id=batch_id)
    results: list[dict | None] = []
    start = threading.Barrier(2)

    def work():
        start.wait()
        with unit_of_work(tenant) as uow:
            results.append(apply_list(uow, batch_id))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(result is None for result in results) == [False, True]
    with unit_of_work(tenant) as uow:
        assert uow.session.scalar(select(func.count()).select_from(Room)) == 457
        assert uow.session.scalar(select(func.count()).select_from(Person)) == 477


@pytest.mark.parametrize(
    ("content", "code"), [(b"%PDF-1.7 a,b", "not_a_workbook"), (b"PK\x03\x04 broken", "file_damaged")]
)
def test_an_unreadable_file_says_why(tenant, content, code):
    batch_id = upload(tenant, content)
    with unit_of_work(tenant) as uow:
        batch = uow.session.get(ImportBatch, batch_id)
        assert (batch.state, batch.error_code) == ("failed", code)


def test_the_file_of_issues_holds_the_rows_as_text(tenant, app):
    text = '楼栋,单元,房号,建筑面积,业主,联系电话\n1,1,101,89.47,"=HYPERLINK(""http://x.invalid"")",123\n'
    batch_id = upload(tenant, text.encode(), name="../../etc/台账.csv", community_name="甲")
    with app.test_request_context(), unit_of_work(tenant) as uow:
        assert uow.session.get(ImportBatch, batch_id).file_name == "台账.csv"
        content = issues_book(uow, actor=SYSTEM, batch_id=batch_id, words=lambda issue: issue["code"])
    rows = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert rows[1] == [
        2.0,
        "phone_invalid",
        "1",
        "1",
        "101",
        "89.47",
        '=HYPERLINK("http://x.invalid")',
        "123",
    ]
    assert b"<f>" not in content


def test_who_may_import(tenant, book):
    with unit_of_work(tenant) as uow, pytest.raises(Forbidden):
        upload_list(uow, actor=clerk(own=True), file_name=BOOK, content=book)
    batch_id = upload(tenant, book, clerk())
    with unit_of_work(tenant) as uow:
        abandon(uow, actor=clerk(), batch_id=batch_id)
    with unit_of_work(tenant) as uow, pytest.raises(DomainError) as refused:
        request_apply(uow, actor=clerk(), batch_id=batch_id)
    assert refused.value.code == "import_state"
