"""Each error has a status, and says nothing that only an operator may know."""

import pytest

from lakevisor import errors
from lakevisor.serving.failures import INTERNAL, failure_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.EmptyRequest(), 400),
        (errors.CallerUnknown(), 401),
        (errors.ThreadBusy("t"), 409),
        (errors.TurnConflict("r"), 422),
        (errors.LimitReached("running_per_owner", allowed=1), 429),
        (errors.ModelStreamBroken(), 502),
        (errors.LakebaseRoleMissing(), 503),
        (errors.DeadlineExceeded(seconds=1), 504),
        (errors.InvalidPlugins([]), 500),
    ],
)
def test_a_class_of_errors_has_the_status_of_its_branch(error, status):
    assert failure_of(error).status == status


@pytest.mark.parametrize(
    "error",
    [
        errors.LakebaseUnreachable(address="secret-host", role="secret-role"),
        errors.PermissionDenied("secret-host says no.", resource="secret-job"),
        errors.ModelError(endpoint="secret-endpoint"),
        RuntimeError("secret"),
    ],
)
def test_what_operators_alone_may_know_is_not_told(error):
    assert "secret" not in str(failure_of(error))


def test_what_is_no_error_of_ours_is_a_bug():
    assert failure_of(ValueError("x")) is INTERNAL


def test_a_client_is_told_when_to_try_again():
    limit = errors.LimitReached("launches_per_hour", allowed=1, retry_after_seconds=61.2)

    assert failure_of(limit).headers() == {"retry-after": "62", "x-should-retry": "true"}


def test_a_turn_that_failed_is_not_sent_again_by_itself():
    assert failure_of(errors.ModelError()).headers() == {"x-should-retry": "false"}
