//! Looking into a record as exporters may have left it: keys in any letter case, parameters as JSON inside a string
//! (FORMATS §3.1).

use crate::decode::json::{Tape, Value};

/// The value of a key, whatever its letter case.
pub(super) fn get<'a>(value: Value<'a>, key: &str) -> Value<'a> {
    let found = value.entries().find(|(name, _)| name.raw().eq_ignore_ascii_case(key.as_bytes()));
    found.map(|(_, value)| value).unwrap_or_default()
}

/// The value at a dotted path.
pub(super) fn at<'a>(value: Value<'a>, path: &str) -> Value<'a> {
    path.split('.').fold(value, get)
}

/// A string that says something: not empty, not withheld.
pub(super) fn text(value: Value<'_>) -> Option<String> {
    value.text_some().filter(|text| !is_withheld(text)).map(std::borrow::Cow::into_owned)
}

/// A string or a number at a path.
pub(super) fn scalar(value: Value<'_>, path: &str) -> Option<String> {
    at(value, path).scalar().filter(|text| !text.is_empty() && !is_withheld(text)).map(std::borrow::Cow::into_owned)
}

fn is_withheld(text: &str) -> bool {
    matches!(text, "HIDDEN_DUE_TO_SECURITY_REASONS" | "REDACTED")
}

/// Reads a value, also when it is JSON inside a string.
pub(super) fn inside<T>(value: Value<'_>, read: impl FnOnce(Value<'_>) -> T) -> T {
    match value.text().filter(|text| text.trim_start().starts_with(['{', '['])) {
        Some(nested) => {
            let bytes = nested.into_owned().into_bytes();
            let tape = Tape::of(&bytes);
            read(tape.root(&bytes))
        }
        None => read(value),
    }
}

/// The last part of a name, id or ARN: `gr-1` of `arn:…:guardrail/gr-1:2`, `mgmt` of `arn:…:trail/mgmt`.
pub(super) fn last_part(name: &str) -> &str {
    if !name.starts_with("arn:") {
        return name;
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split(':').next().unwrap_or(last)
}

/// The log group that a name or an ARN (`arn:…:log-group:NAME:*`) means.
pub(super) fn log_group(name: &str) -> &str {
    let Some((_, rest)) = name.split_once(":log-group:") else { return name };
    rest.split(':').next().unwrap_or(rest)
}

/// The resource that a refusal names, when it is one.
pub(super) fn refused(message: &str) -> Option<&str> {
    let (_, resource) = message.split_once(" on resource: ")?;
    let arn = resource.split_whitespace().next()?.trim_end_matches(['.', ',', '"']);
    arn.starts_with("arn:").then_some(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_out_of_arns() {
        for (name, expected) in [
            ("gr1", "gr1"),
            ("arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1", "gr1"),
            ("arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1:2", "gr1"),
            ("arn:aws:cloudtrail:us-east-1:111122223333:trail/mgmt", "mgmt"),
        ] {
            assert_eq!(last_part(name), expected, "{name}");
        }
        assert_eq!(log_group("arn:aws:logs:us-east-1:111122223333:log-group:/acme/bedrock:*"), "/acme/bedrock");
        assert_eq!(log_group("/acme/bedrock"), "/acme/bedrock");
        let message = "User: u is not authorized to perform: cloudtrail:StopLogging on resource: arn:aws:cloudtrail:us-east-1:111122223333:trail/mgmt because no identity-based policy allows it";
        assert_eq!(refused(message), Some("arn:aws:cloudtrail:us-east-1:111122223333:trail/mgmt"));
        assert_eq!(refused("… on resource: * because"), None);
    }

    #[test]
    fn keys_in_any_case_and_json_in_a_string() {
        let record = br#"{"requestparameters":"{\"trailName\":\"t\"}","Name":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#;
        let tape = Tape::of(record);
        let root = tape.root(record);
        let name = inside(get(root, "requestParameters"), |request| text(get(request, "trailname")));
        assert_eq!(name.as_deref(), Some("t"));
        assert_eq!(scalar(root, "name"), None);
    }
}
