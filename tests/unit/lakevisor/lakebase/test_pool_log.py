"""What the pool's log says while PostgreSQL is away."""

import logging

import pytest

from lakevisor.lakebase.pool_log import SECONDS, NowAndThen, log_now_and_then


@pytest.fixture
def say():
    """Give a function that says whether a line is logged, and how it reads."""
    rule = NowAndThen()

    def filtered(message, *, at, level=logging.WARNING, line=758):
        record = logging.LogRecord("psycopg.pool", level, "pool.py", line, "%s", (message,), None)
        record.created = at
        return record.getMessage() if rule.filter(record) else None

    return filtered


def test_a_complaint_is_one_line_and_is_not_repeated_at_once(say):
    assert say("refused\n\tIs the server running?", at=0.0) == "refused Is the server running?"
    assert [say("refused", at=at) for at in (0.3, 0.6, SECONDS - 1)] == [None, None, None]
    assert say("refused", at=SECONDS) == "refused (3 more like it since the last)"
    assert say("refused", at=2 * SECONDS) == "refused"


def test_another_complaint_is_not_held_back(say):
    assert say("refused", at=0.0) == "refused"
    assert say("broken", at=0.1, line=613) == "broken"


def test_what_is_no_complaint_is_left_alone(say):
    said = [say("lent\nreturned", at=0.0, level=logging.INFO) for _ in range(2)]
    assert said == ["lent\nreturned", "lent\nreturned"]


def test_the_pools_of_a_process_have_it_once():
    logger = logging.getLogger("psycopg.pool")
    before = list(logger.filters)
    log_now_and_then()
    log_now_and_then()
    assert [type(each) for each in logger.filters].count(NowAndThen) == 1
    logger.filters[:] = before
