//! Rows on their way into the case: in the API's own JSON, in parcels that are small at first and larger later.

use super::rows::ResultRow;

/// A parcel is handed over when it holds so much.
const BYTES: usize = 4 << 20;

/// Rows of one query.
pub(super) struct Bundle {
    name: String,
    text: String,
    rows: usize,
    parcels: usize,
}

/// A parcel of rows: the name of its source, and its bytes.
pub(super) type Parcel = (String, Vec<u8>);

impl Bundle {
    /// The rows of this interval of this group.
    pub(super) fn new(name: String) -> Self {
        Self { name, text: String::new(), rows: 0, parcels: 0 }
    }

    /// Takes a row.
    pub(super) fn add(&mut self, row: &ResultRow) {
        self.text.push_str(if self.rows == 0 { "{\"results\":[\n" } else { ",\n" });
        row.write_json(&mut self.text);
        self.rows += 1;
    }

    /// What is to be handed over: the first rows at once, later ones in large parcels.
    pub(super) fn due(&mut self) -> Option<Parcel> {
        if self.parcels == 0 || self.text.len() >= BYTES { self.rest() } else { None }
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> Option<Parcel> {
        if self.rows == 0 {
            return None;
        }
        self.text.push_str("\n]}\n");
        self.parcels += 1;
        self.rows = 0;
        let name = if self.parcels == 1 { self.name.clone() } else { format!("{} ({})", self.name, self.parcels) };
        Some((name, std::mem::take(&mut self.text).into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::decode::containers::{Item, Limits, read_records};

    #[test]
    fn rows_are_records_again_for_the_ingest() {
        let mut bundle = Bundle::new("us-east-1 /g".into());
        let row = |message: &str| {
            let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            ResultRow(vec![field("@timestamp", "2026-11-11 02:11:00.123"), field("@message", message), field("@log", "1:/g"), field("@ptr", "Cg==")])
        };
        let messages = [r#"{"schemaType":"ModelInvocationLog","a":"\"\\ud800"}"#, "plain \u{1b}[31m text"];
        bundle.add(&row(messages[0]));
        let (name, first) = bundle.due().unwrap();
        assert_eq!(name, "us-east-1 /g");
        bundle.add(&row(messages[1]));
        assert_eq!(bundle.due(), None, "a second parcel waits for more");
        let (name, second) = bundle.rest().unwrap();
        assert_eq!(name, "us-east-1 /g (2)");
        assert_eq!(bundle.rest(), None);
        let mut found = Vec::new();
        for bytes in [first, second] {
            read_records(&mut bytes.as_slice(), &Limits::default(), &mut |item| {
                if let Item::Record { bytes, logged_at, .. } = item {
                    found.push((String::from_utf8(bytes.into_owned()).unwrap(), logged_at.map(|at| at.to_string())));
                }
                ControlFlow::Continue(())
            });
        }
        let at = Some("2026-11-11T02:11:00.123Z".to_owned());
        assert_eq!(found, [(messages[0].to_owned(), at.clone()), (messages[1].to_owned(), at)]);
    }
}
