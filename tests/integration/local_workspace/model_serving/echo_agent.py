"""An agent that tells what it finds where it is served; the tests log this file as a model."""

import importlib.util
import os
from collections.abc import Generator
from importlib import metadata
from pathlib import Path

import mlflow
from databricks.sdk import WorkspaceClient
from databricks.sdk.credentials_provider import ModelServingUserCredentials
from mlflow.pyfunc import ResponsesAgent
from mlflow.types.responses import (
    ResponsesAgentRequest,
    ResponsesAgentResponse,
    ResponsesAgentStreamEvent,
)

if os.environ.get("ECHO_BREAKS"):
    raise RuntimeError("this agent cannot be loaded")


class EchoAgent(ResponsesAgent):
    """Answers the last message with a greeting from its environment."""

    @mlflow.trace
    def predict(self, request: ResponsesAgentRequest) -> ResponsesAgentResponse:
        """Answer, or fail where the message asks for it."""
        said = request.input[-1].content
        if said == "fail":
            raise ValueError("it was asked to fail")
        text = f"{os.environ.get('GREETING', 'Hello')}, {said}"
        found = {}
        if said == "what is there":
            found = {
                "wheels": metadata.version("echo-words"),
                "lakevisor": importlib.util.find_spec("lakevisor") is not None,
                "home": str(Path.home()),
            }
        if said == "who are you":
            user = WorkspaceClient(credentials_strategy=ModelServingUserCredentials())
            found = {
                "self": WorkspaceClient().current_user.me().user_name,
                "user": user.current_user.me().user_name,
                "platform": importlib.util.find_spec("mlflowserving") is not None,
            }
        item = self.create_text_output_item(text=text, id="msg-1")
        return ResponsesAgentResponse(output=[item], custom_outputs=found)

    def predict_stream(
        self, request: ResponsesAgentRequest
    ) -> Generator[ResponsesAgentStreamEvent, None, None]:
        """Answer word by word, or fail after the first one."""
        said = request.input[-1].content
        for word in ("Hello, ", str(said)):
            yield ResponsesAgentStreamEvent(**self.create_text_delta(delta=word, item_id="msg-1"))
            if said == "fail":
                raise ValueError("it was asked to fail")
        item = self.create_text_output_item(text=f"Hello, {said}", id="msg-1")
        yield ResponsesAgentStreamEvent(type="response.output_item.done", item=item)


mlflow.models.set_model(EchoAgent())
