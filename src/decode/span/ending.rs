//! How a span ended. Status alone does not say: it is UNSET on calls that failed, and OK on what a policy refused.

use std::borrow::Cow;

use super::attributes::{self, Attributes};
use super::fields::Fields;
use crate::decode::Text;
use crate::decode::json::Value;
use crate::model::Outcome;

/// The outcome and what is known of the error.
pub(super) struct Ending<'a> {
    pub(super) outcome: Outcome,
    pub(super) code: Option<Text<'a>>,
    pub(super) message: Option<Text<'a>>,
}

/// Log records from this severity on tell of errors (OpenTelemetry's ERROR).
const SEVERE: u64 = 17;

impl<'a> Ending<'a> {
    pub(super) fn of(fields: &Fields<'a>, attributes: &Attributes<'a>) -> Self {
        // An enforced refusal; in LOG_ONLY the call goes on.
        if attributes.decision.as_deref() == Some("DENY") && attributes.policy_mode.as_deref() != Some("LOG_ONLY") {
            return Self { outcome: Outcome::Denied, code: attributes.decision.clone(), message: attributes.decision_reason.clone() };
        }
        let (exception, said) = exception(fields.events);
        let message = [fields.status.get("message").text_some(), attributes.error_message.clone(), said].into_iter().flatten().next();
        let code = message.as_deref().and_then(code_in).map(|code| Cow::Owned(code.to_owned()));
        let code = code.or_else(|| attributes.error_type.clone()).or(exception);
        let failed = is_error(fields.status.get("code"))
            || attributes.failed
            || attributes.http_status.is_some_and(|status| status >= 400)
            || fields.severity.count().is_some_and(|severity| severity >= SEVERE)
            || code.is_some();
        if !failed {
            return Self { outcome: Outcome::Ok, code: None, message: None };
        }
        let refused = matches!(attributes.http_status, Some(401 | 403));
        let code = code.or_else(|| attributes.http_status.filter(|status| *status >= 400).map(|status| Cow::Owned(status.to_string())));
        // Python's and Java's exceptions stand with their packages.
        let by_code = Outcome::from_error_code(code.as_deref().map(|code| code.rsplit(['.', '#']).next().unwrap_or(code)));
        let outcome = if refused || by_code == Outcome::Denied { Outcome::Denied } else { Outcome::Error };
        Self { outcome, code, message }
    }
}

/// `ERROR`, `STATUS_CODE_ERROR`, or OTLP's 2.
fn is_error(code: Value<'_>) -> bool {
    code.scalar().is_some_and(|code| matches!(&*code, "2" | "ERROR" | "Error" | "STATUS_CODE_ERROR"))
}

/// Type and message of the first exception among a span's events.
fn exception(events: Value<'_>) -> (Option<Text<'_>>, Option<Text<'_>>) {
    let (mut kind, mut message) = (None, None);
    if let Some(event) = events.items().find(|event| event.get("name").is("exception")) {
        attributes::each(event.get("attributes"), |key, value| match key {
            b"exception.type" => kind = value.text_some(),
            b"exception.message" => message = value.text_some(),
            _ => {}
        });
    }
    (kind, message)
}

/// AWS's error code in the words of its Python SDK: `An error occurred (AccessDeniedException) when calling the Converse
/// operation: …`. The exception's own type is the same for all of them.
fn code_in(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("An error occurred (")?;
    let (code, rest) = rest.split_once(')')?;
    (rest.starts_with(" when calling the ") && !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.'))
        .then_some(code)
}
