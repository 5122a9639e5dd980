-- Schema version 3: signals and leads; what the analyst says of them; match lists; baselines from elsewhere.

-- The analyst's own: never derived, never thrown away.
CREATE TABLE triage(subject TEXT, at INTEGER, state TEXT, note TEXT, PRIMARY KEY(subject, at)) WITHOUT ROWID;
CREATE TABLE listed(list TEXT, value TEXT, reason TEXT, expires INTEGER, PRIMARY KEY(list, value)) WITHOUT ROWID;
-- What rules learnt from evidence that is not in the case. learnt: of a rule and group (its values, a line each) a value that was
-- seen from `first` to `last`, or with value NULL a bucket that begins at `first` with its amount.
CREATE TABLE baseline(id INTEGER PRIMARY KEY, name TEXT UNIQUE, since INTEGER, until INTEGER, events INTEGER);
CREATE TABLE learnt(baseline INTEGER, rule TEXT, grp TEXT, value TEXT, first INTEGER, last INTEGER, amount REAL);
CREATE INDEX learnt_baseline ON learnt(baseline);

-- Derived. body: lz4, behind its plain length, of JSON of `model::Signal` and `model::Lead`: a series is long and alike. How far the
-- rules came is `meta.detected`.
CREATE TABLE signal(id TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID;
CREATE TABLE lead(id TEXT PRIMARY KEY, body BLOB) WITHOUT ROWID;
-- The first sentence of an exchange's system prompts: rules count different ones.
ALTER TABLE exchange ADD COLUMN system_opening TEXT;
-- Events of an earlier version are not listed by actor until they are derived again.
INSERT OR REPLACE INTO meta(key, value) SELECT 'outdated', 1 WHERE EXISTS(SELECT 1 FROM segment);
