//! What an event did with a bucket, by the names of its service and action.

use crate::decode;

/// What was done with a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Use {
    /// Objects were read or listed.
    Read,
    /// Objects were put, replaced or deleted.
    Write,
    /// Settings of the bucket were changed.
    Change,
    /// A job of a model was to read or write it.
    Job,
    /// A knowledge base was told to read it.
    Base,
    /// Logs were told to go there.
    Log,
    /// Settings were looked at, a key was used, a record names it.
    Other,
}

/// Actions that tell logs to go to a bucket.
const LOGS: [&str; 6] =
    ["PutModelInvocationLoggingConfiguration", "CreateTrail", "UpdateTrail", "PutBucketLogging", "CreateFlowLogs", "PutDeliveryDestination"];
/// Reading: objects and their list.
const READS: [&str; 8] =
    ["GetObject", "SelectObjectContent", "HeadObject", "ListObject", "ListBucket", "RestoreObject", "GetObjectTorrent", "ListMultipartUpload"];
/// Writing.
const WRITES: [&str; 10] = [
    "PutObject",
    "CopyObject",
    "DeleteObject",
    "UploadPart",
    "CreateMultipartUpload",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "PostObject",
    "RenameObject",
    "ReplicateObject",
];

impl Use {
    /// By names. `about` tells whether the bucket is the one that the event is about: what is copied is read elsewhere.
    pub(super) fn of(service: &str, action: &str, about: bool) -> Self {
        let begins = |names: &[&str]| names.iter().any(|name| action.starts_with(name));
        if LOGS.contains(&action) {
            return Self::Log;
        }
        if service.starts_with("s3") {
            return match action {
                "CopyObject" | "UploadPartCopy" if !about => Self::Read,
                _ if begins(&READS) => Self::Read,
                _ if begins(&WRITES) => Self::Write,
                _ if ["Put", "Delete", "Create", "Update"].iter().any(|verb| action.starts_with(verb)) => Self::Change,
                _ => Self::Other,
            };
        }
        let makes = ["Create", "Start", "Update", "Put"].iter().any(|verb| action.starts_with(verb));
        if decode::is_bedrock(service) && makes {
            if action.ends_with("Job") {
                return Self::Job;
            }
            if action.contains("DataSource") || action.contains("KnowledgeBase") {
                return Self::Base;
            }
        }
        Self::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_with_a_bucket() {
        for (service, action, about, expected) in [
            ("s3", "GetObject", true, Use::Read),
            ("s3", "ListObjectsV2", true, Use::Read),
            ("s3", "GetBucketEncryption", true, Use::Other),
            ("s3", "PutObject", true, Use::Write),
            ("s3", "DeleteObjects", true, Use::Write),
            ("s3", "CopyObject", true, Use::Write),
            ("s3", "CopyObject", false, Use::Read),
            ("s3", "PutBucketPolicy", true, Use::Change),
            ("s3", "DeleteBucket", true, Use::Change),
            ("s3", "PutBucketLogging", true, Use::Log),
            ("bedrock", "CreateModelCustomizationJob", true, Use::Job),
            ("bedrock", "GetModelCustomizationJob", true, Use::Other),
            ("bedrock", "CreateDataSource", true, Use::Base),
            ("bedrock", "PutModelInvocationLoggingConfiguration", true, Use::Log),
            ("kms", "Decrypt", true, Use::Other),
            ("cloudtrail", "UpdateTrail", true, Use::Log),
        ] {
            assert_eq!(Use::of(service, action, about), expected, "{service}:{action}");
        }
    }
}
