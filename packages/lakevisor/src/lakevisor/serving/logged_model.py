"""With what the model is logged in MLflow; `lakevisor.serving.model` says how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lakevisor_plugin.rules import DESCRIBE

MODEL_FILE = Path(__file__).with_name("model.py")
"""For `python_model`."""
CONFIGURATION = "configuration"
"""The name of the artifact that is the configuration."""
INPUT_EXAMPLE: Mapping[str, Any] = {
    "input": [{"role": "user", "content": "What can you do?"}],
    "custom_inputs": {"action": DESCRIBE},
}
"""A request that is answered without a workspace."""
