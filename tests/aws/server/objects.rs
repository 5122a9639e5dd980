//! Objects in S3, as far as a client that only reads can see them.

use super::http::{Answer, Request};
use super::{Outcome, Shared};

/// The action that a request is, for those that are known; of others the method and the path.
pub fn action(request: &Request) -> String {
    match request.method.as_str() {
        "GET" => "GetObject".to_owned(),
        "HEAD" => "HeadObject".to_owned(),
        other => format!("{other} {}", request.path),
    }
}

/// Finds an object, and answers as S3 does.
pub fn answer(shared: &Shared, request: &Request, refused: Option<Outcome>) -> (Answer, &'static str) {
    const XML: &str = "application/xml";
    let wrong = |status, code: &'static str, message: &str| {
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        (Answer { status, kind: XML, body: body.into_bytes() }, code)
    };
    match refused {
        Some(Outcome::Error { code: "AccessDeniedException", .. }) => return wrong(403, "AccessDenied", "Access Denied"),
        Some(Outcome::Error { code: "ThrottlingException", .. }) => return wrong(503, "SlowDown", "Please reduce your request rate."),
        Some(Outcome::Error { code, message, .. }) => return wrong(400, code, &message),
        _ => {}
    }
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return wrong(405, "MethodNotAllowed", "this test server only shows objects");
    }
    match shared.options.objects.get(request.path.trim_start_matches('/')) {
        Some(body) => (Answer { status: 200, kind: "binary/octet-stream", body: body.clone() }, "ok"),
        None => wrong(404, "NoSuchKey", "The specified key does not exist."),
    }
}
