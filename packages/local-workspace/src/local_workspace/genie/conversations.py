"""The routes of conversations: questions, their answers, feedback and comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import caller_of, json_body
from local_workspace.errors import InvalidParameter, PermissionDenied
from local_workspace.genie.answer_rules import AnswerRule
from local_workspace.genie.door import Door
from local_workspace.genie.question_limit import QuestionLimit
from local_workspace.genie.records import Comment, Conversation, Message, now
from local_workspace.genie.spaces import SPACES
from local_workspace.genie.store import GenieStore
from local_workspace.genie.views import (
    comment_view,
    conversation_summary,
    conversation_view,
    message_view,
    page,
)
from local_workspace.genie.worker import Worker
from local_workspace.rules import Rules
from local_workspace.sql import Warehouse

_LONGEST_QUESTION = 100_000
_LONGEST_TITLE = 100
_RATINGS = ("POSITIVE", "NEGATIVE", "NONE")


class ConversationRoutes:
    """`/api/2.0/genie/spaces/{space_id}/...` for chats."""

    def __init__(
        self,
        store: GenieStore,
        door: Door,
        worker: Worker,
        *,
        warehouse: Warehouse,
        limit: QuestionLimit,
    ) -> None:
        self._store = store
        self._door = door
        self._worker = worker
        self._warehouse = warehouse
        self._limit = limit
        self._rules = Rules(AnswerRule)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of conversations."""
        space = f"{SPACES}/{{space_id}}"
        conversation = f"{space}/conversations/{{conversation_id}}"
        message = f"{conversation}/messages/{{message_id}}"
        agent = "/api/2.0/genie/agents/{space_id}/conversations/{conversation_id}"
        return [
            Route(f"{space}/start-conversation", self._start, methods=["POST"]),
            Route(f"{space}/conversations", self._list, methods=["GET"]),
            Route(conversation, self._delete, methods=["DELETE"]),
            Route(f"{conversation}/messages", self._ask, methods=["POST"]),
            Route(f"{conversation}/messages", self._list_messages, methods=["GET"]),
            Route(f"{conversation}/list-comments", self._list_comments, methods=["GET"]),
            Route(message, self._get_message, methods=["GET"]),
            Route(message, self._delete_message, methods=["DELETE"]),
            Route(f"{message}/feedback", self._feedback, methods=["POST"]),
            Route(f"{message}/comments", self._comment, methods=["POST"]),
            Route(f"{message}/comments", self._list_comments, methods=["GET"]),
            Route(f"{agent}/responses/{{message_id}}/cancel", self._cancel, methods=["POST"]),
            *self._limit.routes(),
            *self._rules.routes("/local/genie/rules"),
        ]

    async def _start(self, request: Request) -> Response:
        content = _content(await json_body(request), longest=_LONGEST_QUESTION)
        space = self._door.space(request, "CAN_RUN")
        self._limit.count()
        conversation = Conversation(
            space_id=space.space_id,
            user_id=caller_of(request).user_id,
            title=content[:_LONGEST_TITLE],
        )
        self._store.save_conversation(conversation)
        message = self._add(conversation, content)
        return JSONResponse(
            {
                "conversation_id": conversation.conversation_id,
                "message_id": message.message_id,
                "conversation": conversation_view(conversation),
                "message": message_view(message),
            }
        )

    async def _ask(self, request: Request) -> Response:
        content = _content(await json_body(request), longest=_LONGEST_QUESTION)
        conversation = self._door.conversation(request)
        if conversation.user_id != caller_of(request).user_id:
            raise PermissionDenied("Only who started a conversation may ask in it.")
        self._limit.count()
        self._store.save_conversation(replace(conversation, updated=now()))
        return JSONResponse(message_view(self._add(conversation, content)))

    def _add(self, conversation: Conversation, content: str) -> Message:
        message = Message(
            conversation_id=conversation.conversation_id,
            space_id=conversation.space_id,
            user_id=conversation.user_id,
            content=content,
        )
        self._store.add_message(message)
        about = {"space_id": message.space_id, "question": content}
        self._worker.start(message, self._rules.take(lambda rule: rule.fits(**about)))
        return message

    async def _list(self, request: Request) -> Response:
        caller, query = caller_of(request), request.query_params
        is_all = query.get("include_all", "").lower() == "true"
        space = self._door.space(request, "CAN_MANAGE" if is_all else "CAN_RUN")
        found = self._store.conversations(space.space_id, None if is_all else caller.user_id)
        listed, following = page(found, query.get("page_size"), query.get("page_token"))
        return JSONResponse(
            {"conversations": [conversation_summary(each) for each in listed]} | following
        )

    async def _delete(self, request: Request) -> Response:
        conversation = self._door.conversation(request)
        for message in self._store.messages(conversation.conversation_id):
            self._worker.cancel(message)
        self._store.delete_conversation(conversation.conversation_id)
        return JSONResponse({})

    async def _get_message(self, request: Request) -> Response:
        return JSONResponse(self._view(self._door.message(request)))

    async def _list_messages(self, request: Request) -> Response:
        query = request.query_params
        found = self._store.messages(self._door.conversation(request).conversation_id)
        listed, following = page(found, query.get("page_size"), query.get("page_token"))
        return JSONResponse({"messages": [self._view(each) for each in listed]} | following)

    async def _delete_message(self, request: Request) -> Response:
        message = self._door.message(request)
        self._worker.cancel(message)
        self._store.delete_message(message.message_id)
        return JSONResponse({})

    async def _cancel(self, request: Request) -> Response:
        return JSONResponse(self._view(self._worker.cancel(self._door.message(request))))

    async def _feedback(self, request: Request) -> Response:
        body, message = await json_body(request), self._door.message(request)
        rating = body.get("rating")
        if rating not in _RATINGS:
            raise InvalidParameter(f"rating must be one of {', '.join(_RATINGS)}.")
        comment = body.get("comment")
        feedback = {"rating": rating} | ({"comment": comment} if comment else {})
        self._store.update_message(message, feedback=feedback)
        return JSONResponse({})

    async def _comment(self, request: Request) -> Response:
        content = _content(await json_body(request), longest=_LONGEST_QUESTION)
        conversation, message = self._door.conversation(request), self._door.message(request)
        comment = Comment(
            message_id=message.message_id, user_id=caller_of(request).user_id, content=content
        )
        self._store.add_comment(comment)
        return JSONResponse(comment_view(comment, conversation))

    async def _list_comments(self, request: Request) -> Response:
        query, conversation = request.query_params, self._door.conversation(request)
        message_id = request.path_params.get("message_id")
        found = self._store.comments(conversation.conversation_id, message_id)
        listed, following = page(found, query.get("page_size"), query.get("page_token"))
        comments = [comment_view(each, conversation) for each in listed]
        return JSONResponse({"comments": comments} | following)

    def _view(self, message: Message) -> dict[str, Any]:
        query = (message.attachment() or {}).get("query")
        is_kept = query is None or self._warehouse.statement(query["statement_id"]) is not None
        return message_view(message, is_expired=not is_kept)


def _content(body: Mapping[str, Any], *, longest: int) -> str:
    content = body.get("content")
    if not isinstance(content, str) or not content.strip():
        raise InvalidParameter("content is required and must not be empty.")
    if len(content) > longest:
        raise InvalidParameter(
            f"content has {len(content):,} characters, at most {longest:,} are allowed."
        )
    return content
