//! What was asked of AWS: queries with their ids and prices, covered intervals, the log groups that were chosen.

use rusqlite::{Connection, Row, params};

use super::error::{Doing as _, Result};
use super::notebook::Notebook;
use super::reader::Reader;
use crate::model::Timestamp;
use crate::model::live::{AskedQuery, Coverage, GroupName, QueryState, ScanStatistics, Seconds, Site};

const QUERY: &str =
    "query, profile, region, groups, text, first, last, state, started, rows, scanned, matched, skipped, bytes, bytes_skipped, reason";

impl Reader {
    /// The intervals of log groups that are in the case, in the order they were fetched.
    pub fn coverage(&mut self) -> Result<Vec<Coverage>> {
        let doing = "reading what was fetched";
        let sql = "SELECT account, region, name, filter, first, last, hole, at FROM coverage ORDER BY id";
        let mut select = self.connection().prepare_cached(sql).doing(doing)?;
        let entry = |row: &Row<'_>| {
            Ok(Coverage {
                group: GroupName { account: row.get(0)?, region: row.get(1)?, name: row.get(2)? },
                filter: row.get(3)?,
                span: Seconds::new(row.get(4)?, row.get(5)?),
                hole: row.get(6)?,
                at: Timestamp::from_millis(row.get(7)?),
            })
        };
        select.query_map([], entry).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)
    }

    /// The queries that were started at AWS, the oldest first.
    pub fn asked(&mut self) -> Result<Vec<AskedQuery>> {
        let doing = "reading the queries that were asked";
        let mut select = self.connection().prepare_cached(&format!("SELECT {QUERY} FROM asked ORDER BY id")).doing(doing)?;
        let entry = |row: &Row<'_>| {
            Ok(AskedQuery {
                id: row.get(0)?,
                profile: row.get(1)?,
                region: row.get(2)?,
                groups: row.get(3)?,
                text: row.get(4)?,
                span: Seconds::new(row.get(5)?, row.get(6)?),
                state: QueryState::from_code(row.get(7)?),
                started: Timestamp::from_millis(row.get(8)?),
                rows: row.get::<_, i64>(9)? as u64,
                statistics: ScanStatistics {
                    records_scanned: row.get(10)?,
                    records_matched: row.get(11)?,
                    records_skipped: row.get(12)?,
                    bytes_scanned: row.get(13)?,
                    bytes_skipped: row.get(14)?,
                },
                reason: row.get(15)?,
            })
        };
        select.query_map([], entry).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)
    }

    /// The log groups that were chosen for this case, each with its site.
    pub fn chosen_groups(&mut self) -> Result<Vec<(Site, GroupName)>> {
        let doing = "reading the log groups of the case";
        let mut select = self.connection().prepare_cached("SELECT profile, account, region, name FROM log_group ORDER BY id").doing(doing)?;
        let entry = |row: &Row<'_>| {
            let group = GroupName { account: row.get(1)?, region: row.get(2)?, name: row.get(3)? };
            Ok((Site { profile: row.get(0)?, region: Some(group.region.clone()) }, group))
        };
        select.query_map([], entry).doing(doing)?.collect::<rusqlite::Result<_>>().doing(doing)
    }
}

impl Notebook {
    /// Keeps a query, over the one with its id. At once: after a crash its results can still be read.
    pub fn keep_query(&mut self, query: &AskedQuery) -> Result<()> {
        let sql = format!("INSERT OR REPLACE INTO asked({QUERY}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
        let seen = &query.statistics;
        let values = params![
            query.id,
            query.profile,
            query.region,
            query.groups,
            query.text,
            query.span.from,
            query.span.to,
            query.state as u8,
            query.started.as_millis(),
            query.rows as i64,
            seen.records_scanned,
            seen.records_matched,
            seen.records_skipped,
            seen.bytes_scanned,
            seen.bytes_skipped,
            query.reason,
        ];
        self.write("keeping a query", &sql, values)
    }

    /// Adds a query that has ended to the line of this name, in which those of one kind are summed up: whoever follows asks thousands.
    pub fn fold_query(&mut self, query: &AskedQuery, line: &str) -> Result<()> {
        let doing = "keeping a query";
        let folded = AskedQuery { id: line.to_owned(), ..query.clone() };
        let sql = "UPDATE asked SET first = MIN(first, ?2), last = MAX(last, ?3), started = ?4, rows = rows + ?5, scanned = scanned + ?6,
                   matched = matched + ?7, skipped = skipped + ?8, bytes = bytes + ?9, bytes_skipped = bytes_skipped + ?10 WHERE query = ?1";
        let seen = &query.statistics;
        let values = params![
            line,
            query.span.from,
            query.span.to,
            query.started.as_millis(),
            query.rows as i64,
            seen.records_scanned,
            seen.records_matched,
            seen.records_skipped,
            seen.bytes_scanned,
            seen.bytes_skipped,
        ];
        if self.change(doing, sql, values)? == 0 {
            self.keep_query(&folded)?;
        }
        self.write(doing, "DELETE FROM asked WHERE query = ?1", [&query.id])
    }

    /// Remembers the log groups of the case, in place of those before.
    pub fn choose_groups(&mut self, groups: &[(Site, GroupName)]) -> Result<()> {
        self.write("choosing log groups", "DELETE FROM log_group", [])?;
        for (site, group) in groups {
            let values = params![site.profile, group.account, group.region, group.name];
            self.write("choosing log groups", "INSERT INTO log_group(profile, account, region, name) VALUES (?1, ?2, ?3, ?4)", values)?;
        }
        Ok(())
    }
}

/// Writes a covered interval.
pub(super) fn cover(connection: &Connection, entry: &Coverage) -> Result<()> {
    let doing = "noting what was fetched";
    let sql = "INSERT INTO coverage(account, region, name, filter, first, last, hole, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let group = &entry.group;
    let values = params![group.account, group.region, group.name, entry.filter, entry.span.from, entry.span.to, entry.hole, entry.at.as_millis()];
    connection.prepare_cached(sql).and_then(|mut insert| insert.execute(values)).doing(doing).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Writable;

    #[test]
    fn what_was_asked_and_covered_is_kept_through_a_rebuild() {
        let folder = tempfile::tempdir().unwrap();
        let case = Writable::open(&folder.path().join("a.outcrop")).unwrap();
        let group = GroupName { account: "111122223333".into(), region: "us-east-1".into(), name: "/g".into() };
        let covered = |hole: Option<&str>| Coverage {
            group: group.clone(),
            filter: String::new(),
            span: Seconds::new(10, 20),
            hole: hole.map(str::to_owned),
            at: Timestamp::from_millis(7),
        };
        let mut query = AskedQuery {
            id: "q-1".into(),
            profile: None,
            region: "us-east-1".into(),
            groups: "/g".into(),
            text: "fields @message".into(),
            span: Seconds::new(10, 20),
            state: QueryState::Running,
            started: Timestamp::from_millis(5),
            rows: 0,
            statistics: ScanStatistics::default(),
            reason: None,
        };
        let mut notebook = case.notebook().unwrap();
        notebook.keep_query(&query).unwrap();
        query.state = QueryState::Complete;
        query.statistics.bytes_scanned = 12.5;
        notebook.keep_query(&query).unwrap();
        let mut window = AskedQuery { id: "q-2".into(), rows: 3, span: Seconds::new(30, 40), ..query.clone() };
        for number in 2..5 {
            window.id = format!("q-{number}");
            window.span.to += 1;
            notebook.keep_query(&window).unwrap();
            notebook.fold_query(&window, "following").unwrap();
        }
        let folded = AskedQuery { id: "following".into(), rows: 9, span: Seconds::new(30, 43), ..query.clone() };
        let folded = AskedQuery { statistics: ScanStatistics { bytes_scanned: 37.5, ..ScanStatistics::default() }, ..folded };
        let site = Site { profile: Some("p".into()), region: Some("us-east-1".into()) };
        notebook.choose_groups(&[(Site::default(), group.clone())]).unwrap();
        notebook.choose_groups(&[(site.clone(), group.clone())]).unwrap();
        let mut writer = case.writer().unwrap();
        writer.cover(covered(None));
        writer.cover(covered(Some("too many")));
        assert!(writer.pending().ledger);
        writer.commit().unwrap();
        assert!(!writer.pending().ledger);
        writer.clear_derived().unwrap();
        let mut reader = case.reader().unwrap();
        assert_eq!(reader.coverage().unwrap(), [covered(None), covered(Some("too many"))]);
        assert_eq!(reader.asked().unwrap(), [query, folded]);
        assert_eq!(reader.chosen_groups().unwrap(), [(site, group)]);
    }
}
