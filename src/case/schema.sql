-- A case of outcrop, schema version 1. Times are milliseconds since 1970 in UTC; NULL or 0 is none.

-- revision, epoch, duplicates, title
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- Evidence and what the analyst wrote: never derived, never thrown away.
CREATE TABLE source(
  id INTEGER PRIMARY KEY, kind INTEGER, path TEXT, size INTEGER, plain_size INTEGER, modified INTEGER, sha256 TEXT, compression INTEGER,
  state INTEGER, reason TEXT, records INTEGER, events INTEGER, undecodable INTEGER, duplicates INTEGER, sealed INTEGER, read_at INTEGER);
CREATE INDEX source_path ON source(path);
-- form 0: lz4 of `length` plain bytes from `position` on; form 1: the stored bytes of the file, verbatim
CREATE TABLE block(id INTEGER PRIMARY KEY, source INTEGER, form INTEGER, position INTEGER, length INTEGER, data BLOB);
CREATE INDEX block_place ON block(source, form, position);
CREATE TABLE mark(digest BLOB PRIMARY KEY, marked INTEGER, reviewed INTEGER, tags TEXT, note TEXT) WITHOUT ROWID;
CREATE TABLE view(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE note(id INTEGER PRIMARY KEY, at INTEGER, text TEXT);

-- Derived from here on.
CREATE TABLE body(request TEXT, side INTEGER, source INTEGER, PRIMARY KEY(request, side)) WITHOUT ROWID;
-- kind as in model/entity.rs; 0 is text that is no pivot
CREATE TABLE entity(id INTEGER PRIMARY KEY, kind INTEGER, value TEXT);
CREATE UNIQUE INDEX entity_value ON entity(kind, value);
-- account to host are rows of `entity`
CREATE TABLE event(
  id INTEGER PRIMARY KEY, time INTEGER, strand INTEGER, outcome INTEGER, key_kind INTEGER, digest BLOB,
  source INTEGER, position INTEGER, length INTEGER, wrap INTEGER,
  account INTEGER, region INTEGER, actor INTEGER, principal INTEGER, role INTEGER, session INTEGER, key INTEGER, ip INTEGER, user_agent INTEGER,
  action INTEGER, service INTEGER, error_code INTEGER, model INTEGER, bucket INTEGER, host INTEGER,
  error_message TEXT, request_id TEXT, detail TEXT, undecodable TEXT, extra BLOB);
CREATE TABLE exchange(
  event INTEGER PRIMARY KEY, family TEXT, preview TEXT, user_chars INTEGER, completion_chars INTEGER, turns INTEGER,
  input INTEGER, output INTEGER, cache_read INTEGER, cache_write INTEGER, total_input INTEGER,
  latency INTEGER, stop_reason TEXT, guardrail INTEGER, body INTEGER, flags INTEGER);
-- The events of one or more commits: a contiguous range of row numbers. refs: (time, id, bits) in order of time;
-- keys: 16 bytes an event, in order of id, by which duplicates are told
CREATE TABLE segment(
  id INTEGER PRIMARY KEY, first_event INTEGER, events INTEGER, management INTEGER, data INTEGER, invocation INTEGER, endpoint INTEGER,
  network INTEGER, span INTEGER, undecodable INTEGER, first_time INTEGER, last_time INTEGER, refs BLOB, keys BLOB);
-- place = segment << 32 | entity
CREATE TABLE posting(place INTEGER PRIMARY KEY, events INTEGER, denied INTEGER, first_time INTEGER, last_time INTEGER, ids BLOB);
-- Sorted (64-bit hash, event) pairs, 12 bytes each, big-endian, in pieces. kind 0: the digest's first 8 bytes; otherwise
-- a hash of a wide entity's value. first: the first hash, with its top bit inverted so that it sorts as a signed number
CREATE TABLE run(id INTEGER PRIMARY KEY, segment INTEGER, kind INTEGER, first INTEGER, entries BLOB);
CREATE INDEX run_place ON run(segment, kind, first);
-- data: lz4 of `length` bytes of text; entries: (event, length) pairs
CREATE TABLE text_block(
  id INTEGER PRIMARY KEY, first_event INTEGER, last_event INTEGER, latest INTEGER, length INTEGER, entries BLOB, data BLOB);
