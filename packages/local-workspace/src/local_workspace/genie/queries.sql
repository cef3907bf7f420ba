-- name: save_space
-- Makes a space or writes it anew.
INSERT OR REPLACE INTO genie_spaces (
    space_id, title, description, warehouse_id, parent_path, serialized_space, etag, owner, access,
    trashed
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: space
-- One space that is not in the trash.
SELECT * FROM genie_spaces WHERE space_id = ? AND NOT trashed;

-- name: spaces
-- All spaces that are not in the trash.
SELECT * FROM genie_spaces WHERE NOT trashed ORDER BY title, space_id;

-- name: save_conversation
-- Makes a conversation or writes it anew.
INSERT OR REPLACE INTO genie_conversations (
    conversation_id, space_id, user_id, title, created, updated
) VALUES (?, ?, ?, ?, ?, ?);

-- name: conversation
-- One conversation of a space.
SELECT * FROM genie_conversations WHERE space_id = ? AND conversation_id = ?;

-- name: conversations
-- The conversations of a user (or of all, when it is null) in a space, newest first.
SELECT * FROM genie_conversations
WHERE space_id = ?1 AND (?2 IS NULL OR user_id = ?2)
ORDER BY created DESC, rowid DESC;

-- name: delete_conversation_comments
DELETE FROM genie_comments WHERE message_id IN (
    SELECT message_id FROM genie_messages WHERE conversation_id = ?
);

-- name: delete_conversation_messages
DELETE FROM genie_messages WHERE conversation_id = ?;

-- name: delete_conversation
DELETE FROM genie_conversations WHERE conversation_id = ?;

-- name: add_message
-- Makes a message that has just been sent.
INSERT INTO genie_messages (
    message_id, conversation_id, space_id, user_id, content, status, created, updated,
    attachments, error, features, feedback
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: update_message
-- Writes how a message goes on; does nothing if it was deleted meanwhile.
UPDATE genie_messages
SET status = ?, updated = ?, attachments = ?, error = ?, features = ?, feedback = ?
WHERE message_id = ?;

-- name: message
-- One message of a conversation.
SELECT * FROM genie_messages WHERE conversation_id = ? AND message_id = ?;

-- name: messages
-- The messages of a conversation, oldest first.
SELECT * FROM genie_messages WHERE conversation_id = ? ORDER BY created, rowid;

-- name: message_by_id
SELECT * FROM genie_messages WHERE message_id = ?;

-- name: unfinished_messages
-- Messages whose answer was under way when the server stopped.
SELECT * FROM genie_messages
WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'QUERY_RESULT_EXPIRED')
ORDER BY created, rowid;

-- name: delete_message_comments
DELETE FROM genie_comments WHERE message_id = ?;

-- name: delete_message
DELETE FROM genie_messages WHERE message_id = ?;

-- name: add_comment
INSERT INTO genie_comments (message_comment_id, message_id, user_id, content, created)
VALUES (?, ?, ?, ?, ?);

-- name: comments
-- The comments on one message (or on all of a conversation, when it is null), oldest first.
SELECT genie_comments.* FROM genie_comments JOIN genie_messages USING (message_id)
WHERE conversation_id = ?1 AND (?2 IS NULL OR message_id = ?2)
ORDER BY genie_comments.created, genie_comments.rowid;
