//! Rows of a result: names and texts, as AWS gives them. A field that an event does not have is not in its row.

use crate::model::Timestamp;

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultRow(pub Vec<(String, String)>);

impl ResultRow {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Its `@timestamp`.
    pub fn time(&self) -> Option<Timestamp> {
        self.get("@timestamp").and_then(time)
    }

    /// The row as the API's JSON writes it.
    pub(super) fn write_json(&self, out: &mut String) {
        out.push('[');
        for (index, (field, value)) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str("{\"field\":");
            quote(field, out);
            out.push_str(",\"value\":");
            quote(value, out);
            out.push('}');
        }
        out.push(']');
    }
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A time as Logs Insights writes it, `2026-11-22 19:46:34.886` in UTC; or seconds or milliseconds since the epoch.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return Some(Timestamp::from_millis(if text.len() <= 11 { number.checked_mul(1000)? } else { number }));
    }
    Timestamp::parse(text)
}

/// The bytes that an `estimate` tells: in a column that speaks of bytes, or the only number there is. `None` of an answer that
/// is none, such as the rows that a server gives which does not know the command.
pub(super) fn estimated_bytes(rows: &[ResultRow]) -> Option<f64> {
    let [row] = rows else { return None };
    if row.get("@ptr").is_some() || row.get("@message").is_some() {
        return None;
    }
    let number = |(_, value): &(String, String)| value.trim().replace(',', "").parse::<f64>().ok().filter(|bytes| bytes.is_finite() && *bytes >= 0.0);
    let speaks_of_bytes = row.0.iter().filter(|(name, _)| name.to_ascii_lowercase().contains("byte"));
    speaks_of_bytes.chain(row.0.iter().filter(|_| row.0.len() == 1)).find_map(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(fields: &[(&str, &str)]) -> ResultRow {
        ResultRow(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn times_come_in_three_forms() {
        let at = Some(Timestamp::from_millis(1_737_481_787_320));
        for text in ["2025-01-21 17:49:47.320", "1737481787320", "2025-01-21T17:49:47.320Z"] {
            assert_eq!(time(text), at, "{text}");
        }
        assert_eq!(time("1737481787"), Some(Timestamp::from_millis(1_737_481_787_000)));
        assert_eq!(time(""), None);
        assert_eq!(time("soon"), None);
    }

    #[test]
    fn an_estimate_is_told_from_rows() {
        assert_eq!(estimated_bytes(&[row(&[("estimatedBytesScanned", "1048576"), ("records", "12")])]), Some(1_048_576.0));
        assert_eq!(estimated_bytes(&[row(&[("estimate", "1,024")])]), Some(1024.0));
        assert_eq!(estimated_bytes(&[row(&[("@timestamp", "2026-11-22 19:46:34.886"), ("@message", "{}"), ("@ptr", "7")])]), None);
        assert_eq!(estimated_bytes(&[row(&[("a", "1"), ("b", "2")])]), None);
        assert_eq!(estimated_bytes(&[]), None);
    }

    #[test]
    fn rows_are_written_as_the_api_writes_them() {
        let mut out = String::new();
        row(&[("@timestamp", "2026-11-22 19:46:34.886"), ("@message", "{\"a\":\"\u{1b}\\\"\"}")]).write_json(&mut out);
        assert_eq!(out, r#"[{"field":"@timestamp","value":"2026-11-22 19:46:34.886"},{"field":"@message","value":"{\"a\":\"\u001b\\\"\"}"}]"#);
    }
}
