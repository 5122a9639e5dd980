//! Management, data or network: which strand an event belongs to.

use crate::model::Strand;

/// What tells the strand.
pub(super) struct Signs<'s> {
    pub(super) category: &'s str,
    pub(super) management: Option<bool>,
    pub(super) service: &'s str,
    pub(super) action: &'s str,
}

/// The event's category says it (FORMATS §3.1); older records have none, then `managementEvent`, then the action's name.
/// Insights do not say what they describe.
pub(super) fn of(signs: &Signs<'_>) -> Strand {
    let category = signs.category;
    for (name, strand) in
        [("Management", Strand::Management), ("Data", Strand::Data), ("NetworkActivity", Strand::Network), ("Aggregated", Strand::Data)]
    {
        if category.eq_ignore_ascii_case(name) {
            return strand;
        }
    }
    match signs.management {
        Some(false) => Strand::Data,
        None if is_data_action(signs.service, signs.action) => Strand::Data,
        Some(true) | None => Strand::Management,
    }
}

/// Actions that CloudTrail logs as data events (FORMATS §3.2, §3.3).
fn is_data_action(service: &str, action: &str) -> bool {
    match service {
        "s3" => S3_OBJECT_ACTIONS.contains(&action),
        "bedrock" => BEDROCK_DATA_ACTIONS.contains(&action),
        "bedrock-mantle" | "bedrock-agentcore" => true,
        _ => false,
    }
}

const BEDROCK_DATA_ACTIONS: [&str; 13] = [
    "ApplyGuardrail",
    "DeleteKnowledgeBaseDocuments",
    "GetAsyncInvoke",
    "IngestKnowledgeBaseDocuments",
    "InvokeAgent",
    "InvokeFlow",
    "InvokeInlineAgent",
    "InvokeModelWithBidirectionalStream",
    "RenderPrompt",
    "Retrieve",
    "RetrieveAndGenerate",
    "RetrieveAndGenerateStream",
    "StartAsyncInvoke",
];

const S3_OBJECT_ACTIONS: [&str; 33] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CopyObject",
    "CreateMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjects",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "HeadBucket",
    "HeadObject",
    "ListMultipartUploads",
    "ListObjectVersions",
    "ListObjects",
    "ListObjectsV2",
    "ListParts",
    "PostObject",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "RenameObject",
    "RestoreObject",
    "SelectObjectContent",
    "UploadPart",
    "UploadPartCopy",
    "WriteGetObjectResponse",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn category_first_then_flag_then_name() {
        for (category, management, service, action, expected) in [
            ("Management", Some(false), "s3", "GetObject", Strand::Management),
            ("Data", Some(true), "bedrock", "Retrieve", Strand::Data),
            ("NetworkActivity", None, "s3", "GetObject", Strand::Network),
            ("Insight", None, "iam", "CreateUser", Strand::Management),
            ("Insight", None, "s3", "GetObject", Strand::Data),
            ("Aggregated", None, "s3", "AggregatedEvent", Strand::Data),
            ("", Some(false), "s3", "PutBucketPolicy", Strand::Data),
            ("", None, "s3", "CopyObject", Strand::Data),
            ("", None, "s3", "GetBucketAcl", Strand::Management),
            ("", None, "bedrock", "InvokeAgent", Strand::Data),
            ("", None, "bedrock", "InvokeModel", Strand::Management),
            ("", None, "bedrock-mantle", "CreateInference", Strand::Data),
            ("", None, "", "", Strand::Management),
        ] {
            assert_eq!(of(&Signs { category, management, service, action }), expected, "{category} {management:?} {service} {action}");
        }
    }
}
