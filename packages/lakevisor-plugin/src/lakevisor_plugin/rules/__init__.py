"""The rules of the contract that a program can check; the host and the testing kit share them.

Each returns what is wrong as sentences, and nothing where all is well.
"""

from lakevisor_plugin.rules.hook_functions import (
    hook_arguments,
    hook_problems,
    implemented_hooks,
    registration,
)
from lakevisor_plugin.rules.sub_agents import (
    delegation_problems,
    graph_problems,
    sub_agent_problems,
)
from lakevisor_plugin.rules.tools import (
    DESCRIBE,
    HAND_OFF_PREFIX,
    MORE_TO_DO,
    tool_problems,
)

__all__ = [
    "DESCRIBE",
    "HAND_OFF_PREFIX",
    "MORE_TO_DO",
    "delegation_problems",
    "graph_problems",
    "hook_arguments",
    "hook_problems",
    "implemented_hooks",
    "registration",
    "sub_agent_problems",
    "tool_problems",
]
