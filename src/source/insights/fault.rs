//! What can go wrong at AWS, and what to do about each: one line a person can act on.

use std::fmt;

/// A call that failed: what was tried, what happened, what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {doing}: {fault}; {}{}", fault.remedy(), in_brackets(request_id.as_deref()))]
pub struct AwsError {
    /// What was tried: `start a query in us-east-1`.
    pub doing: String,
    /// What happened.
    pub fault: Fault,
    /// AWS's id of the request, to quote to its support.
    pub request_id: Option<String>,
}

impl AwsError {
    pub(super) fn new(doing: impl Into<String>, fault: Fault) -> Self {
        Self { doing: doing.into(), fault, request_id: None }
    }
}

fn in_brackets(id: Option<&str>) -> String {
    id.map(|id| format!(" [request {id}]")).unwrap_or_default()
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing in the chain has credentials.
    NoCredentials,
    /// The profile is in no configuration file.
    UnknownProfile(String),
    /// The login of an SSO profile has ended, or never was: the profile, when it was named.
    SsoEnded(Option<String>),
    /// A provider of credentials failed.
    CredentialsFailed(String),
    /// AWS does not accept the credentials, or not any more.
    Expired,
    /// No Region is known.
    NoRegion,
    /// The signature's time is too far from AWS's.
    ClockSkew,
    /// The policy does not allow it; what AWS says of principal, action and resource.
    Denied(String),
    /// Group or query is not there.
    NotFound(String),
    /// The query cannot be read; with its place, in characters, where AWS tells it.
    Malformed {
        /// What AWS says.
        message: String,
        /// From which character to before which.
        place: Option<(usize, usize)>,
    },
    /// The interval lies before the group's creation or beyond its retention: there is no data.
    NoDataThere,
    /// All query slots of the account are taken.
    TooManyQueries(String),
    /// Too many requests.
    Throttled,
    /// A combination AWS does not take.
    Invalid(String),
    /// AWS is not able to answer.
    Unavailable(String),
    /// Nobody answers at the endpoint.
    Unreachable(String),
    /// The connection was made, and nothing came.
    Silent,
    /// The connection ended in the middle.
    Cut,
    /// What answered is not AWS.
    NotAws(String),
    /// The query failed at AWS.
    QueryFailed,
    /// Somebody stopped the query.
    QueryCancelled,
    /// The query ran longer than AWS lets it.
    QueryTimedOut,
    /// The results of the query are gone.
    ResultsGone,
    /// We were told to stop.
    Stopped,
    /// outcrop did not send it: it is no reading.
    Refused(String),
    /// Anything else.
    Other(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCredentials => f.write_str("there are no AWS credentials"),
            Self::UnknownProfile(profile) => write!(f, "there is no profile {profile}, or it has no credentials"),
            Self::SsoEnded(_) => f.write_str("the SSO login has ended"),
            Self::CredentialsFailed(why) => write!(f, "credentials cannot be had: {why}"),
            Self::Expired => f.write_str("AWS does not accept the credentials, or not any more"),
            Self::NoRegion => f.write_str("no Region is set"),
            Self::ClockSkew => f.write_str("AWS does not accept the signature, mostly because of this computer's clock"),
            Self::Denied(message) => write!(f, "access denied: {message}"),
            Self::NotFound(message) => write!(f, "not found: {message}"),
            Self::Malformed { message, .. } => write!(f, "AWS cannot read the query: {message}"),
            Self::NoDataThere => f.write_str("the interval lies before the log group's creation or beyond its retention"),
            Self::TooManyQueries(message) => write!(f, "all query slots of the account are taken: {message}"),
            Self::Throttled => f.write_str("AWS is throttling this account"),
            Self::Invalid(message) => write!(f, "AWS does not take the request: {message}"),
            Self::Unavailable(message) => write!(f, "AWS cannot answer now: {message}"),
            Self::Unreachable(why) => write!(f, "nobody answers: {why}"),
            Self::Silent => f.write_str("the server took the request and said nothing"),
            Self::Cut => f.write_str("the connection ended in the middle of the answer"),
            Self::NotAws(what) => write!(f, "what answers is not AWS: {what}"),
            Self::QueryFailed => f.write_str("the query failed at AWS"),
            Self::QueryCancelled => f.write_str("somebody stopped the query"),
            Self::QueryTimedOut => f.write_str("the query ran longer than AWS allows (60 minutes)"),
            Self::ResultsGone => f.write_str("the results are gone: AWS keeps them for seven days"),
            Self::Stopped => f.write_str("it was stopped here"),
            Self::Refused(what) => write!(f, "outcrop only reads: {what}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl Fault {
    /// What to do about it.
    pub fn remedy(&self) -> String {
        let told = match self {
            Self::NoCredentials => "run `aws sso login` or `aws configure`, or name a profile with --profile",
            Self::UnknownProfile(_) => "`aws configure list-profiles` lists those there are",
            Self::SsoEnded(None) => "run `aws sso login` with the same profile; a fetch that waits goes on by itself",
            Self::SsoEnded(Some(profile)) => return format!("run `aws sso login --profile {profile}`; a fetch that waits goes on by itself"),
            Self::CredentialsFailed(_) => "check the profile with `aws sts get-caller-identity`",
            Self::Expired => "log in again, or get new ones; a fetch that waits goes on by itself",
            Self::NoRegion => "name one with --region, AWS_REGION or in the profile",
            Self::ClockSkew => "set the clock",
            Self::Denied(_) => "`outcrop doctor --policy` prints what a role needs",
            Self::NotFound(_) => "check account, Region and name: `outcrop doctor` lists the groups",
            Self::Malformed { .. } => "correct the query",
            Self::NoDataThere => "ask for a later interval",
            Self::TooManyQueries(_) => "wait, or stop others (dashboards and schedules count too)",
            Self::Throttled => "wait: requests are sent more slowly, and others in this account count too",
            Self::Invalid(_) => "ask for less at once",
            Self::Unavailable(_) => "try again in a while",
            Self::Unreachable(_) => "check the network, a proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL",
            Self::Silent | Self::Cut => "try again; what has come is kept",
            Self::NotAws(_) => "check AWS_ENDPOINT_URL and the proxy in between",
            Self::QueryFailed | Self::QueryCancelled => "try again",
            Self::QueryTimedOut => "ask for a shorter interval or fewer groups",
            Self::ResultsGone => "run the query again",
            Self::Stopped => "the same command again goes on",
            Self::Refused(_) => "nothing was sent",
            Self::Other(_) => "try again, and tell us if it stays",
        };
        told.to_owned()
    }

    /// Trying again may help at once.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Unreachable(_) | Self::Silent | Self::Cut)
    }

    /// We are to be slower.
    pub(super) fn is_throttle(&self) -> bool {
        matches!(self, Self::Throttled | Self::TooManyQueries(_))
    }

    /// The person has to log in.
    pub fn is_about_credentials(&self) -> bool {
        matches!(self, Self::NoCredentials | Self::UnknownProfile(_) | Self::SsoEnded(_) | Self::CredentialsFailed(_) | Self::Expired)
    }
}
