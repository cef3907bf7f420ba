"""Secrets are taken out of texts, values and log records; what is no secret stays."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, SecretStr

from lakevisor.config import REDACTED, Redactor, redact_logs

JWT_PAYLOAD = "eyJzdWIiOiIxMjM0In0"
PERSONAL = "dapi" + "0123456789abcdef" * 2
JWT = f"eyJhbGciOiJSUzI1NiJ9.{JWT_PAYLOAD}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (f"token {PERSONAL} was refused", f"token {REDACTED} was refused"),
        (f"sent {JWT}.", f"sent {REDACTED}"),
        ("Authorization: Bearer abc.def-123456", f"Authorization: Bearer {REDACTED}"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", f"{{'authorization': 'Basic {REDACTED}'}}"),
        ("(b'Authorization', b'opaque-123456')", f"(b'Authorization', b'{REDACTED}')"),
        ("postgresql://me:hunter2@host/db", f"postgresql://me:{REDACTED}@host/db"),
        ("host=h password=hunter22 user=me", f"host=h password={REDACTED} user=me"),
        ('{"access_token": "opaque-123456"}', f'{{"access_token": "{REDACTED}"}}'),
        ("X-Forwarded-Access-Token: opaque-123456", f"X-Forwarded-Access-Token: {REDACTED}"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(said: str, left: str) -> None:
    assert Redactor().text(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "max_tokens=4096000000 input_tokens: 1234567890",
        "Bearer authentication is required here",
        "basic understanding of orders",
        "http://localhost:8080/path?mail=a@b",
        "idempotency_token=abcdefgh12345678",
        "workspace.token: env:MY_WORKSPACE_TOKEN",
    ],
)
def test_what_is_no_secret_stays(said: str) -> None:
    assert Redactor().text(said) == said


def test_a_known_secret_goes_in_every_form_it_is_written_in() -> None:
    redactor = Redactor()
    redactor.learn('pass/wo"rd')

    said = """pass/wo"rd pass%2Fwo%22rd "pass/wo\\"rd" """

    assert redactor.text(said) == f'{REDACTED} {REDACTED} "{REDACTED}" '


def test_the_longer_of_two_secrets_goes_first() -> None:
    redactor = Redactor()
    redactor.learn("secret-1", "secret-1-and-more")

    assert redactor.content("a secret-1-and-more b") == f"a {REDACTED} b"


def test_content_keeps_what_only_looks_like_a_secret() -> None:
    redactor = Redactor()
    redactor.learn("known-secret")

    assert redactor.content(f"{JWT} known-secret") == f"{JWT} {REDACTED}"


def test_values_lose_secrets_at_any_depth_and_under_the_name_of_one() -> None:
    redactor = Redactor()
    redactor.learn("known-secret")

    clean = redactor.value({"a": [{"b": ("x known-secret", 1)}], "password": "pw", "n": None})

    assert clean == {"a": [{"b": [f"x {REDACTED}", 1]}], "password": REDACTED, "n": None}


def test_the_environment_and_settings_give_their_secrets() -> None:
    class Settings(BaseModel):
        keys: dict[str, SecretStr]

    redactor = Redactor()
    redactor.learn_environment({"PGPASSWORD": "database-1", "HOME": "/srv/somebody"})
    redactor.learn_model(Settings(keys={"a": SecretStr("plugin-key-1")}))

    said = redactor.content("database-1 plugin-key-1 /srv/somebody")
    assert said == f"{REDACTED} {REDACTED} /srv/somebody"


def test_of_passing_secrets_the_latest_are_remembered() -> None:
    redactor = Redactor()
    for number in range(1000):
        redactor.learn_passing(f"passing-{number:04}")

    assert redactor.content("passing-0000 passing-0999") == f"passing-0000 {REDACTED}"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Give what a handler of somebody else writes, with log records without secrets."""
    redactor = Redactor()
    redactor.learn("known-secret")
    make, written = logging.getLogRecordFactory(), io.StringIO()
    make_record, tell = logging.Logger.makeRecord, threading.excepthook
    # Another test of this process may have let the process's own secrets be taken out.
    logging.setLogRecordFactory(logging.LogRecord)
    threading.excepthook = threading.__excepthook__
    redact_logs(redactor)
    handler = logging.StreamHandler(written)
    logging.getLogger("somebody").addHandler(handler)
    yield written
    logging.getLogger("somebody").removeHandler(handler)
    logging.setLogRecordFactory(make)
    logging.Logger.makeRecord = make_record  # type: ignore[method-assign]
    threading.excepthook = tell


def test_log_records_have_no_secrets_whoever_handles_them(log: io.StringIO) -> None:
    try:
        int("known-secret in the cause")
    except ValueError:
        logging.getLogger("somebody.library").exception("It failed with %s.", "known-secret")

    assert "known-secret" not in log.getvalue()
    assert f"It failed with {REDACTED}." in log.getvalue()
    assert f"{REDACTED} in the cause" in log.getvalue()


class Header:
    """Something that shows a secret when it is printed."""

    def __repr__(self) -> str:
        return "Header(known-secret)"


@pytest.mark.parametrize(
    "told", ["a known-secret", ["known-secret"], {"a": "known-secret"}, Header()]
)
def test_what_extra_brings_has_no_secrets(log: io.StringIO, told: object) -> None:
    logging.getLogger("somebody").handlers[0].setFormatter(logging.Formatter("%(told)s"))

    logging.getLogger("somebody").error("Sent.", extra={"told": told})

    assert REDACTED in log.getvalue()
    assert "known-secret" not in log.getvalue()


def test_what_extra_brings_stays_as_it_is_without_a_secret(log: io.StringIO) -> None:
    kept: list[logging.LogRecord] = []
    logger, told = logging.getLogger("somebody"), {"rows": [1, 2.5, None], "at": object()}
    logger.handlers[0].addFilter(lambda record: bool(kept.append(record)) or True)

    logger.error("Sent.", extra=told)

    assert {name: getattr(kept[0], name) for name in told} == told


@pytest.mark.usefixtures("log")
def test_what_a_thread_dies_of_has_no_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    thread = threading.Thread(target=lambda: int("known-secret"), name="theirs")
    thread.start()
    thread.join()

    told = capsys.readouterr().err
    assert f"ValueError: invalid literal for int() with base 10: '{REDACTED}'" in told
    assert "Exception in thread theirs:" in told


def test_log_arguments_that_do_not_fit_show_no_secret(
    log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("somebody").error(*("%d of %d", "known-secret"))

    assert "known-secret" not in log.getvalue() + capsys.readouterr().err
    assert REDACTED in log.getvalue()
