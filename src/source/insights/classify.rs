//! From the SDK's errors to ours: by code where AWS answered, by the chain of causes where it did not.

use std::error::Error;

use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::operation::RequestId;
use aws_sdk_cloudwatchlogs::operation::start_query::StartQueryError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::fault::{AwsError, Fault};

/// What the SDK reports, as ours.
pub(super) fn error<E>(doing: &str, error: &SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + RequestId + 'static,
{
    let request_id = error.request_id().map(str::to_owned);
    AwsError { doing: doing.to_owned(), fault: fault(error), request_id }
}

/// The same of `StartQuery`, which tells the place of a mistake.
pub(super) fn start_error(doing: &str, failed: &SdkError<StartQueryError, HttpResponse>) -> AwsError {
    let mut told = error(doing, failed);
    if let (Fault::Malformed { place, .. }, Some(StartQueryError::MalformedQueryException(exact))) = (&mut told.fault, failed.as_service_error()) {
        let location = exact.query_compile_error().and_then(|error| error.location());
        let exact = location.and_then(|at| Some((at.start_char_offset()?, at.end_char_offset().or(at.start_char_offset())?)));
        *place = exact.and_then(|(from, to)| Some((usize::try_from(from).ok()?, usize::try_from(to).ok()?))).or(*place);
    }
    told
}

fn fault<E>(error: &SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if let (SdkError::ServiceError(_), Some(code)) = (error, error.code()) {
        // `com.amazonaws…#Code` and `Code:http://…` are both met.
        let code = code.rsplit('#').next().unwrap_or(code).split(':').next().unwrap_or(code);
        return by_code(code, error.message().unwrap_or_default());
    }
    let chain = causes(error);
    match error {
        SdkError::TimeoutError(_) => Fault::Silent,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            // Without a connection there was nobody; with one, somebody who says nothing.
            if chain.contains("connect timeout") || chain.contains("HTTP connect") {
                Fault::Unreachable("the connection timed out".to_owned())
            } else {
                Fault::Silent
            }
        }
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => by_chain(error, &chain),
        SdkError::ResponseError(_) => Fault::Cut,
        SdkError::ServiceError(failure) => match failure.raw().status().as_u16() {
            502..=504 => Fault::Unavailable(format!("HTTP {}", failure.raw().status().as_u16())),
            500 => Fault::Unavailable("an internal error (HTTP 500)".to_owned()),
            429 => Fault::Throttled,
            status => Fault::NotAws(format!("HTTP {status} without an error code")),
        },
        _ => Fault::Other(chain),
    }
}

fn by_code(code: &str, message: &str) -> Fault {
    let told = || if message.is_empty() { code.to_owned() } else { first_line(message) };
    match code {
        "MalformedQueryException" if message.contains("end date and time is either before") => Fault::NoDataThere,
        "MalformedQueryException" => Fault::Malformed { place: place_in(message), message: told() },
        "LimitExceededException" => Fault::TooManyQueries(told()),
        "ThrottlingException" | "Throttling" | "ThrottledException" | "TooManyRequestsException" | "RequestLimitExceeded" | "SlowDown" => {
            Fault::Throttled
        }
        "ResourceNotFoundException" => Fault::NotFound(told()),
        "InvalidParameterException" | "ValidationException" | "InvalidParameterCombination" | "InvalidOperationException" => Fault::Invalid(told()),
        "ServiceUnavailableException" | "InternalFailure" | "InternalServerError" | "InternalError" | "ServiceUnavailable" => {
            Fault::Unavailable(told())
        }
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "NotAuthorized" => Fault::Denied(told()),
        "ExpiredTokenException"
        | "ExpiredToken"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "RequestExpired"
        | "TokenRefreshRequired" => Fault::Expired,
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "RequestTimeTooSkewed" => Fault::ClockSkew,
        _ => Fault::Other(if message.is_empty() { code.to_owned() } else { format!("{code}: {}", first_line(message)) }),
    }
}

/// What went wrong before AWS was asked, or on the way: these errors carry no code.
fn by_chain(error: &(dyn Error + 'static), chain: &str) -> Fault {
    let has = |words: &[&str]| words.iter().any(|word| chain.contains(word));
    if let Some(refused) = chain.split("outcrop only reads: ").nth(1) {
        return Fault::Refused(first_line(refused));
    }
    if let Some(rest) = chain.split("profile `").nth(1)
        && let Some((name, rest)) = rest.split_once('`')
        && rest.starts_with(" was not defined")
    {
        return Fault::UnknownProfile(name.to_owned());
    }
    if has(&["SSO token has expired", "failed to load the cached SSO token", "error occurred while loading an access token", "SSO token"]) {
        return Fault::SsoEnded(None);
    }
    if has(&["Missing Region", "A region must be set", "missing region"]) {
        return Fault::NoRegion;
    }
    if has(&["no credentials found in chain", "credential provider was not enabled", "no providers in chain provided credentials"]) {
        return Fault::NoCredentials;
    }
    if has(&["external process", "credential_process", "could not parse response", "credentials", "Credentials"]) {
        return Fault::CredentialsFailed(innermost(error));
    }
    if has(&["Connection refused", "dns error", "failed to lookup", "Connect", "No route to host", "unreachable", "certificate", "tls"]) {
        return Fault::Unreachable(innermost(error));
    }
    if has(&[
        "connection closed",
        "connection reset",
        "Connection reset",
        "end of file",
        "incomplete message",
        "Broken pipe",
        "SendRequest",
        "broken pipe",
    ]) {
        return Fault::Cut;
    }
    if has(&["throughput"]) {
        return Fault::Silent;
    }
    Fault::Other(innermost(error))
}

/// Everything the error and its causes say.
fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// The innermost cause, one line of it.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let (mut inner, mut outer) = (error, None);
    while let Some(next) = inner.source() {
        (outer, inner) = (Some(inner), next);
    }
    match (first_line(&inner.to_string()), outer) {
        (short, Some(outer)) if short.len() < 12 => format!("{}: {short}", first_line(&outer.to_string())),
        (line, _) => line,
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().chars().take(300).collect()
}

/// The place of a mistake as messages tell it: `([12,17])` at the end, or `line 1 and position 9`.
fn place_in(message: &str) -> Option<(usize, usize)> {
    let range = message.trim_end().strip_suffix("])").and_then(|text| text.rsplit_once("([")).and_then(|(_, range)| range.split_once(','));
    if let Some((from, to)) = range {
        return Some((from.trim().parse().ok()?, to.trim().parse().ok()?));
    }
    let (_, position) = message.split_once(" and position ")?;
    let line = message.split_once(" at line ")?.1.split_whitespace().next()?;
    let at: usize = position.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()?;
    (line == "1").then_some((at, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_aws_writes_them() {
        assert_eq!(place_in("Ephemeral field is already defined: n ([12,17])"), Some((12, 17)));
        assert_eq!(place_in("unexpected symbol found limit at line 1 and position 31"), Some((31, 32)));
        assert_eq!(place_in("unexpected symbol found limit at line 2 and position 3"), None);
        assert_eq!(place_in("something else"), None);
    }
}
