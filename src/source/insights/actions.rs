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
}

impl ReadAction {
    /// Every action.
    pub const ALL: [Self; 12] = [
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
        }
    }

    /// The service's name as the SDK spells it.
    pub const fn service(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "STS",
            _ => "CloudWatch Logs",
        }
    }

    /// May this action of this service be sent?
    pub fn allows(service: &str, name: &str) -> bool {
        Self::ALL.into_iter().any(|action| action.service() == service && action.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_allowed_action_reads_or_stops_our_own_query() {
        for action in ReadAction::ALL {
            let verb = action.name();
            let reads = ["Describe", "Get", "Filter"].iter().any(|prefix| verb.starts_with(prefix));
            assert!(reads || matches!(action, ReadAction::StartQuery | ReadAction::StopQuery | ReadAction::StartLiveTail), "{verb}");
        }
        for verb in ["DeleteLogGroup", "PutRetentionPolicy", "PutLogEvents", "CreateLogGroup", "PutQueryDefinition", "GetCallerIdentity"] {
            assert!(!ReadAction::allows("CloudWatch Logs", verb), "{verb}");
        }
        for verb in ["AssumeRole", "GetSessionToken", "StartQuery"] {
            assert!(!ReadAction::allows("STS", verb), "{verb}");
        }
    }
}
