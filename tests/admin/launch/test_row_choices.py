"""Fields that choose among many rows: searched, limited to what the user may see."""

import pytest
from django import forms
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job, make_jobs, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCH = "/admin/jobs/job/launch/"


class OneTeam(forms.Form):
    team = forms.ModelChoiceField(Group.objects.exclude(name="Hidden team"))
    others = forms.ModelMultipleChoiceField(Group.objects.all(), required=False)


class OneJob(forms.Form):
    of = forms.ModelChoiceField(Job.objects.all())


@pytest.fixture
def teams(make_type, redis):
    make_type(slug="teams", label="Teams", form=OneTeam)
    Group.objects.bulk_create(Group(name=f"Team {number}") for number in range(3000))
    Group.objects.create(name="Hidden team")


def rows(client, query, slug="teams", field="team"):
    answer = client.get(f"{LAUNCH}{slug}/rows/{field}/", {"q": query})
    assert answer.status_code == 200
    return [label for _, label in answer.json()["rows"]], answer.json()["note"]


def launch(client, slug="teams", **params):
    sent = {"name": "x"} | {f"params-{name}": value for name, value in params.items()}
    return client.post(f"{LAUNCH}{slug}/", sent)


def test_many_rows_are_not_in_the_page_and_few_are(superuser, teams):
    page = superuser.get(f"{LAUNCH}teams/")
    assert len(page.content) < 40_000
    assert b"<option" not in page.content
    Group.objects.filter(name__gt="Team 1").delete()
    assert b"<option" in superuser.get(f"{LAUNCH}teams/").content


def test_the_search_finds_words_in_the_rows_of_the_field_alone(superuser, teams):
    found = ["Team 299", "Team 1299", "Team 2299", *(f"Team 299{number}" for number in range(10))]
    assert rows(superuser, "eam 299 t") == (found, "")
    found, note = rows(superuser, "")
    assert (len(found), note) == (20, "Type to see others.")
    assert rows(superuser, "Hidden") == ([], "Nothing matches.")
    assert rows(superuser, "Hidden", field="others")[0] == ["Hidden team"]
    assert rows(superuser, "\0% _ '")[0] == []


def test_a_key_or_an_exact_name_launches_without_javascript(superuser, teams):
    team, other = Group.objects.get(name="Team 7"), Group.objects.get(name="Team 70")
    assert launch(superuser, team="team 7", others=f"{other.pk}\r\nTeam 7\r\n").status_code == 302
    assert Job.objects.get().params == {"team": team.pk, "others": [other.pk, team.pk]}
    assert launch(superuser, team=str(other.pk)).status_code == 302
    assert Job.objects.latest("id").params["team"] == other.pk


@pytest.mark.parametrize("typed", ["Team", "Hidden team", "99999999999999999999", "Team 7 8"])
def test_what_is_no_row_of_the_field_is_refused_and_kept(superuser, teams, typed):
    page = launch(superuser, team=typed)
    assert "No row has this key or exact name" in page.content.decode()
    assert not Job.objects.exists()


def test_a_nul_is_refused(superuser, teams):
    assert launch(superuser, team="x\0").status_code == 200
    assert not Job.objects.exists()


def test_several_rows_take_the_same_queries_as_one(superuser, teams):
    def queries(count):
        keys = Group.objects.order_by("pk").values_list("pk", flat=True)[:count]
        sent = {"params-team": keys[0], "params-others": "\n".join(map(str, keys))}
        with CaptureQueriesContext(connection) as captured:
            superuser.post(f"{LAUNCH}teams/call/", sent)
        return len(captured)

    assert queries(60) == queries(2)


def test_a_job_is_launched_again_with_its_row(superuser, teams):
    team = Group.objects.get(name="Team 7")
    job = make_job(type="teams", status=Status.FAILED, params={"team": team.pk, "others": []})
    page = superuser.get(f"{LAUNCH}teams/?again={job.pk}")
    assert f'value="{team.pk}"' in page.content.decode()
    assert '<span class="row-labels">Team 7</span>' in page.content.decode()
    sent = {"params-team": str(team.pk), "params-others": "Team 8"}
    assert superuser.post(f"{LAUNCH}teams/?again={job.pk}", sent).status_code == 302
    others = [Group.objects.get(name="Team 8").pk]
    assert Job.objects.get(rerun_of=job).params == {"team": team.pk, "others": others}


def test_a_user_who_may_not_view_the_model_types_the_key(operator, teams):
    assert b"data-rows" not in operator.get(f"{LAUNCH}teams/").content
    assert operator.get(f"{LAUNCH}teams/rows/team/?q=Team").status_code == 403
    assert b"No row has this key" in launch(operator, team="Team 7").content
    team = Group.objects.get(name="Team 7")
    assert b"Team 7" not in operator.get(f"{LAUNCH}teams/?team={team.pk}").content
    assert launch(operator, team=str(team.pk)).status_code == 302


def test_the_jobs_of_others_are_neither_found_nor_taken(client, make_type, redis):
    make_type(slug="of", label="Of a job", form=OneJob)
    user = make_user("jobs.add_job", "jobs.view_job", username="all", is_staff=True)
    launcher = people.launcher()
    make_jobs(150, created_by=launcher)
    foreign = make_job(name="Foreign", created_by=user)
    people.sign_in(client, launcher)
    assert b"Foreign" not in client.get(f"{LAUNCH}of/").content
    assert launch(client, slug="of", of=str(foreign.pk)).status_code == 200
    people.sign_in(client, user)
    assert rows(client, "Foreign", slug="of", field="of")[0] == ["Foreign"]


@pytest.mark.parametrize("field", ["nothing", "name", "team__pk"])
def test_a_field_without_a_search_is_not_found(superuser, make_type, field):
    make_type(slug="teams", label="Teams", form=OneTeam)
    assert superuser.get(f"{LAUNCH}teams/rows/{field}/").status_code == 404


def test_rows_of_a_model_with_admin_search_fields_are_found_by_those(superuser, make_type):
    class OneUser(forms.Form):
        user = forms.ModelChoiceField(User.objects.all())

    make_type(slug="of_user", label="Of a user", form=OneUser)
    User.objects.bulk_create(User(username=f"u{number}") for number in range(150))
    User.objects.filter(username="u7").update(last_name="Lovelace")
    assert rows(superuser, "lovelace", slug="of_user", field="user")[0] == ["u7"]
