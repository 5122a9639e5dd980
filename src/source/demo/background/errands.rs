//! Everything of an ordinary week that is not a model call: objects, tokens, keys, reads, scans, deployments, laptops.

use super::super::callers::{
    ASSISTANT, ASSISTANT_EU, CONTRACTOR, Caller, DATA, DEPLOYER, EMBEDDER, Form, KESSLER, LAB, OKAFOR, ORDER_AGENT, PIPELINE, PROD, REPORTING,
    SCANNER, SCANNER_DATA, SCANNER_LAB, SCIENTISTS, TRAINER,
};
use super::super::draw::Draw;
use super::super::laptop::{self, LAPTOPS, Laptop};
use super::super::objects::ObjectCall;
use super::super::phrases::filled;
use super::super::slot::{Slot, bucket};
use super::super::stories::{AGENT, GUARDRAIL, KNOWLEDGE_BASE, TRAINING_BUCKET, key_off};
use super::super::trail::Call;
use super::Activity as A;
use crate::model::Timestamp;

/// Writes one errand.
pub(super) fn write(activity: A, at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    match activity {
        A::Objects => object(at, draw, slot),
        A::Tokens => token(at, draw, slot),
        A::Keys => key(at, draw, slot),
        A::Permissions => permission(at, draw, slot),
        A::Console => console(at, draw, slot),
        A::Scanner => scan(at, draw, slot),
        A::Operations => operation(at, draw, slot),
        A::Retrieval => retrieval(at, draw, slot),
        A::CommandLine => aws_command(at, draw, slot),
        _ => command(at, draw, slot),
    }
}

/// Fills in the ids and writes the call to its caller's trail.
fn send(call: Call<'_>, draw: &mut Draw, slot: &mut Slot) {
    let (request, event) = (draw.uuid(), draw.uuid());
    let account = if call.caller.form == Form::Service { PROD } else { call.caller.account };
    let region = region(call.region);
    slot.trail(account, region, &Call { request: &request, event: &event, ..call });
}

/// Shelves are labelled with names that live as long as the program.
fn region(name: &str) -> &'static str {
    ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"].into_iter().find(|known| *known == name).unwrap_or("us-east-1")
}

fn service(name: &'static str) -> Caller {
    Caller { form: Form::Service, account: PROD, name, ..Caller::default() }
}

const LOG_WRITER: &str = "bedrock.amazonaws.com";

fn object(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let logs = bucket(PROD);
    let writer = service(LOG_WRITER);
    let [first, second, third, _] = &SCIENTISTS;
    let notebook = draw.pick(&[*first, *second, *third]);
    let (caller, owner, region, name, bucket, key): (&Caller, _, _, _, &str, String) = match draw.below(100) {
        0..30 => (&ASSISTANT, PROD, "us-east-1", "GetObject", "acme-support-articles", format!("published/en/{}.json", draw.between(100, 620))),
        30..40 => {
            (&ASSISTANT_EU, PROD, "eu-west-1", "GetObject", "acme-support-articles-eu", format!("published/de/{}.json", draw.between(100, 620)))
        }
        40..55 => (&EMBEDDER, DATA, "us-west-2", "GetObject", "acme-catalogue-export", format!("2026-11/part-{:05}.parquet", draw.below(4_000))),
        55..63 => (&EMBEDDER, DATA, "us-west-2", "PutObject", "acme-catalogue-vectors", format!("titan-v2/shard-{:04}.bin", draw.below(900))),
        63..75 => (&PIPELINE, PROD, "eu-west-1", "GetObject", "acme-documents-prod", format!("inbox/minutes-{}.pdf", draw.between(1_000, 9_999))),
        75..82 => (&PIPELINE, PROD, "eu-west-1", "PutObject", "acme-documents-prod", format!("digest/week-46/{}.md", draw.between(1_000, 9_999))),
        82..90 => (&notebook, LAB, "us-east-1", "GetObject", "acme-lab-notebooks", format!("exports/orders-{}.parquet", draw.between(1, 400))),
        90..92 => (&TRAINER, DATA, "us-west-2", "GetObject", TRAINING_BUCKET, format!("catalogue-tuning/set-{}.jsonl", draw.between(1, 30))),
        92..93 => (&CONTRACTOR, DATA, "us-west-2", "GetObject", TRAINING_BUCKET, format!("labels/batch-{}.csv", draw.between(1, 90))),
        // Until Wednesday morning, when its key is switched off.
        93..94 if at < key_off() => {
            (&REPORTING, PROD, "us-east-1", "GetObject", "acme-bi-reports", format!("daily/usage-{}.csv", draw.between(1, 300)))
        }
        _ => {
            let key = format!("AWSLogs/{PROD}/BedrockModelInvocationLogs/us-east-1/{}_{}.json.gz", at.to_jiff().strftime("%Y/%m/%d/%H"), draw.hex(8));
            (&writer, PROD, "us-east-1", "PutObject", logs.as_str(), key)
        }
    };
    let error = (name == "GetObject" && draw.per_mille(12)).then_some(("NoSuchKey", "The specified key does not exist."));
    let size = u64::from(draw.between(900, 400_000));
    ObjectCall { at, caller, owner, region, name, bucket, key: &key, size, error, command: "" }.write(draw, slot);
}

fn token(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let (who, by) = draw.pick(&[
        (ASSISTANT, "lambda.amazonaws.com"),
        (ASSISTANT, "lambda.amazonaws.com"),
        (ASSISTANT_EU, "lambda.amazonaws.com"),
        (PIPELINE, "ecs-tasks.amazonaws.com"),
        (ORDER_AGENT, "bedrock.amazonaws.com"),
    ]);
    let caller = service(by);
    let session = who.session_at(at);
    let arn = format!("arn:aws:iam::{}:role/{}", who.account, who.name);
    let parameters = format!(r#"{{"roleArn":"{arn}","roleSessionName":"{session}"}}"#);
    let token = draw.hex(96);
    let expires = super::super::callers::second(at.plus_millis(12 * 3_600_000));
    let response = format!(
        r#"{{"credentials":{{"accessKeyId":"{}","sessionToken":"{token}","expiration":"{expires}"}},"assumedRoleUser":{{"assumedRoleId":"{}:{session}","arn":"{}"}}}}"#,
        who.access_key(at),
        who.id,
        who.arn(at)
    );
    let region = if who.name == ASSISTANT_EU.name { "eu-west-1" } else { "us-east-1" };
    let resources = format!(r#"[{{"accountId":"{}","type":"AWS::IAM::Role","ARN":"{arn}"}}]"#, who.account);
    let call = Call { parameters: &parameters, response: &response, resources: &resources, ..Call::new(at, &caller, region, "sts", "AssumeRole") };
    send(call, draw, slot);
}

fn key(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let (caller, region) = draw.pick(&[(ASSISTANT, "us-east-1"), (ASSISTANT_EU, "eu-west-1"), (PIPELINE, "eu-west-1"), (EMBEDDER, "us-west-2")]);
    let name = draw.pick(&["Decrypt", "Decrypt", "GenerateDataKey"]);
    let arn = format!("arn:aws:kms:{region}:{}:key/5d0c1e7a-2b64-4f0e-8a35-0c7b6f21{:04}", caller.account, draw.below(6));
    let parameters = format!(
        r#"{{"encryptionContext":{{"aws:s3:arn":"arn:aws:s3:::acme-documents-prod"}},"keyId":"{arn}","encryptionAlgorithm":"SYMMETRIC_DEFAULT"}}"#
    );
    let resources = format!(r#"[{{"accountId":"{}","type":"AWS::KMS::Key","ARN":"{arn}"}}]"#, caller.account);
    let agent = Caller { agent: "AWS Internal", ..caller };
    send(Call { parameters: &parameters, resources: &resources, ..Call::new(at, &agent, region, "kms", name) }, draw, slot);
}

fn permission(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let caller = draw.pick(&[OKAFOR, KESSLER, DEPLOYER, DEPLOYER]);
    let (name, parameters) = draw.pick(&[
        ("GetRole", r#"{"roleName":"acme-support-assistant"}"#),
        ("GetRolePolicy", r#"{"roleName":"acme-doc-pipeline","policyName":"models"}"#),
        ("ListAttachedRolePolicies", r#"{"roleName":"acme-ci-deploy"}"#),
        ("ListRoles", r#"{"maxItems":100}"#),
        ("GetPolicyVersion", r#"{"policyArn":"arn:aws:iam::111122223333:policy/acme-model-access","versionId":"v7"}"#),
        ("ListUsers", ""),
        ("SimulatePrincipalPolicy", r#"{"policySourceArn":"arn:aws:iam::111122223333:role/acme-doc-pipeline","actionNames":["bedrock:Converse"]}"#),
    ]);
    let denied = caller.name == DEPLOYER.name && draw.per_mille(30);
    let error = denied.then_some(("AccessDenied", "User is not authorized to perform this action on resource: role acme-break-glass"));
    send(Call { error, parameters, host: "iam.amazonaws.com", ..Call::new(at, &caller, "us-east-1", "iam", name) }, draw, slot);
}

fn console(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let caller = draw.pick(&[OKAFOR, OKAFOR, KESSLER.in_console()]);
    let guardrail = format!(r#"{{"guardrailIdentifier":"{GUARDRAIL}"}}"#);
    let agent = format!(r#"{{"agentId":"{AGENT}"}}"#);
    let base = format!(r#"{{"knowledgeBaseId":"{KNOWLEDGE_BASE}"}}"#);
    let (name, parameters): (_, &str) = match draw.below(10) {
        0 | 1 => ("ListGuardrails", r#"{"maxResults":1000}"#),
        2 => ("GetGuardrail", &guardrail),
        3 => ("GetModelInvocationLoggingConfiguration", ""),
        4 => ("ListInferenceProfiles", r#"{"maxResults":1000}"#),
        5 => ("GetAgent", &agent),
        6 => ("ListAgents", r#"{"maxResults":100}"#),
        7 => ("GetKnowledgeBase", &base),
        8 => ("ListModelCustomizationJobs", ""),
        _ => ("ListFoundationModels", ""),
    };
    let host = if name.contains("Agent") || name.contains("Knowledge") { "bedrock-agent.us-east-1.amazonaws.com" } else { "" };
    send(Call { parameters, host, ..Call::new(at, &caller, "us-east-1", "bedrock", name) }, draw, slot);
}

fn scan(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let caller = draw.pick(&[SCANNER, SCANNER, SCANNER_LAB, SCANNER_DATA]);
    let region = draw.pick(&["us-east-1", "us-west-2", "eu-west-1", "eu-central-1"]);
    let (service, name) = draw.pick(&[
        ("bedrock", "ListFoundationModels"),
        ("bedrock", "ListGuardrails"),
        ("bedrock", "ListCustomModels"),
        ("bedrock", "GetModelInvocationLoggingConfiguration"),
        ("bedrock", "ListProvisionedModelThroughputs"),
        ("s3", "GetBucketPolicyStatus"),
        ("s3", "GetBucketEncryption"),
        ("ec2", "DescribeSecurityGroups"),
        ("lambda", "ListFunctions20150331"),
        ("cloudtrail", "GetTrailStatus"),
    ]);
    let parameters = match name {
        "GetBucketPolicyStatus" | "GetBucketEncryption" => r#"{"bucketName":"acme-documents-prod"}"#,
        "GetTrailStatus" => r#"{"name":"acme-organisation"}"#,
        _ => "",
    };
    let error = (name == "GetBucketEncryption" && draw.per_mille(60))
        .then_some(("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found"));
    send(Call { error, parameters, ..Call::new(at, &caller, region, service, name) }, draw, slot);
}

fn operation(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let (service, name, read_only, parameters) = draw.pick(&[
        ("lambda", "UpdateFunctionCode20150331v2", false, r#"{"functionName":"acme-support-assistant-chat","dryRun":false}"#),
        ("lambda", "GetFunction20150331v2", true, r#"{"functionName":"acme-support-assistant-chat"}"#),
        ("cloudformation", "DescribeStacks", true, r#"{"stackName":"acme-shop"}"#),
        ("cloudformation", "CreateChangeSet", false, r#"{"stackName":"acme-shop","changeSetName":"ci"}"#),
        ("logs", "DescribeLogGroups", true, r#"{"logGroupNamePrefix":"/aws/lambda/acme"}"#),
        ("ecs", "UpdateService", false, r#"{"cluster":"docs","service":"pipeline"}"#),
        ("ecr", "BatchGetImage", true, r#"{"repositoryName":"acme/pipeline"}"#),
    ]);
    send(Call { read_only, parameters, ..Call::new(at, &DEPLOYER, "us-east-1", service, name) }, draw, slot);
}

/// Data events of knowledge bases and agents.
fn retrieval(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let base = format!(r#"{{"knowledgeBaseId":"{KNOWLEDGE_BASE}","retrievalQuery":"HIDDEN_DUE_TO_SECURITY_REASONS"}}"#);
    let agent = format!(r#"{{"agentId":"{AGENT}","agentAliasId":"PRODALIAS1","sessionId":"{}"}}"#, draw.uuid());
    let on_base = format!(
        r#"[{{"accountId":"{PROD}","type":"AWS::Bedrock::KnowledgeBase","ARN":"arn:aws:bedrock:us-east-1:{PROD}:knowledge-base/{KNOWLEDGE_BASE}"}}]"#
    );
    let on_agent = format!(
        r#"[{{"accountId":"{PROD}","type":"AWS::Bedrock::AgentAlias","ARN":"arn:aws:bedrock:us-east-1:{PROD}:agent-alias/{AGENT}/PRODALIAS1"}}]"#
    );
    let (caller, name, parameters, resources) =
        if draw.below(4) == 0 { (&DEPLOYER, "InvokeAgent", &agent, &on_agent) } else { (&ASSISTANT, "Retrieve", &base, &on_base) };
    let host = "bedrock-agent-runtime.us-east-1.amazonaws.com";
    let call = Call { data: true, parameters, resources, host, ..Call::new(at, caller, "us-east-1", "bedrock", name) };
    send(call, draw, slot);
}

const COMMANDS: &[&[&str]] = &[
    &["git", "status"],
    &["git", "pull", "--rebase"],
    &["git", "commit", "-m", "Correct the size table"],
    &["ls", "-la"],
    &["ssh", "bastion.example.com"],
    &["python3", "-m", "pytest", "-q"],
    &["python3", "notebooks/returns.py", "--weeks", "{days}"],
    &["node", "scripts/build.js"],
    &["curl", "-sS", "https://shop.example.com/health"],
    &["jq", ".results[0]", "out.json"],
    &["terraform", "plan", "-out", "plan.bin"],
    &["grep", "-rn", "discount", "src/"],
    &["gh", "pr", "view", "{number}"],
];

fn execute(laptop: &Laptop, at: Timestamp, command: &[&str], draw: &mut Draw, slot: &mut Slot) {
    let arguments: Vec<String> = command.iter().map(|argument| filled(argument, draw)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    slot.endpoint(at, |out| laptop::exec(laptop, at, &arguments, draw, out));
}

fn command(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let laptop = draw.pick(&LAPTOPS);
    let command = draw.pick(COMMANDS);
    execute(&laptop, at, command, draw, slot);
}

/// A harmless command of the AWS CLI and, moments later, its event.
fn aws_command(at: Timestamp, draw: &mut Draw, slot: &mut Slot) {
    let [kessler, raman, berger, lindqvist] = LAPTOPS;
    let [priya, tomas, maya, _] = SCIENTISTS;
    let (laptop, person) = draw.pick(&[(kessler, KESSLER), (raman, priya), (berger, tomas), (lindqvist, maya)]);
    let person = Caller { agent: KESSLER.agent, ..person };
    let later = at.plus_millis(i64::from(draw.between(700, 2_600)));
    let region = "us-east-1";
    let call = |service, name, command| Call { command, ..Call::new(later, &person, region, service, name) };
    match draw.below(4) {
        0 => {
            execute(&laptop, at, &["aws", "sts", "get-caller-identity"], draw, slot);
            send(call("sts", "GetCallerIdentity", " md/command#sts.get-caller-identity"), draw, slot);
        }
        1 => {
            execute(&laptop, at, &["aws", "bedrock", "list-foundation-models", "--region", region], draw, slot);
            send(call("bedrock", "ListFoundationModels", " md/command#bedrock.list-foundation-models"), draw, slot);
        }
        2 => {
            execute(&laptop, at, &["aws", "--region", region, "bedrock", "list-inference-profiles"], draw, slot);
            send(call("bedrock", "ListInferenceProfiles", " md/command#bedrock.list-inference-profiles"), draw, slot);
        }
        _ => {
            let (bucket, key) = ("acme-lab-notebooks", format!("exports/orders-{}.parquet", draw.between(1, 400)));
            execute(&laptop, at, &["aws", "s3", "cp", &format!("s3://{bucket}/{key}"), "."], draw, slot);
            let (owner, size, command) = (LAB, u64::from(draw.between(900, 400_000)), " md/command#s3.cp");
            ObjectCall { at: later, caller: &person, owner, region, name: "GetObject", bucket, key: &key, size, error: None, command }
                .write(draw, slot);
        }
    }
}
