"""Who may see and do what in Genie."""

from __future__ import annotations

from starlette.requests import Request

from local_workspace.area import Caller, caller_of
from local_workspace.errors import NotFound, PermissionDenied
from local_workspace.genie.records import LEVELS, Conversation, Message, Space
from local_workspace.genie.store import GenieStore

_SAID = {
    "CAN_VIEW": "Can View",
    "CAN_RUN": "Can Run",
    "CAN_EDIT": "Can Edit",
    "CAN_MANAGE": "Can Manage",
}


class Door:
    """Finds what a request names, and refuses what its caller may not have."""

    def __init__(self, store: GenieStore) -> None:
        self._store = store

    def space(self, request: Request, level: str) -> Space:
        """Return the space of a request.

        Raises:
            NotFound: there is no such space.
            PermissionDenied: the caller has less than `level` on it.
        """
        space_id = request.path_params["space_id"]
        space = self._store.space(space_id)
        if space is None:
            raise NotFound(
                f"Unable to get space [{space_id}]. Node with resource name None does not exist."
            )
        if not may(caller_of(request), space, level):
            raise PermissionDenied(
                f'You need "{_SAID[level]}" permission to perform this action on space {space_id}.'
            )
        return space

    def conversation(self, request: Request) -> Conversation:
        """Return the conversation of a request, which must be the caller's own.

        Raises:
            NotFound: there is no such conversation.
            PermissionDenied: it is someone else's, and the caller does not manage the space.
        """
        space, caller = self.space(request, "CAN_RUN"), caller_of(request)
        conversation_id = request.path_params["conversation_id"]
        conversation = self._store.conversation(space.space_id, conversation_id)
        if conversation is None:
            raise NotFound(f"Conversation {conversation_id} does not exist.")
        if conversation.user_id != caller.user_id and not may(caller, space, "CAN_MANAGE"):
            raise PermissionDenied(
                f"User {caller.user_name} does not have access to conversation {conversation_id}."
            )
        return conversation

    def message(self, request: Request) -> Message:
        """Return the message of a request.

        Raises:
            NotFound: there is no such message in the conversation.
        """
        conversation = self.conversation(request)
        message_id = request.path_params["message_id"]
        message = self._store.message(conversation.conversation_id, message_id)
        if message is None:
            raise NotFound(f"Message {message_id} does not exist.")
        return message


def may(caller: Caller, space: Space, level: str) -> bool:
    """Return whether a caller has at least this level on a space."""
    if caller.is_admin or caller.user_name == space.owner:
        return True
    names = {caller.user_name, *caller.groups}
    given = [LEVELS.index(each) for name, each in space.access.items() if name in names]
    return max(given, default=-1) >= LEVELS.index(level)
