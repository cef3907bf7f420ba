"""What MLflow runs when it logs or loads the model ("models from code").

MLflow copies this file into the model and runs the copy, with Lakevisor and its plugins installed
from the model's requirements. Nothing is connected by that; the first request does it.

To log it, with what `lakevisor.serving.logged_model` has:

    mlflow.pyfunc.log_model(
        name="lakevisor",
        python_model=str(MODEL_FILE),
        artifacts={CONFIGURATION: "<folder>/<workspace>.yaml"},
        input_example=INPUT_EXAMPLE,
        pip_requirements=[...],
    )

- The artifact `CONFIGURATION` is the configuration of one workspace in one YAML file, named after
  the workspace; `lakevisor.config.packaged(configuration)` writes one. Secrets are references in
  it (`env:NAME`), which the endpoint's environment must have. `LAKEVISOR__A__B=...` in that
  environment is laid over the file.
- `serving.identity` in it is `model_serving` where the endpoint has a user policy, else `self`;
  `proxy` is refused.
- `INPUT_EXAMPLE` asks what the assistant can do, which is answered from the configuration and the
  plugins alone. So a plugin that is configured and not installed fails the logging, and the start
  of the endpoint.
- Set `MLFLOW_UV_AUTO_DETECT=false` while logging, and `LANGGRAPH_STRICT_MSGPACK=true` for the
  endpoint.
"""

from mlflow.models import set_model

from lakevisor.serving import ResponsesAgent

set_model(ResponsesAgent())
