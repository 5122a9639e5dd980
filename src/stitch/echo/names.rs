//! Which API calls an operation of the AWS CLI makes, by CloudTrail's names for them, and whether a trail has them unless
//! told otherwise.

use std::borrow::Cow;

use crate::decode::CommandCall;

/// What a call of the CLI asks AWS for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing: it is done on the computer it runs on.
    Nothing,
    /// Any of these, by their `eventName`. Letter case is not to be relied on: `describe-vpcs` is told from
    /// `create-open-id-connect-provider` (`CreateOpenIDConnectProvider`) by nothing.
    Any(Vec<String>),
}

impl Asked {
    fn any<const N: usize>(names: [&str; N]) -> Self {
        Self::Any(names.map(str::to_owned).to_vec())
    }

    /// The names; none for what stays on the computer.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Nothing => &[],
            Self::Any(names) => names,
        }
    }
}

/// Commands of the CLI that are no service.
const LOCAL: [&str; 7] = ["configure", "help", "history", "sso", "login", "logout", "cli-dev"];

/// CloudTrail's `eventName`s of an operation: `bedrock delete-guardrail` is `DeleteGuardrail`; `s3 sync` may be several.
/// Empty when it makes no API call that CloudTrail could know.
pub fn event_names(service: &str, operation: &str) -> Vec<String> {
    let call = CommandCall { service: Some(service.to_owned()), operation: Some(operation.to_owned()), ..CommandCall::default() };
    match asked(&call) {
        Asked::Nothing => Vec::new(),
        Asked::Any(names) => names,
    }
}

/// What a call asks for. Operands tell what `s3 cp` does.
pub fn asked(call: &CommandCall) -> Asked {
    let (Some(service), Some(operation)) = (call.service.as_deref(), call.operation.as_deref()) else { return Asked::Nothing };
    let is_help = call.has("--help") || call.has("--generate-cli-skeleton") || call.operands.first().is_some_and(|word| word == "help");
    if LOCAL.contains(&service) || matches!(operation, "help" | "wait") || is_help {
        return Asked::Nothing;
    }
    match (service, operation) {
        ("s3", operation) => of_s3(operation, call),
        ("s3api", "list-objects-v2") => Asked::any(["ListObjects"]),
        // CloudTrail keeps the API's older names.
        ("s3api", operation) if operation.ends_with("-configuration") => {
            let long = pascal(operation);
            let short = long.trim_end_matches("Configuration").to_owned();
            Asked::Any(vec![short, long])
        }
        ("s3api", operation) if operation.ends_with("-public-access-block") => {
            let verb = pascal(operation.trim_end_matches("-public-access-block"));
            Asked::Any(vec![format!("{verb}BucketPublicAccessBlock"), format!("{verb}PublicAccessBlock")])
        }
        ("ecr", "get-login-password" | "get-login") | ("codeartifact", "login") => Asked::any(["GetAuthorizationToken"]),
        ("eks", "update-kubeconfig") => Asked::any(["DescribeCluster"]),
        ("eks", "get-token") | ("rds", "generate-db-auth-token") | ("cloudfront", "sign") => Asked::Nothing,
        ("cloudformation", "deploy") => Asked::any(["CreateChangeSet", "ExecuteChangeSet", "DescribeStacks"]),
        ("cloudformation", "package") => Asked::any(["PutObject", "HeadObject"]),
        ("logs", "tail") => Asked::any(["FilterLogEvents", "StartLiveTail"]),
        (_, operation) => Asked::Any(vec![pascal(operation)]),
    }
}

/// The commands of `aws s3`, which are no API calls by name.
fn of_s3(operation: &str, call: &CommandCall) -> Asked {
    let write = ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"];
    let copy = ["CopyObject", "UploadPartCopy"];
    let read = ["GetObject", "HeadObject"];
    let is_remote = |at: usize| call.operands.get(at).map(|word| word.starts_with("s3://"));
    let one_by_one: &[&str] = if operation == "sync" || call.has("--recursive") { &["ListObjects"] } else { &[] };
    let all = |parts: &[&[&str]]| Asked::Any(parts.iter().flat_map(|names| names.iter().map(|name| (*name).to_owned())).collect());
    if call.has("--dryrun") && one_by_one.is_empty() {
        return Asked::Nothing;
    }
    let gone: &[&str] = if operation == "mv" || call.has("--delete") { &["DeleteObject"] } else { &[] };
    match operation {
        "cp" | "mv" | "sync" => match (is_remote(0), is_remote(1)) {
            (Some(false), Some(true)) => all(&[&write, gone, one_by_one]),
            (Some(true), Some(false)) => all(&[&read, gone, one_by_one]),
            (Some(true), Some(true)) => all(&[&copy, &write, &read, gone, one_by_one]),
            _ => all(&[&write, &read, &copy, gone, one_by_one]),
        },
        "rm" => all(&[&["DeleteObject", "DeleteObjects"], one_by_one]),
        "ls" if call.operands.is_empty() => all(&[&["ListBuckets", "ListObjects"]]),
        "ls" => all(&[&["ListObjects"]]),
        "mb" => all(&[&["CreateBucket"]]),
        "rb" if call.has("--force") => all(&[&["DeleteBucket", "DeleteObject"], &["ListObjects"]]),
        "rb" => all(&[&["DeleteBucket"]]),
        "website" => all(&[&["PutBucketWebsite"]]),
        // Signed here, asked for by whoever opens the address.
        "presign" => Asked::Nothing,
        _ => Asked::Any(vec![pascal(operation)]),
    }
}

/// `delete-guardrail` to `DeleteGuardrail`.
pub(super) fn pascal(operation: &str) -> String {
    operation
        .split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
        })
        .collect()
}

/// `DeleteGuardrail` to `delete`, the verb as commands have it.
pub(super) fn verb(action: &str) -> String {
    let words: Vec<&str> = {
        let starts: Vec<usize> = action.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at).collect();
        let ends = starts.iter().skip(1).copied().chain([action.len()]);
        starts.iter().zip(ends).filter_map(|(start, end)| action.get(*start..end)).collect()
    };
    match words.as_slice() {
        ["Batch", second, ..] => second.to_ascii_lowercase(),
        [first, ..] => first.to_ascii_lowercase(),
        [] => action.to_ascii_lowercase(),
    }
}

/// The verbs of `aws s3` that make this call.
pub(super) fn s3_verbs(action: &str) -> &'static [&'static str] {
    match action {
        "GetObject"
        | "PutObject"
        | "CopyObject"
        | "HeadObject"
        | "CreateMultipartUpload"
        | "CompleteMultipartUpload"
        | "UploadPart"
        | "UploadPartCopy" => &["cp", "mv", "sync"],
        "ListObjects" => &["ls", "sync", "cp", "mv", "rm", "rb"],
        "DeleteObject" | "DeleteObjects" => &["rm", "mv", "sync", "rb"],
        "ListBuckets" => &["ls"],
        "CreateBucket" => &["mb"],
        "DeleteBucket" => &["rb"],
        _ => &[],
    }
}

/// Is an action this name? Some services put their version behind it: `ListFunctions20150331`.
pub(super) fn is_named(action: &str, name: &str) -> bool {
    action.get(..name.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(name))
        && action.get(name.len()..).is_some_and(|rest| {
            rest.is_empty() || (rest.starts_with(|c: char| c.is_ascii_digit()) && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | 'v')))
        })
}

/// The event source, without its domain, that a service of the CLI is logged under. `None`: not known to be another.
pub(super) fn sources(service: &str) -> Option<&'static [&'static str]> {
    Some(match service {
        "bedrock" | "bedrock-runtime" | "bedrock-agent" | "bedrock-agent-runtime" | "bedrock-data-automation" | "bedrock-data-automation-runtime" => {
            &["bedrock"]
        }
        "bedrock-agentcore" | "bedrock-agentcore-control" => &["bedrock-agentcore", "bedrock-agentcore-control"],
        "bedrock-mantle" => &["bedrock-mantle"],
        "s3" | "s3api" | "s3control" => &["s3"],
        "cloudwatch" => &["monitoring"],
        "stepfunctions" => &["states"],
        "configservice" => &["config"],
        "elb" | "elbv2" => &["elasticloadbalancing"],
        "efs" => &["elasticfilesystem"],
        "emr" => &["elasticmapreduce"],
        "sesv2" => &["ses"],
        "sso-admin" => &["sso"],
        "opensearch" => &["es"],
        _ => return None,
    })
}

/// Services that answer from one place, whatever Region a command names; an S3 bucket lies where it lies.
pub(super) fn is_global(service: &str) -> bool {
    matches!(service, "iam" | "sts" | "organizations" | "cloudfront" | "route53" | "account" | "support" | "s3" | "s3api" | "s3control")
}

/// Are all of these data events, which no trail has unless it was told to (FORMATS §3.2, §3.3)?
pub(super) fn are_data(service: &str, names: &[String]) -> bool {
    !names.is_empty() && names.iter().all(|name| is_data(service, name))
}

fn is_data(service: &str, name: &str) -> bool {
    match service {
        // What these services are asked at run time; where it is not documented, nothing is claimed to be missing.
        "bedrock-agent-runtime" | "bedrock-agentcore" | "bedrock-mantle" | "bedrock-data-automation-runtime" => true,
        "bedrock" | "bedrock-runtime" | "bedrock-agent" => {
            const NAMES: [&str; 9] = [
                "ApplyGuardrail",
                "RenderPrompt",
                "StartAsyncInvoke",
                "GetAsyncInvoke",
                "InvokeModelWithBidirectionalStream",
                "IngestKnowledgeBaseDocuments",
                "DeleteKnowledgeBaseDocuments",
                "GetKnowledgeBaseDocuments",
                "ListKnowledgeBaseDocuments",
            ];
            NAMES.contains(&name)
        }
        "s3" | "s3api" => {
            let of_bucket = name.contains("Bucket") && name != "HeadBucket";
            !of_bucket && (name.contains("Object") || name.contains("Upload") || name.contains("Part") || name == "HeadBucket")
        }
        "cloudformation" => matches!(name, "PutObject" | "HeadObject"),
        "lambda" => matches!(name, "Invoke" | "InvokeAsync"),
        "dynamodb" => ["Item", "Query", "Scan", "Statement"].iter().any(|part| name.contains(part)),
        "sqs" => name.contains("Message"),
        "sns" => name.starts_with("Publish"),
        "kinesis" | "firehose" => name.contains("Record"),
        "cloudwatch" => name.starts_with("GetMetric") || name == "PutMetricData",
        _ => false,
    }
}

/// The operation that a user agent names: `bedrock.delete-guardrail` of `md/command#bedrock.delete-guardrail`.
pub(super) fn named_by(user_agent: &str) -> Option<Cow<'_, str>> {
    let (_, rest) = user_agent.split_once("md/command#")?;
    let end = rest.find(|c: char| c.is_whitespace() || c == ']').unwrap_or(rest.len());
    Some(rest.get(..end)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::command_call_of_line;

    #[test]
    fn operations_by_cloudtrails_names() {
        for (service, operation, names) in [
            ("bedrock", "delete-guardrail", &["DeleteGuardrail"][..]),
            ("bedrock-runtime", "invoke-model", &["InvokeModel"]),
            ("bedrock-agent", "list-agents", &["ListAgents"]),
            ("bedrock-agentcore-control", "list-agent-runtimes", &["ListAgentRuntimes"]),
            ("s3api", "get-object", &["GetObject"]),
            ("s3api", "list-objects-v2", &["ListObjects"]),
            ("s3api", "put-bucket-lifecycle-configuration", &["PutBucketLifecycle", "PutBucketLifecycleConfiguration"]),
            ("s3api", "put-public-access-block", &["PutBucketPublicAccessBlock", "PutPublicAccessBlock"]),
            ("s3", "mb", &["CreateBucket"]),
            ("s3", "rb", &["DeleteBucket"]),
            ("s3", "rm", &["DeleteObject", "DeleteObjects"]),
            ("ecr", "get-login-password", &["GetAuthorizationToken"]),
            ("configure", "set", &[]),
            ("sso", "login", &[]),
            ("s3", "presign", &[]),
            ("bedrock", "help", &[]),
            ("bedrock-agent", "wait", &[]),
        ] {
            assert_eq!(event_names(service, operation), names, "{service} {operation}");
        }
    }

    #[test]
    fn what_s3_commands_ask_for() {
        let of = |line: &str| asked(&command_call_of_line(line).expect("a call")).names().to_vec();
        assert_eq!(of("aws s3 cp a s3://b/k")[..1], ["PutObject"]);
        assert!(!of("aws s3 cp a s3://b/k").contains(&"GetObject".to_owned()));
        assert_eq!(of("aws s3 cp s3://b/k ."), ["GetObject", "HeadObject"]);
        assert_eq!(of("aws s3 mv s3://b/k . --recursive"), ["GetObject", "HeadObject", "DeleteObject", "ListObjects"]);
        assert!(of("aws s3 sync s3://b s3://c").contains(&"CopyObject".to_owned()));
        assert_eq!(of("aws s3 ls"), ["ListBuckets", "ListObjects"]);
        assert_eq!(of("aws s3 ls s3://b"), ["ListObjects"]);
        assert_eq!(of("aws s3 rb s3://b --force"), ["DeleteBucket", "DeleteObject", "ListObjects"]);
        assert_eq!(of("aws s3 cp a s3://b --dryrun"), [] as [&str; 0]);
        assert_eq!(of("aws --version"), [] as [&str; 0]);
    }

    #[test]
    fn data_events() {
        for (line, data) in [
            ("aws bedrock-agent-runtime invoke-agent", true),
            ("aws bedrock-runtime invoke-model", false),
            ("aws bedrock-runtime apply-guardrail", true),
            ("aws bedrock-agent delete-knowledge-base-documents", true),
            ("aws bedrock-agent delete-knowledge-base", false),
            ("aws s3 cp a s3://b", true),
            ("aws s3 rm s3://b/k", true),
            ("aws s3 ls", false),
            ("aws s3 ls s3://b", true),
            ("aws s3 rb s3://b --force", false),
            ("aws s3api put-bucket-policy", false),
            ("aws s3api put-object-acl", true),
            ("aws sts get-caller-identity", false),
            ("aws configure list", false),
        ] {
            let call = command_call_of_line(line).expect("a call");
            assert_eq!(are_data(call.service.as_deref().unwrap(), asked(&call).names()), data, "{line}");
        }
    }

    #[test]
    fn names_and_verbs() {
        assert!(is_named("ListFunctions20150331", "ListFunctions") && is_named("UpdateFunctionCode20150331v2", "UpdateFunctionCode"));
        assert!(is_named("CreateOpenIDConnectProvider", "CreateOpenIdConnectProvider"));
        assert!(!is_named("ListAgentsX", "ListAgents") && !is_named("ListAgent", "ListAgents") && !is_named("ListAgentVersions", "ListAgent"));
        assert_eq!([verb("DeleteAgent"), verb("BatchDeleteEvaluationJob"), verb("Converse"), verb("")], ["delete", "delete", "converse", ""]);
        assert_eq!(named_by("[aws-cli/2.1 md/command#s3api.copy-object]").as_deref(), Some("s3api.copy-object"));
        assert_eq!(named_by("aws-cli/1.1"), None);
    }

    #[test]
    fn every_verb_of_s3_is_found_from_its_calls() {
        for operation in ["cp", "mv", "sync", "rm", "ls", "mb", "rb"] {
            for name in event_names("s3", operation) {
                assert!(s3_verbs(&name).contains(&operation), "{operation} makes {name}");
            }
        }
    }
}
