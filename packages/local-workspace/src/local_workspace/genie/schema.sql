-- A space with its content in serialized form. One in the trash stays, because conversations name it.
CREATE TABLE IF NOT EXISTS genie_spaces (
    space_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    warehouse_id TEXT NOT NULL,
    parent_path TEXT,
    serialized_space TEXT NOT NULL,
    etag INTEGER NOT NULL,           -- counts the changes of serialized_space
    owner TEXT NOT NULL,             -- the user name of who made it
    access TEXT NOT NULL,            -- JSON, principal -> level
    trashed INTEGER NOT NULL DEFAULT 0
);

-- A conversation belongs to one user.
CREATE TABLE IF NOT EXISTS genie_conversations (
    conversation_id TEXT PRIMARY KEY,
    space_id TEXT NOT NULL REFERENCES genie_spaces,
    user_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
);

-- A question, and what became of it.
CREATE TABLE IF NOT EXISTS genie_messages (
    message_id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES genie_conversations ON DELETE CASCADE,
    space_id TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    content TEXT NOT NULL,
    status TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    attachments TEXT,                -- JSON, as the API has them
    error TEXT,                      -- JSON, {error, type}
    features TEXT,                   -- JSON, what a follow-up leans on
    feedback TEXT                    -- JSON, {rating, comment}
);
CREATE INDEX IF NOT EXISTS genie_messages_by_conversation ON genie_messages (conversation_id);

-- A remark on a message.
CREATE TABLE IF NOT EXISTS genie_comments (
    message_comment_id TEXT PRIMARY KEY,
    message_id TEXT NOT NULL REFERENCES genie_messages ON DELETE CASCADE,
    user_id INTEGER NOT NULL,
    content TEXT NOT NULL,
    created INTEGER NOT NULL
);
