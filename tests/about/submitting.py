"""Launching about an object: from code, from the API, in a batch, again, and in the handler."""

from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.utils.functional import SimpleLazyObject

from jobs import about, services
from jobs.errors import InvalidAbout
from jobs.handler.context import JobContext
from jobs.models import Job
from jobs.services import Launch, code_caller
from jobs.testing import RecordingContext, run_type
from tests.about.shop.models import Express, LateOrder, Note, Order, Parcel, Stock
from tests.support import people
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def greet(make_type, redis):
    return make_type(slug="greet", label="Greet", unique_while_active=False)


def objects():
    return [
        Order.objects.create(number="17"),
        Express.objects.create(number="18", courier="Ann"),
        Parcel.objects.create(),
        Note.objects.create(title="a/b c:d?e=ü&"),
        Stock.objects.create(name="tea"),
    ]


def submit(caller=None, **options):
    return services.submit(caller or code_caller(name="nightly"), type="greet", **options).job


def test_code_submits_about_an_object_of_any_model():
    for one in objects():
        job = Job.objects.get(id=submit(about=one).id)
        assert (job.about_key, job.about_name) == (str(one.pk), str(one))
        assert JobContext(job).about == one


def test_an_object_that_is_loaded_lazily_is_the_object():
    order = Order.objects.create(number="1")
    assert JobContext(submit(about=SimpleLazyObject(lambda: order))).about == order


def test_a_proxy_is_the_object_of_the_table():
    order = Order.objects.create(number="1")
    first, second = submit(about=order), submit(about=LateOrder.objects.get())
    assert (first.about_type, first.about_key) == (second.about_type, second.about_key)


def test_the_handler_gets_none_for_a_deleted_object_and_without_one():
    order = Order.objects.create(number="1")
    job = submit(about=order)
    order.delete()
    assert JobContext(job).about is None
    assert JobContext(submit()).about is None
    assert RecordingContext().about is None


def test_a_type_is_tested_with_an_object(make_type):
    make_type(lambda job: {"about": str(job.about)}, slug="tell")
    order = Order.objects.create(number="1")
    assert run_type("tell", about=order).result == {"about": "Order 1"}


@pytest.mark.parametrize(
    "unfit", [Order(number="1"), Parcel(), Note(title="x" * 256), Note(title="")]
)
def test_an_object_that_no_job_can_find_again_is_refused(unfit):
    if len(unfit.pk or "") > 255 if isinstance(unfit, Note) else False:
        unfit.save()
    with pytest.raises(InvalidAbout):
        submit(about=unfit)
    assert not Job.objects.exists()


def test_what_is_no_object_is_a_fault_of_the_code():
    with pytest.raises(TypeError, match="Give an object of a model, or None"):
        submit(about=17)


def test_a_name_that_is_too_long_is_cut():
    assert len(submit(about=Order.objects.create(number="9" * 300)).about_name) == 200


def test_a_batch_of_code_keeps_the_objects_in_order():
    orders = [Order.objects.create(number=str(number)) for number in range(3)]
    launches = [Launch(type="greet", about=one) for one in orders]
    jobs, _ = services.submit_batch(code_caller(name="nightly"), launches)
    assert [job.about_key for job in jobs] == [str(one.pk) for one in orders]


def test_a_key_in_another_spelling_is_stored_as_the_row_has_it():
    parcel = Parcel.objects.create(pk=str(uuid4()).upper())
    job = Job.objects.get(id=submit(about=parcel).id)
    assert job.about_key == str(Parcel.objects.get().pk)
    job.about_key = job.about_key.upper()  # as another version may have stored it
    reader = make_user(is_superuser=True)
    assert about.subjects_of(reader, [job]).keys() == {job.id}


@pytest.mark.parametrize("text", ["a\0.b:1", "\ud800.b:1", "shop.note:\0", "shop.note:\ud800"])
def test_a_text_that_postgresql_cannot_hold_is_no_reference(text):
    assert about.parse_reference(text) is None


def test_whoever_may_not_view_the_object_launches_again_without_it():
    job = submit(about=Note.objects.create(title="secret"))
    Job.objects.filter(id=job.id).update(status="COMPLETED", finished_at=Now())
    reader = make_user("jobs.view_job", "jobs.add_job")
    again = services.rerun(people.caller_for(reader), job.id).job
    assert (again.about_type, again.about_key, again.about_name) == (None, "", "")
