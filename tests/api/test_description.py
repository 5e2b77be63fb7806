"""schemathesis compares the API with its schema, on a running server with a worker."""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

# The schema does not express a form's rules over several fields (since before until).
EXCLUDED = [positive_data_acceptance]
# gunicorn refuses the address of a hundred long ids itself; schemathesis expects no such status.
TOO_LONG = 414
TRIALS = settings(
    max_examples=int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8")),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.fixture
def schema(make_client, api_site):
    """The schema as the server sends it to a caller with every permission."""
    client = make_client("jobs.add_job", "jobs.view_job", "jobs.cancel_job", "jobs.delete_job")
    headers = {"Authorization": f"Token {client.token}"}
    loaded = schemathesis.openapi.from_url(f"{api_site}/schema/", headers=headers)
    loaded.token = headers
    return loaded


def answers_as_described(schema, operation, mode):
    """Call an operation with valid or with invalid requests; return the failures."""

    @TRIALS
    @given(case=operation.as_strategy(generation_mode=mode))
    def trial(case):
        response = case.call(headers=schema.token)
        if response.status_code != TOO_LONG:
            case.validate_response(response, excluded_checks=EXCLUDED, headers=schema.token)

    try:
        trial()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # a request without input cannot be invalid
    except FailureGroup as error:
        return [f"{operation.label} {mode.name}: {str(one)[:2000]}" for one in error.exceptions]
    return []


def test_every_operation_answers_as_described(schema):
    wrong = []
    for found in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            wrong += answers_as_described(schema, found.ok(), mode)
    assert not wrong, "\n\n".join(wrong)


def test_operations_that_follow_one_another_answer_as_described(schema):
    class Journey(schema.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": schema.token}

        def validate_response(self, response, case, additional_checks=(), **kwargs):
            case.validate_response(response, excluded_checks=EXCLUDED, headers=schema.token)

    Journey.run(settings=settings(TRIALS, stateful_step_count=6))
