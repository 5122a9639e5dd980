//! The allow-list: every API action outcrop may send, all of them reads or the stopping of our own queries.

/// An API action that outcrop may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAction {
    /// Which log groups there are.
    DescribeLogGroups,
    /// Whether records arrive in a group.
    DescribeLogStreams,
    /// Which field indexes make a query cheap.
    DescribeFieldIndexes,
    /// Fields of a group with their frequency.
    GetLogGroupFields,
    /// Starts a query: reads, and is billed by the bytes scanned.
    StartQuery,
    /// Stops a query of our own.
    StopQuery,
    /// Rows of a query.
    GetQueryResults,
    /// Queries that are running or have ended, to attach to again.
    DescribeQueries,
    /// One record by its `@ptr`.
    GetLogRecord,
    /// Events of a small window without a query.
    FilterLogEvents,
    /// Events as they arrive.
    StartLiveTail,
    /// Whose credentials these are (STS; needs no permission).
    GetCallerIdentity,
    /// How large a body in S3 is.
    #[cfg(feature = "s3-bodies")]
    HeadObject,
    /// A body in S3 that a record names.
    #[cfg(feature = "s3-bodies")]
    GetObject,
}

impl ReadAction {
    /// Every action.
    pub const ALL: &[Self] = &[
        Self::DescribeLogGroups,
        Self::DescribeLogStreams,
        Self::DescribeFieldIndexes,
        Self::GetLogGroupFields,
        Self::StartQuery,
        Self::StopQuery,
        Self::GetQueryResults,
        Self::DescribeQueries,
        Self::GetLogRecord,
        Self::FilterLogEvents,
        Self::StartLiveTail,
        Self::GetCallerIdentity,
        #[cfg(feature = "s3-bodies")]
        Self::HeadObject,
        #[cfg(feature = "s3-bodies")]
        Self::GetObject,
    ];

    /// The action's name in AWS's API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DescribeLogGroups => "DescribeLogGroups",
            Self::DescribeLogStreams => "DescribeLogStreams",
            Self::DescribeFieldIndexes => "DescribeFieldIndexes",
            Self::GetLogGroupFields => "GetLogGroupFields",
            Self::StartQuery => "StartQuery",
            Self::StopQuery => "StopQuery",
            Self::GetQueryResults => "GetQueryResults",
            Self::DescribeQueries => "DescribeQueries",
            Self::GetLogRecord => "GetLogRecord",
            Self::FilterLogEvents => "FilterLogEvents",
            Self::StartLiveTail => "StartLiveTail",
            Self::GetCallerIdentity => "GetCallerIdentity",
            #[cfg(feature = "s3-bodies")]
            Self::HeadObject => "HeadObject",
            #[cfg(feature = "s3-bodies")]
            Self::GetObject => "GetObject",
        }
    }

    /// The service's name as the SDK spells it.
    pub const fn service(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "STS",
            #[cfg(feature = "s3-bodies")]
            Self::HeadObject | Self::GetObject => "S3",
            _ => "CloudWatch Logs",
        }
    }

    /// May this action of this service be sent?
    pub fn allows(service: &str, name: &str) -> bool {
        Self::ALL.iter().any(|action| action.service() == service && action.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_allowed_action_reads_or_stops_our_own_query() {
        for action in ReadAction::ALL.iter().copied() {
            let verb = action.name();
            let reads = ["Describe", "Get", "Head", "Filter"].iter().any(|prefix| verb.starts_with(prefix));
            assert!(reads || matches!(action, ReadAction::StartQuery | ReadAction::StopQuery | ReadAction::StartLiveTail), "{verb}");
        }
        for verb in ["DeleteLogGroup", "PutRetentionPolicy", "PutLogEvents", "CreateLogGroup", "PutQueryDefinition", "GetCallerIdentity"] {
            assert!(!ReadAction::allows("CloudWatch Logs", verb), "{verb}");
        }
        for verb in ["AssumeRole", "GetSessionToken", "StartQuery"] {
            assert!(!ReadAction::allows("STS", verb), "{verb}");
        }
        for verb in ["PutObject", "DeleteObject", "CopyObject", "ListBuckets", "ListObjectsV2", "GetBucketPolicy"] {
            assert!(!ReadAction::allows("S3", verb), "{verb}");
        }
        for verb in ["GetObject", "HeadObject"] {
            assert_eq!(ReadAction::allows("S3", verb), cfg!(feature = "s3-bodies"), "{verb}");
            assert!(!ReadAction::allows("CloudWatch Logs", verb), "{verb}");
        }
    }
}
