"""The job types as callers see them."""

from jsonschema import Draft202012Validator


def test_a_job_type_has_its_schema_and_whether_the_caller_may_launch_it(client, viewer, quick):
    told = client.get("/api/v1/job-types/quick/").json()
    assert told["label"] == "Quick"
    assert told["can_launch"]
    assert not viewer.get("/api/v1/job-types/quick/").json()["can_launch"]
    Draft202012Validator.check_schema(told["params_schema"])
    assert told in client.get("/api/v1/job-types/").json()["results"]


def test_an_unknown_type_is_not_found(client):
    assert client.get("/api/v1/job-types/nope/").status_code == 404
