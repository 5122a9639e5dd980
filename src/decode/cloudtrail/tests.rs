//! Records read by eye: samples where they are at hand, and small ones of our own for every form of FORMATS §3.

use crate::decode::json::Tape;
use crate::decode::tests::{samples, searched};
use crate::decode::{Decoded, decode};
use crate::model::{EntityKind, KeyKind, Outcome, Strand, Timestamp};

pub(super) fn with<T>(record: &[u8], look: impl FnOnce(Decoded<'_>) -> T) -> T {
    let mut tape = Tape::new();
    look(decode(record, &mut tape))
}

/// Who, how, what: principal, actor, key kind, outcome, strand, `service:action`.
type Row = (&'static str, &'static str, KeyKind, Outcome, Strand, &'static str);

fn row_of(record: &[u8]) -> (String, String, KeyKind, Outcome, Strand, String) {
    with(record, |decoded| {
        let text = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or_default().into_owned();
        (
            text(decoded.principal),
            text(decoded.actor),
            decoded.key_kind,
            decoded.outcome,
            decoded.strand.expect("a strand"),
            format!("{}:{}", text(decoded.service), text(decoded.action)),
        )
    })
}

pub(super) fn mentions(record: &[u8]) -> Vec<String> {
    with(record, |decoded| decoded.mentions.iter().map(|(kind, value)| format!("{kind} {value}")).collect())
}

#[test]
fn samples_read_by_eye() {
    use KeyKind::{Bearer, Console, LongTerm, None as NoKey, Temporary};
    use Outcome::{Denied, Error, Ok};
    use Strand::{Data, Management, Network};
    let bert = "123837392027/user/bert-jan";
    let evil = ("123123123123/role/DevAdmin", "123123123123/role/DevAdmin/dr.evil");
    let cli = ("494659789341/role/test-role", "494659789341/role/test-role/cli");
    let legit = "123456789012/user/legitimate-user";
    let alice = "123456789012/user/Alice";
    let keen = "12948575929274/role/sample-role-keen-cohen";
    let keen_session = "12948575929274/role/sample-role-keen-cohen/sample-role-hardcore-driscoll-role-brave-yalow-role-intelligent-brahmagupta-role-admiring-vaughan-role-sad-khayyam-role-eager-haslett";
    let ec2 = "123837392027/role/stratus-red-team-ec2-steal-credentials-role";
    let ssm = "123837392027/role/stratus-red-team-ec2-enumerate-role";
    let nmfalu = "123837392027/user/stratus-red-team-nmfalu-gfjyeaypjt";
    let test_elastic = "000000000/user/test@elastic.co";
    let invoked = "00000000000/role/private-ec2-instance-role";
    let files: [(&str, Vec<Row>); 10] = [
        (
            "aws_docs_bedrock.ndjson",
            vec![
                ("111122223333/user/userxyz", "111122223333/user/userxyz", LongTerm, Ok, Management, "bedrock:InvokeModel"),
                ("111122223333/user/userxyz", "111122223333/user/userxyz", Bearer, Ok, Data, "bedrock-mantle:CreateInference"),
            ],
        ),
        ("elastic_converse.ndjson", vec![(invoked, invoked, NoKey, Ok, Management, "bedrock:Converse")]),
        ("elastic_s3_copy_object.ndjson", vec![(test_elastic, test_elastic, NoKey, Ok, Data, "s3:CopyObject")]),
        (
            "panther_bedrock_management.ndjson",
            vec![
                (evil.0, evil.1, Console, Ok, Management, "bedrock:DeleteModelInvocationLoggingConfiguration"),
                (evil.0, evil.1, Console, Ok, Management, "bedrock:ListGuardrails"),
                (evil.0, evil.1, Console, Ok, Management, "bedrock:UpdateGuardrail"),
                (evil.0, evil.1, Console, Ok, Management, "bedrock:DeleteGuardrail"),
            ],
        ),
        (
            "panther_identity_forms.ndjson",
            vec![
                ("111111111111/principal/AROAEXAMPLE", "111111111111/principal/AROAEXAMPLE/session-name", NoKey, Denied, Network, "s3:GetObject"),
                ("111111111111/principal/AROAEXAMPLE", "111111111111/principal/AROAEXAMPLE/session-name", NoKey, Ok, Network, "s3:GetObject"),
                (
                    "111122223333/principal/SAMPLE_PRINCIPAL_ID",
                    "111122223333/principal/SAMPLE_PRINCIPAL_ID/lambda-name",
                    NoKey,
                    Ok,
                    Management,
                    "sts:AssumeRole",
                ),
                (
                    "123456789012/federated-user/federated-user",
                    "123456789012/federated-user/federated-user",
                    Temporary,
                    Ok,
                    Management,
                    "lambda:UpdateFunctionCode20150331v2",
                ),
                ("service/lambda.amazonaws.com", "service:lambda.amazonaws.com", NoKey, Ok, Management, "sts:AssumeRole"),
            ],
        ),
        (
            "panther_s3_object_events.ndjson",
            vec![
                ("111111111111/user/compromised-user", "111111111111/user/compromised-user", LongTerm, Ok, Data, "s3:PutObject"),
                (legit, legit, LongTerm, Ok, Data, "s3:PutObject"),
                (alice, alice, NoKey, Ok, Data, "s3:CopyObject"),
                (alice, alice, NoKey, Ok, Data, "s3:DeleteObject"),
                (alice, alice, NoKey, Ok, Data, "s3:DeleteObjects"),
                (keen, keen_session, LongTerm, Ok, Data, "s3:CopyObject"),
            ],
        ),
        (
            "stratus_aws.defense-evasion.cloudtrail-event-selectors.json",
            vec![("958312252124/user/christophe", "958312252124/user/christophe", LongTerm, Ok, Management, "cloudtrail:PutEventSelectors")],
        ),
        (
            "218007301253_CloudTrail_us-east-1_20230710T1205Z_nx9Yx1FyJdBaTqKj.json",
            vec![
                (bert, bert, LongTerm, Ok, Management, "secretsmanager:DescribeSecret"),
                (bert, bert, Temporary, Ok, Management, "kms:GenerateDataKey"),
                (bert, bert, Temporary, Ok, Management, "kms:Decrypt"),
                (bert, bert, Temporary, Ok, Management, "kms:Decrypt"),
                (ec2, ec2, Temporary, Ok, Management, "ssm:PutInventory"),
                ("service/cloudtrail.amazonaws.com", "service:cloudtrail.amazonaws.com", NoKey, Ok, Management, "s3:GetBucketAcl"),
                (bert, bert, LongTerm, Ok, Management, "iam:ListRolePolicies"),
                (bert, bert, LongTerm, Ok, Management, "ec2:DescribeVpcs"),
                (bert, bert, LongTerm, Ok, Management, "iam:GetRolePolicy"),
                (bert, bert, LongTerm, Ok, Management, "iam:GetRole"),
            ],
        ),
        (
            "218007301253_CloudTrail_us-east-1_20230710T1210Z_bXGZYqBeCCsqWq1U.json.gz",
            vec![
                (bert, bert, LongTerm, Denied, Management, "sts:AssumeRole"),
                (bert, bert, LongTerm, Ok, Management, "ec2:DescribeSubnets"),
                (bert, bert, LongTerm, Ok, Management, "ec2:DescribeRouteTables"),
                (bert, bert, LongTerm, Ok, Management, "ec2:DescribeRouteTables"),
                (ssm, ssm, Temporary, Ok, Management, "ssm:UpdateInstanceAssociationStatus"),
                (bert, bert, LongTerm, Ok, Management, "iam:GetUser"),
            ],
        ),
        (
            "218007301253_CloudTrail_us-east-1_20230710T1225Z_4iD2boYSOwmb6sWd.json",
            vec![
                (bert, bert, LongTerm, Ok, Management, "rds:DescribeDBInstances"),
                (bert, bert, LongTerm, Ok, Management, "rds:DescribeDBSnapshots"),
                (bert, bert, LongTerm, Ok, Management, "rds:DescribeDBSnapshots"),
                (bert, bert, LongTerm, Ok, Management, "iam:GetUser"),
                (bert, bert, LongTerm, Ok, Management, "iam:GetUser"),
                (bert, bert, LongTerm, Error, Management, "s3:GetBucketTagging"),
                (bert, bert, LongTerm, Error, Management, "s3:GetBucketWebsite"),
                (bert, bert, LongTerm, Error, Management, "s3:GetBucketLifecycle"),
                (bert, bert, LongTerm, Error, Management, "s3:GetBucketReplication"),
                (bert, bert, LongTerm, Ok, Management, "iam:GetUser"),
                (nmfalu, nmfalu, NoKey, Ok, Management, "signin:ConsoleLogin"),
                (bert, bert, LongTerm, Ok, Management, "iam:GetUser"),
            ],
        ),
    ];
    for (file, rows) in files {
        let records = samples(&format!("cloudtrail/{file}"));
        if records.is_empty() {
            continue;
        }
        let found: Vec<_> = records.iter().map(|record| row_of(record)).collect();
        let expected: Vec<_> = rows.iter().map(|row| (row.0.to_owned(), row.1.to_owned(), row.2, row.3, row.4, row.5.to_owned())).collect();
        assert_eq!(found, expected, "{file}");
    }
    for record in samples("cloudtrail/stratus_aws.impact.bedrock-invoke-model.json") {
        let row = row_of(&record);
        assert_eq!((row.0.as_str(), row.1.as_str(), row.2, row.3, row.4), (cli.0, cli.1, Temporary, Ok, Management));
        with(&record, |decoded| {
            let expected = (decoded.action.as_deref() != Some("PutUseCaseForModelAccess")).then_some("anthropic.claude-3-sonnet-20240229-v1:0");
            assert_eq!(decoded.model.as_deref(), expected);
        });
    }
}

#[test]
fn what_samples_name() {
    for (file, index, expected, bucket, detail) in [
        (
            "elastic_s3_copy_object.ndjson",
            0,
            vec![
                "bucket elastic-cspm-cloudtrail-test-bucket",
                "object elastic-cspm-cloudtrail-test-bucket/test-copy-object/README-copy.md",
                "object elastic-cspm-cloudtrail-test-bucket/test-copy-object/README.md",
            ],
            "elastic-cspm-cloudtrail-test-bucket",
            "s3://elastic-cspm-cloudtrail-test-bucket/test-copy-object/README.md → s3://elastic-cspm-cloudtrail-test-bucket/test-copy-object/README-copy.md",
        ),
        ("panther_bedrock_management.ndjson", 0, vec![], "", "logging off"),
        ("panther_bedrock_management.ndjson", 2, vec!["guardrail cmy5azq5koeo"], "", "guardrail cmy5azq5koeo"),
        ("panther_bedrock_management.ndjson", 3, vec!["guardrail cmy5azq5koeo"], "", "guardrail cmy5azq5koeo"),
        (
            "panther_identity_forms.ndjson",
            0,
            vec!["bucket example-bucket", "object example-bucket/sensitive-file.txt", "account 111111111111"],
            "example-bucket",
            "s3://example-bucket/sensitive-file.txt through vpce-EXAMPLE08c1b6b9b7 of 222222222222",
        ),
        (
            "panther_identity_forms.ndjson",
            2,
            vec![
                "request fe4784a8-b3b8-4dac-a763-0476f4bef6e3",
                "principal 111122223333/role/SampleRole",
                "key SAMPLE_ACCESS_KEY",
                "session SampleSession",
            ],
            "",
            "role SampleRole as SampleSession",
        ),
        (
            "panther_identity_forms.ndjson",
            4,
            vec!["request 95e84e79-100a-40a6-985e-3c9c4b41f622", "principal 123456789123/role/my_role_arn"],
            "",
            "role my_role_arn as awslambda_55_20240602202712548",
        ),
        (
            "panther_s3_object_events.ndjson",
            5,
            vec![
                "bucket attacker-exfil-1764604156",
                "bucket ransomware-test-victim-1764604156",
                "bucket sample-bucket-busy-carver",
                "bucket sample-bucket-magical-ardinghelli",
                "object attacker-exfil-1764604156/customer-database.csv",
                "object ransomware-test-victim-1764604156/customer-database.csv",
                "object sample-bucket-busy-carver/customer-database.csv",
                "object sample-bucket-magical-ardinghelli/customer-database.csv",
            ],
            "attacker-exfil-1764604156",
            "s3://ransomware-test-victim-1764604156/customer-database.csv → s3://attacker-exfil-1764604156/customer-database.csv",
        ),
        (
            "218007301253_CloudTrail_us-east-1_20230710T1210Z_bXGZYqBeCCsqWq1U.json.gz",
            0,
            vec!["principal 123837392027/role/stratus-red-team-leave-org-role"],
            "",
            "",
        ),
        ("stratus_aws.initial-access.console-login-without-mfa.json", 0, vec![], "", "login Success, without MFA"),
        ("stratus_aws.defense-evasion.cloudtrail-event-selectors.json", 0, vec![], "", "trailName stratus-red-team-ctes-trail-khlvciwdor"),
    ] {
        let records = samples(&format!("cloudtrail/{file}"));
        let Some(record) = records.get(index) else { continue };
        assert_eq!(mentions(record), expected, "{file} {index}");
        with(record, |decoded| {
            assert_eq!(decoded.bucket.as_deref().unwrap_or_default(), bucket, "{file} {index}");
            assert_eq!(decoded.detail.as_deref().unwrap_or_default(), detail, "{file} {index}");
        });
    }
}

#[test]
fn columns_of_a_sample() {
    let records = samples("cloudtrail/panther_bedrock_management.ndjson");
    let Some(record) = records.first() else { return };
    with(record, |decoded| {
        assert_eq!(decoded.time, Some(Timestamp::from_millis(1_737_481_787_000)));
        assert_eq!(decoded.account.as_deref(), Some("123123123123"));
        assert_eq!(decoded.region.as_deref(), Some("us-west-2"));
        assert_eq!(decoded.ip.as_deref(), Some("161.97.249.211"));
        assert_eq!(decoded.role.as_deref(), Some("DevAdmin"));
        assert_eq!(decoded.session.as_deref(), Some("dr.evil"));
        assert_eq!(decoded.key.as_deref(), Some("ASIAQWERQWERQWERQWER"));
        assert_eq!(decoded.request_id.as_deref(), Some("7b9b25ca-be2d-4428-9793-0a677c32b823"));
        assert!(decoded.user_agent.is_some_and(|agent| agent.starts_with("Mozilla/5.0 (Macintosh")));
    });
}

fn event(source: &str, name: &str, rest: &str) -> String {
    format!(r#"{{"eventVersion":"1.08","eventSource":"{source}.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333",{rest}}}"#)
}

#[test]
fn details_and_mentions_of_our_own_records() {
    for (source, name, rest, detail, expected) in [
        (
            "bedrock",
            "CreateModelCustomizationJob",
            r#""requestParameters":{"jobName":"tune","customModelName":"mine","baseModelIdentifier":"arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-text-lite-v1:0:4k","roleArn":"arn:aws:iam::111122223333:role/p/Train","trainingDataConfig":{"s3Uri":"s3://train/set/a.jsonl"},"validationDataConfig":{"validators":[{"s3Uri":"s3://check/"}]},"outputDataConfig":{"s3Uri":"s3://out/x"}}"#,
            "job “tune” reads s3://train/set/a.jsonl → model mine",
            vec![
                "principal 111122223333/role/Train",
                "bucket check",
                "bucket out",
                "bucket train",
                "object out/x",
                "object train/set/a.jsonl",
                "model amazon.titan-text-lite-v1:0",
            ],
        ),
        (
            "bedrock",
            "PutModelInvocationLoggingConfiguration",
            r#""requestParameters":{"loggingConfig":{"s3Config":{"bucketName":"logs","keyPrefix":"br"},"cloudWatchConfig":{"logGroupName":"/aws/bedrock","roleArn":"arn:aws:iam::111122223333:role/Log"},"textDataDeliveryEnabled":false,"imageDataDeliveryEnabled":true}}"#,
            "logging → s3://logs/br, group /aws/bedrock, without text",
            vec!["principal 111122223333/role/Log", "bucket logs"],
        ),
        ("bedrock", "DeleteModelInvocationLoggingConfiguration", r#""requestParameters":null"#, "logging off", vec![]),
        (
            "bedrock",
            "DeleteGuardrail",
            r#""requestParameters":"{\"guardrailIdentifier\":\"arn:aws:bedrock:us-east-1:111122223333:guardrail/gr1\",\"guardrailVersion\":\"3\"}""#,
            "guardrail gr1 version 3",
            vec!["guardrail gr1"],
        ),
        (
            "bedrock",
            "CreateGuardrail",
            r#""requestParameters":{"name":"HIDDEN_DUE_TO_SECURITY_REASONS"},"responseElements":{"guardrailId":"gr2","guardrailArn":"arn:aws:bedrock:us-east-1:111122223333:guardrail/gr2"}"#,
            "guardrail gr2",
            vec!["guardrail gr2"],
        ),
        (
            "bedrock",
            "CreateDataSource",
            r#""requestParameters":{"knowledgeBaseId":"KB1","name":"docs","dataSourceConfiguration":{"type":"S3","s3Configuration":{"bucketArn":"arn:aws:s3:::kb-docs"}}}"#,
            "data source “docs” reads arn:aws:s3:::kb-docs",
            vec!["bucket kb-docs", "knowledge-base KB1"],
        ),
        (
            "bedrock",
            "CreateAgent",
            r#""requestParameters":{"agentName":"helper","foundationModel":"us.amazon.nova-pro-v1:0","agentResourceRoleArn":"arn:aws:iam::111122223333:role/Agent"},"responseElements":{"agent":{"agentId":"AG1"}}"#,
            "agent “helper”",
            vec!["principal 111122223333/role/Agent", "model amazon.nova-pro-v1:0", "agent AG1"],
        ),
        (
            "bedrock",
            "CreateModelInvocationJob",
            r#""requestParameters":{"jobName":"batch","modelId":"m.x","inputDataConfig":{"s3InputDataConfig":{"s3Uri":"s3://in/p/"}},"outputDataConfig":{"s3OutputDataConfig":{"s3Uri":"s3://out/"}}}"#,
            "job “batch” reads s3://in/p/ → s3://out/",
            vec!["bucket in", "bucket out", "model m.x"],
        ),
        (
            "iam",
            "CreateAccessKey",
            r#""requestParameters":{"userName":"bob"},"responseElements":{"accessKey":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","userName":"bob"}}"#,
            "key AKIAIOSFODNN7EXAMPLE user bob",
            vec!["principal 111122223333/user/bob", "key AKIAIOSFODNN7EXAMPLE"],
        ),
        (
            "iam",
            "AttachUserPolicy",
            r#""requestParameters":{"userName":"bob","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
            "policy AdministratorAccess user bob",
            vec!["principal 111122223333/user/bob"],
        ),
        ("secretsmanager", "GetSecretValue", r#""requestParameters":{"secretId":"db"}"#, "secretId db", vec![]),
        // Denied calls may have no parameters; the message says what was asked for.
        (
            "sts",
            "AssumeRole",
            r#""requestParameters":null,"errorCode":"AccessDenied","errorMessage":"User: x is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Admin""#,
            "",
            vec!["principal 111122223333/role/Admin"],
        ),
        // Values may be arrays in old events; a copy's source is percent-encoded.
        (
            "s3",
            "CopyObject",
            r#""requestParameters":{"bucketName":["b"],"key":["k"],"x-amz-copy-source":"/src/a%20b?versionId=7"},"resources":["{'arn': 'arn:aws:s3:::b/k', 'type': 'AWS::S3::Object'}","arn:aws:s3:::src"]"#,
            "s3://src/a b → s3://b/k",
            vec!["bucket b", "bucket src", "object b/k", "object src/a b"],
        ),
    ] {
        let record = event(source, name, rest);
        assert_eq!(mentions(record.as_bytes()), expected, "{record}");
        with(record.as_bytes(), |decoded| assert_eq!(decoded.detail.as_deref().unwrap_or_default(), detail, "{record}"));
    }
}

#[test]
fn the_bucket_of_a_job_is_the_one_it_reads() {
    let record = event(
        "bedrock",
        "CreateModelCustomizationJob",
        r#""requestParameters":{"outputDataConfig":{"s3Uri":"s3://out/x"},"trainingDataConfig":{"s3Uri":"s3://train/set/a.jsonl"}}"#,
    );
    with(record.as_bytes(), |decoded| assert_eq!(decoded.bucket.as_deref(), Some("train")));
}

#[test]
fn network_activity_names_the_endpoint_and_both_accounts() {
    // As the endpoint's owner sees a caller of another account (FORMATS §3.5): no ARN, and an endpoint that refused.
    let owners = br#"{"eventVersion":"1.09","userIdentity":{"type":"AWSAccount","principalId":"AROASTRANGEREXAMPLE:sync","accountId":"777788889999"},"eventTime":"2026-07-15T23:57:12Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","awsRegion":"us-east-1","sourceIPAddress":"10.0.3.7","errorCode":"VpceAccessDenied","errorMessage":"The request was denied due to a VPC endpoint policy","requestParameters":{"bucketName":"drop","key":"a.csv"},"requestID":"r1","eventID":"e1","eventType":"AwsVpceEvent","recipientAccountId":"111122223333","sharedEventID":"702f74c4-f692-4bfd-8491-000000000001","vpcEndpointId":"vpce-0a1","vpcEndpointAccountId":"111122223333","eventCategory":"NetworkActivity"}"#;
    with(owners, |decoded| {
        assert_eq!((decoded.strand, decoded.outcome), (Some(Strand::Network), Outcome::Denied));
        assert_eq!(decoded.account.as_deref(), Some("111122223333"));
        assert_eq!(decoded.principal.as_deref(), Some("777788889999/principal/AROASTRANGEREXAMPLE"));
        assert_eq!(decoded.detail.as_deref(), Some("s3://drop/a.csv through vpce-0a1 of 111122223333"));
        assert!(searched(&decoded).contains(&"vpce-0a1".to_owned()));
    });
    let shared = "request 702f74c4-f692-4bfd-8491-000000000001";
    assert_eq!(mentions(owners), [shared, "bucket drop", "object drop/a.csv", "account 777788889999"]);
    // The caller's own copy: the pair is found by the shared id.
    let callers = br#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::777788889999:assumed-role/Sync/sync","accountId":"777788889999"},"eventTime":"2026-07-15T23:57:12Z","eventSource":"kms.amazonaws.com","eventName":"ListKeys","requestID":"r1","eventType":"AwsVpceEvent","recipientAccountId":"777788889999","sharedEventID":"702f74c4-f692-4bfd-8491-000000000001","vpcEndpointId":"vpce-0a1","vpcEndpointAccountId":"111122223333","eventCategory":"NetworkActivity"}"#;
    assert_eq!(mentions(callers), [shared, "account 111122223333"]);
    with(callers, |decoded| {
        assert_eq!((decoded.strand, decoded.outcome), (Some(Strand::Network), Outcome::Ok));
        assert_eq!(decoded.detail.as_deref(), Some("through vpce-0a1 of 111122223333"));
    });
}

#[test]
fn what_was_left_out_is_said() {
    let record =
        event("iam", "PutUserPolicy", r#""requestParameters":{"omitted":true,"originalSize":131072,"reason":"requestParameters too large"}"#);
    with(record.as_bytes(), |decoded| {
        assert_eq!(decoded.detail.as_deref(), Some("parameters left out by CloudTrail: requestParameters too large"));
    });
}

#[test]
fn agentcore_answers_in_its_response() {
    let call = |identity: &str, response: &str| {
        format!(
            r#"{{"eventVersion":"1.11","userIdentity":{identity},"eventSource":"bedrock-agentcore.amazonaws.com","eventName":"InvokeGateway","eventCategory":"Data","recipientAccountId":"111122223333","requestParameters":{{"body":{{"id":0,"method":"initialize","jsonrpc":"2.0"}}}},"responseElements":{response}}}"#
        )
    };
    let anonymous = r#"{"type":"AWSAccount","principalId":"","accountId":"anonymous"}"#;
    let refused = r#"{"body":{"jsonrpc":"2.0","id":0,"error":{"code":-32001,"message":"Invalid Bearer token"}},"contentType":"application/json","statusCode":401}"#;
    let quoted = serde_json::to_string(refused).expect("a string");
    for (response, outcome, code, message) in [
        (refused, Outcome::Denied, "401", "Invalid Bearer token"),
        (quoted.as_str(), Outcome::Denied, "401", "Invalid Bearer token"),
        (r#"{"statusCode":429}"#, Outcome::Error, "429", ""),
        (r#"{"body":"REDACTED","statusCode":200}"#, Outcome::Ok, "", ""),
        ("null", Outcome::Ok, "", ""),
    ] {
        with(call(anonymous, response).as_bytes(), |decoded| {
            let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
            assert_eq!((decoded.outcome, text(&decoded.error_code), text(&decoded.error_message)), (outcome, code.into(), message.into()));
            assert_eq!((decoded.strand, decoded.principal.as_deref()), (Some(Strand::Data), Some("anonymous")));
            assert!(decoded.mentions.is_empty(), "{:?}", decoded.mentions);
        });
    }
    let record = event(
        "bedrock-agentcore",
        "InvokeAgentRuntime",
        r#""requestParameters":{"agentRuntimeArn":"arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/desk-h3Kq","runtimeSessionId":"desk-7"}"#,
    );
    assert_eq!(mentions(record.as_bytes()), ["agent desk-h3Kq", "session desk-7"]);
}

#[test]
fn the_endpoint_of_other_makers_names_its_model_in_the_parameters() {
    let record = event(
        "bedrock-mantle",
        "CreateInference",
        r#""eventCategory":"Data","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/BedrockAPIKey-abcd"},"requestParameters":{"model":"openai.gpt-oss-120b","stream":true,"callWithBearerToken":true,"bearerTokenType":"LONG_TERM"}"#,
    );
    with(record.as_bytes(), |decoded| {
        assert_eq!((decoded.strand, decoded.key_kind), (Some(Strand::Data), KeyKind::Bearer));
        assert_eq!((decoded.service.as_deref(), decoded.model.as_deref()), (Some("bedrock-mantle"), Some("openai.gpt-oss-120b")));
        assert_eq!(decoded.principal.as_deref(), Some("111122223333/user/BedrockAPIKey-abcd"));
    });
}

#[test]
fn bearer_keys_and_fallbacks() {
    for (rest, kind, account) in [
        (r#""additionalEventData":{"callWithBearerToken":true},"userIdentity":{"accessKeyId":"AKIAX"}"#, KeyKind::Bearer, "111122223333"),
        (r#""requestParameters":{"callWithBearerToken":"True"}"#, KeyKind::Bearer, "111122223333"),
        (r#""sessionCredentialFromConsole":"true","userIdentity":{"accessKeyId":"ASIAX"}"#, KeyKind::Console, "111122223333"),
        (r#""sessionCredentialFromConsole":false,"userIdentity":{"accessKeyId":"ASIAX"}"#, KeyKind::Temporary, "111122223333"),
        (r#""userIdentity":null"#, KeyKind::None, "111122223333"),
    ] {
        let record = event("bedrock", "InvokeModel", rest);
        with(record.as_bytes(), |decoded| {
            assert_eq!(decoded.key_kind, kind, "{record}");
            assert_eq!(decoded.account.as_deref(), Some(account));
        });
    }
    let record = br#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","userIdentity":{"accountId":"444455556666"},"errorCode":""}"#;
    with(record, |decoded| {
        assert_eq!((decoded.account.as_deref(), decoded.outcome, decoded.error_code.as_deref()), (Some("444455556666"), Outcome::Ok, None));
    });
}

#[test]
fn parameters_messages_and_agents_are_searched() {
    let record =
        event("s3", "PutObject", r#""userAgent":"tool/1","errorMessage":"no \"way\"","requestParameters":{"key":"a\/b"},"responseElements":null"#);
    with(record.as_bytes(), |decoded| {
        assert_eq!(searched(&decoded), ["no \"way\"", r#"{"key":"a\/b"}"#, "tool/1"]);
        assert!(decoded.mentions.iter().all(|(kind, _)| *kind != EntityKind::Object), "no bucket, no object");
    });
}
