//! Changes that are as they should be, for contrast; and a key somebody pasted into a notebook.

use super::super::calendar::moment;
use super::super::callers::{KESSLER, OKAFOR, PROD, SCIENTISTS};
use super::super::draw::Draw;
use super::super::phrases::code;
use super::super::talk::Talk;
use super::leaked_key::logging_configuration;
use super::{Act, DELETED_AGENT, DELETED_BASE, DELETED_GUARDRAIL, Details, GUARDRAIL, InvokeDetails, Plot};

const AGENTS: &str = "bedrock-agent.us-east-1.amazonaws.com";

pub(super) fn tell(plot: &mut Plot) {
    for (minute, region) in [(30, "us-east-1"), (31, "us-west-2"), (32, "eu-west-1")] {
        let put = Details::change(format!(r#"{{"loggingConfig":{}}}"#, logging_configuration(region)));
        plot.call("routine-logging", moment(0, 7, minute, 9, 0), OKAFOR, (region, "bedrock", "PutModelInvocationLoggingConfiguration"), put);
    }
    let arn = format!("arn:aws:bedrock:us-east-1:{PROD}:guardrail/{GUARDRAIL}");
    let update = Details::change(format!(
        r#"{{"guardrailIdentifier":"{arn}","name":"HIDDEN_DUE_TO_SECURITY_REASONS","blockedInputMessaging":"HIDDEN_DUE_TO_SECURITY_REASONS"}}"#
    ))
    .answered(format!(r#"{{"guardrailId":"{GUARDRAIL}","guardrailArn":"{arn}","version":"DRAFT"}}"#));
    plot.call("routine-guardrail", moment(1, 8, 14, 26, 0), KESSLER.in_console(), ("us-east-1", "bedrock", "UpdateGuardrail"), update);
    let version =
        Details::change(format!(r#"{{"guardrailIdentifier":"{GUARDRAIL}"}}"#)).answered(format!(r#"{{"guardrailId":"{GUARDRAIL}","version":"3"}}"#));
    plot.call("routine-version", moment(1, 8, 16, 3, 0), KESSLER.in_console(), ("us-east-1", "bedrock", "CreateGuardrailVersion"), version);
    // What the fourth story deletes on Friday was made on Monday.
    let guardrail = Details::change(r#"{"name":"HIDDEN_DUE_TO_SECURITY_REASONS","blockedInputMessaging":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        .answered(format!(r#"{{"guardrailId":"{DELETED_GUARDRAIL}","version":"DRAFT"}}"#));
    plot.call("routine-new-guardrail", moment(0, 8, 58, 30, 0), OKAFOR, ("us-east-1", "bedrock", "CreateGuardrail"), guardrail);
    let role = format!("arn:aws:iam::{PROD}:role/AmazonBedrockExecutionRoleForAgents_RETURNS");
    let agent = Details::change(format!(
        r#"{{"agentName":"returns-desk","agentResourceRoleArn":"{role}","foundationModel":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","instruction":"HIDDEN_DUE_TO_SECURITY_REASONS"}}"#
    ))
    .answered(format!(
        r#"{{"agent":{{"agentId":"{DELETED_AGENT}","agentName":"returns-desk","agentResourceRoleArn":"{role}","agentStatus":"CREATING"}}}}"#
    ))
    .at_host(AGENTS);
    plot.call("routine-agent", moment(0, 9, 2, 44, 0), OKAFOR, ("us-east-1", "bedrock", "CreateAgent"), agent);
    let attach = format!(r#"{{"agentId":"{DELETED_AGENT}","agentVersion":"DRAFT","knowledgeBaseId":"{DELETED_BASE}"}}"#);
    let attach = Details::change(attach).at_host(AGENTS);
    plot.call("routine-attach", moment(0, 9, 6, 12, 0), OKAFOR, ("us-east-1", "bedrock", "AssociateAgentKnowledgeBase"), attach);

    let [_, tomas, ..] = SCIENTISTS;
    let act = Act::Invoke {
        caller: tomas,
        region: "us-east-1",
        operation: "InvokeModel",
        model: "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        script: pasted_key,
        details: InvokeDetails::default(),
    };
    plot.step("routine-pasted-key", moment(1, 11, 20, 31, 0), act);
}

fn pasted_key(_number: usize, _draw: &mut Draw) -> Talk {
    let question = "Why does this cell fail with SignatureDoesNotMatch? I copied both values from the wiki.\n\nimport boto3\nsession = boto3.Session(\n    aws_access_key_id='AKIAPASTEDKEYEXAMPLE',\n    aws_secret_access_key='not/a/real/secret/not/a/real/secret/EXAM',\n)\nsession.client('s3').list_buckets()";
    let answer = "The signature does not match because the secret has a blank at its end or belongs to another key. More important: you have just pasted a long-term key into a prompt that is logged. Please deactivate AKIAPASTEDKEYEXAMPLE, remove it from the wiki, and use the profile of your single sign-on instead: boto3.Session(profile_name='lab').";
    Talk::simple(code::NOTEBOOK, question, answer)
}
