-- Schema version 5: where in the text of a block stands what the user and the model said in each exchange (`case::text`).

-- NULL in a case of an earlier version: anywhere.
ALTER TABLE text_block ADD COLUMN said BLOB;
