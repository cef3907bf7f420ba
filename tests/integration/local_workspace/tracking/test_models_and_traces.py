"""Logged models and traces, as MLflow 3 writes and finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")

MODEL = """
import mlflow

class Greeter(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input: list[str], params=None) -> list[str]:
        return [f"Hello {name}" for name in model_input]

mlflow.models.set_model(Greeter())
"""


def test_a_model_from_code_is_logged_and_loaded(tracked: Any, tmp_path: Path) -> None:
    code = tmp_path / "greeter.py"
    code.write_text(MODEL)
    logged = tracked.pyfunc.log_model(
        name="greeter", python_model=str(code), input_example=["you"], pip_requirements=["mlflow"]
    )
    found = tracked.get_logged_model(logged.model_id)
    assert (found.name, found.status.value) == ("greeter", "READY")
    [listed] = tracked.search_logged_models(filter_string="name = 'greeter'", output_format="list")
    assert listed.model_id == logged.model_id
    assert tracked.pyfunc.load_model(logged.model_uri).predict(["world"]) == ["Hello world"]


def test_a_trace_is_kept_with_its_spans(tracked: Any) -> None:
    with tracked.start_span("turn") as span:
        span.set_inputs({"question": "how many"})
        with tracked.start_span("tool"):
            pass
    tracked.set_trace_tag(span.trace_id, "checked", "yes")
    trace = tracked.get_trace(span.trace_id)
    assert [each.name for each in trace.data.spans] == ["turn", "tool"]
    assert trace.info.tags["checked"] == "yes"
    [found] = tracked.search_traces(filter_string="tags.checked = 'yes'", return_type="list")
    assert found.info.trace_id == span.trace_id
