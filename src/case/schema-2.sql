-- Schema version 2: what an exchange called and how long all of its input was; conversations.

ALTER TABLE exchange ADD COLUMN input_chars INTEGER;
-- names of the tools that the answer called, a line each
ALTER TABLE exchange ADD COLUMN tools TEXT;
-- Tokens that CloudTrail events count: a second source where there is no invocation record.
CREATE TABLE trail_tokens(event INTEGER PRIMARY KEY, input INTEGER, output INTEGER);
-- By what an exchange finds the one it continues (`model::ThreadKeys`).
CREATE TABLE thread(event INTEGER PRIMARY KEY, keys BLOB);
-- `child` continues `parent`. Rows are only added: of a child's rows the last one stands; parent 0 is none.
CREATE TABLE link(id INTEGER PRIMARY KEY, child INTEGER, parent INTEGER);
-- The exchanges of an earlier version have none of this until they are derived again.
INSERT OR REPLACE INTO meta(key, value) SELECT 'outdated', 1 WHERE EXISTS(SELECT 1 FROM exchange);
