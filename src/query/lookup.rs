//! Tables that rows are looked up in: what `CreateLookupTable` takes at AWS, a CSV file whose first line names the columns.

use std::net::IpAddr;

use hashbrown::HashMap;
use ipnet::IpNet;

use super::value::Value;

/// AWS takes no larger ones, in bytes.
pub const LARGEST: usize = 10_485_760;

/// A table.
#[derive(Debug, Default)]
pub struct LookupTable {
    /// The names of its columns; each is another.
    pub columns: Vec<String>,
    /// Its rows, each as long as there are columns.
    pub rows: Vec<Vec<Value>>,
}

impl LookupTable {
    /// Reads a CSV file.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(csv: &str) -> Result<Self, String> {
        if csv.len() > LARGEST {
            return Err(format!("the table has {} bytes: AWS takes at most {LARGEST}", csv.len()));
        }
        let mut reader = reader(csv);
        let wrong = |error: &csv::Error| match (error.kind(), error.position()) {
            (csv::ErrorKind::UnequalLengths { expected_len, len, .. }, Some(position)) => {
                format!("line {} has {len} values, the first line names {expected_len} columns", position.line())
            }
            (_, Some(position)) => format!("line {}: {error}", position.line()),
            (_, None) => error.to_string(),
        };
        let columns = header(&mut reader).map_err(|error| wrong(&error))?;
        if columns.iter().all(String::is_empty) {
            return Err("the first line has to name the columns".to_owned());
        }
        for (at, name) in columns.iter().enumerate() {
            if name.is_empty() {
                return Err(format!("column {} has no name in the first line", at + 1));
            }
            if columns.iter().take(at).any(|known| known == name) {
                return Err(format!("the first line names two columns `{name}`"));
            }
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            rows.push(record.map_err(|error| wrong(&error))?.iter().map(Value::text).collect());
        }
        Ok(Self { columns, rows })
    }

    /// The names of the columns of a CSV file that can be read.
    pub fn columns_of(csv: &str) -> Vec<String> {
        header(&mut reader(csv)).unwrap_or_default()
    }

    /// Where a column is.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|known| known == name)
    }

    /// The one column in which every value that is there is a network.
    pub fn column_of_networks(&self) -> Option<usize> {
        let is_network = |at: usize| {
            let mut values = self.rows.iter().filter_map(|row| row.get(at)?.as_text()).filter(|text| !text.is_empty()).peekable();
            values.peek().is_some() && values.all(|text| network(&text).is_some())
        };
        let mut found = (0..self.columns.len()).filter(|at| is_network(*at));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }
}

fn reader(csv: &str) -> csv::Reader<&[u8]> {
    // What spreadsheets write before a file in UTF-8.
    csv::Reader::from_reader(csv.strip_prefix('\u{feff}').unwrap_or(csv).as_bytes())
}

fn header(reader: &mut csv::Reader<&[u8]>) -> Result<Vec<String>, csv::Error> {
    Ok(reader.headers()?.iter().map(|name| name.trim().to_owned()).collect())
}

/// A range of addresses, such as `10.0.0.0/8`; an address without `/` is a range of one.
fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok().map(|network| network.trunc())
}

/// Which row a network is in; of two rows for the same network the first.
#[derive(Debug, Default)]
pub struct Networks {
    rows: HashMap<IpNet, usize>,
    /// The prefixes that occur, longest first.
    prefixes: Vec<u8>,
    /// Rows that name no network.
    pub others: usize,
}

impl Networks {
    /// The networks in a column.
    pub fn of(table: &LookupTable, column: usize) -> Self {
        let mut networks = Self::default();
        for (at, row) in table.rows.iter().enumerate() {
            match row.get(column).and_then(Value::as_text).and_then(|text| network(&text)) {
                Some(network) => {
                    networks.rows.entry(network).or_insert(at);
                }
                None => networks.others += 1,
            }
        }
        networks.prefixes = networks.rows.keys().map(IpNet::prefix_len).collect();
        networks.prefixes.sort_unstable_by(|one, other| other.cmp(one));
        networks.prefixes.dedup();
        networks
    }

    /// The row of the narrowest network that an address lies in.
    pub fn row(&self, address: &str) -> Option<usize> {
        let address: IpAddr = address.trim().parse().ok()?;
        // A prefix that is longer than an address gives none.
        let around = self.prefixes.iter().filter_map(|prefix| IpNet::new(address, *prefix).ok());
        around.map(|network| network.trunc()).find_map(|network| self.rows.get(&network).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_header_and_rows_as_long() {
        let table = LookupTable::read("\u{feff}id, name\r\n7,\"Ann, of Berlin\"\r\n8,\r\n").expect("a table");
        assert_eq!(table.columns, ["id", "name"]);
        assert_eq!(LookupTable::columns_of("\u{feff}id, name\n1"), ["id", "name"]);
        assert_eq!(table.rows, [vec![Value::text("7"), Value::text("Ann, of Berlin")], vec![Value::text("8"), Value::text("")]]);
        for (csv, why) in [
            ("", "the first line has to name the columns"),
            ("a,,c\n1,2,3", "column 2 has no name in the first line"),
            ("a,b,a\n1,2,3", "the first line names two columns `a`"),
            ("a,b\n1,2\n1,2,3\n", "line 3 has 3 values, the first line names 2 columns"),
        ] {
            assert_eq!(LookupTable::read(csv).err().as_deref(), Some(why), "{csv}");
        }
        assert!(LookupTable::read(&"a".repeat(LARGEST + 1)).is_err());
    }

    #[test]
    fn an_address_lies_in_the_narrowest_network() {
        let csv = "net,zone\n10.0.0.0/8,wide\n10.1.0.0/16,narrow\n10.1.2.3,one\n2001:db8::/32,six\nnowhere,none\n0.0.0.0/0,all\n10.0.0.0/8,again\n";
        let table = LookupTable::read(csv).expect("a table");
        let networks = Networks::of(&table, 0);
        for (address, row) in [
            ("10.9.9.9", Some(0)),
            ("10.1.9.9", Some(1)),
            ("10.1.2.3", Some(2)),
            ("2001:db8:1::1", Some(3)),
            ("2001:db9::1", None),
            ("192.0.2.1", Some(5)),
            ("no address", None),
        ] {
            assert_eq!(networks.row(address), row, "{address}");
        }
        assert_eq!(networks.others, 1);
        assert_eq!(table.column_of_networks(), None);
        assert_eq!(LookupTable::read("zone,net\na,10.0.0.0/8\nb,\n").expect("a table").column_of_networks(), Some(1));
        assert_eq!(LookupTable::read("one,two\n10.0.0.1,10.0.0.2\n").expect("a table").column_of_networks(), None);
        assert!([("10.0.0.0/33"), ("10.0.0.0/-1"), ("/8"), ("")].iter().all(|text| network(text).is_none()));
    }
}
