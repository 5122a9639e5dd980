-- Schema version 4: what was asked of AWS, and which intervals of which log groups are in the case. Not derived: a rebuild keeps it.

-- first and last are seconds since 1970, last is the first one after. hole: why some of it is not in the case; NULL: all of it is
CREATE TABLE coverage(
  id INTEGER PRIMARY KEY, account TEXT, region TEXT, name TEXT, filter TEXT, first INTEGER, last INTEGER, hole TEXT, at INTEGER);
-- groups: names, a line each. scanned to bytes_skipped as AWS counts them
CREATE TABLE asked(
  id INTEGER PRIMARY KEY, query TEXT UNIQUE, profile TEXT, region TEXT, groups TEXT, text TEXT, first INTEGER, last INTEGER, state INTEGER,
  started INTEGER, rows INTEGER, scanned REAL, matched REAL, skipped REAL, bytes REAL, bytes_skipped REAL, reason TEXT);
-- The log groups that the analyst chose, in the order they were found
CREATE TABLE log_group(id INTEGER PRIMARY KEY, profile TEXT, account TEXT, region TEXT, name TEXT);
