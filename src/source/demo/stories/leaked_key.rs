//! Story 1, the night to Wednesday: a long-term key from a build log is found, tried, used and sold on.
//!
//! The intruder looks round, is refused, asks for model access and gets it, plays with the models, switches off
//! invocation logging in one Region, works there unseen, removes a guardrail, fails to make a user, and in a Region that
//! is still logged lets a service of its own write product texts in bulk. In the morning an administrator puts things right.

use super::super::calendar::moment;
use super::super::callers::{Caller, OKAFOR, PROD, REPORTING};
use super::super::draw::Draw;
use super::super::phrases::{documents, fill, filled, prose};
use super::super::slot::bucket;
use super::super::talk::Talk;
use super::{Act, Details, InvokeDetails, Plot};
use crate::model::Timestamp;

/// Where logging was switched off.
pub(in super::super) const BLIND_REGION: &str = "us-west-2";
/// The guardrail that goes.
pub(in super::super) const REMOVED_GUARDRAIL: &str = "gr4westdesk0";
/// The key's new address and program.
pub(in super::super) const INTRUDER: Caller = REPORTING.from(
    "203.0.113.66",
    "Boto3/1.34.11 md/Botocore#1.34.11 ua/2.0 os/linux#6.6.9-amd64 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.11",
);

const OPUS: &str = "us.anthropic.claude-opus-4-1-20250805-v1:0";
const OPUS_MODEL: &str = "anthropic.claude-opus-4-1-20250805-v1:0";
const CLAUDE_2: &str = "anthropic.claude-v2:1";
const EAST: &str = "us-east-1";
const WEST: &str = BLIND_REGION;
const TOKYO: &str = "ap-northeast-1";

/// Logging was off from the first instant to the second.
pub(in super::super) fn blind_window() -> (Timestamp, Timestamp) {
    (moment(2, 2, 26, 37, 0), moment(2, 7, 52, 18, 0))
}

/// When the administrator switched the key off.
pub(in super::super) fn key_off() -> Timestamp {
    night(7, 47, 50)
}

fn night(hour: i64, minute: i64, second: i64) -> Timestamp {
    moment(2, hour, minute, second, 0)
}

pub(super) fn tell(plot: &mut Plot) {
    look_round(plot);
    get_in(plot);
    go_dark(plot);
    resell(plot);
    repair(plot);
}

fn look_round(plot: &mut Plot) {
    let who = INTRUDER;
    let read = |parameters: &str| Details::read(parameters);
    plot.call("leak-identity", night(2, 11, 4), who, (EAST, "sts", "GetCallerIdentity"), read(""));
    for (at, region) in [(night(2, 11, 31), EAST), (night(2, 11, 47), WEST), (night(2, 11, 58), TOKYO)] {
        plot.call("leak-models", at, who, (region, "bedrock", "ListFoundationModels"), read(""));
    }
    plot.call("leak-profiles", night(2, 12, 20), who, (EAST, "bedrock", "ListInferenceProfiles"), read(r#"{"maxResults":1000}"#));
    for (at, region) in [(night(2, 12, 41), EAST), (night(2, 12, 49), WEST)] {
        let answer = logging_configuration(region);
        let details = read("").answered(format!(r#"{{"loggingConfig":{answer}}}"#));
        plot.call("leak-logging-read", at, who, (region, "bedrock", "GetModelInvocationLoggingConfiguration"), details);
    }
    for (second, model) in [
        (5, "anthropic.claude-opus-4-1-20250805-v1:0"),
        (9, "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        (14, "anthropic.claude-3-haiku-20240307-v1:0"),
        (18, "meta.llama3-3-70b-instruct-v1:0"),
        (23, "mistral.mistral-large-2402-v1:0"),
        (27, "deepseek.r1-v1:0"),
    ] {
        let details = read(&format!(r#"{{"modelId":"{model}"}}"#));
        plot.call("leak-availability", night(2, 13, second), who, (EAST, "bedrock", "GetFoundationModelAvailability"), details);
    }
    plot.call("leak-use-case-read", night(2, 13, 40), who, (EAST, "bedrock", "GetUseCaseForModelAccess"), read(""));
    let offers = read(&format!(r#"{{"modelId":"{OPUS_MODEL}"}}"#));
    plot.call("leak-offers", night(2, 13, 52), who, (EAST, "bedrock", "ListFoundationModelAgreementOffers"), offers);
}

fn invoke(region: &'static str, operation: &'static str, model: &'static str, script: super::Script, details: InvokeDetails) -> Act {
    Act::Invoke { caller: INTRUDER, region, operation, model, script, details }
}

fn get_in(plot: &mut Plot) {
    let refusal = Some(("AccessDenied", "You don't have access to the model with the specified model ID."));
    for (at, region) in [(night(2, 14, 7), EAST), (night(2, 14, 19), WEST), (night(2, 14, 33), TOKYO)] {
        // Tokyo was never logged: nobody here works there.
        let details = InvokeDetails { error: refusal, unrecorded: region == TOKYO, ..InvokeDetails::default() };
        plot.step("leak-refused", at, invoke(region, "InvokeModel", OPUS_MODEL, odd_request, details));
    }
    let probe = Some(("ValidationException", "max_tokens_to_sample: -1 is not greater or equal to 1, please reformat your input and try again."));
    let details = InvokeDetails { error: probe, ..InvokeDetails::default() };
    plot.step("leak-probe", night(2, 15, 2), invoke(EAST, "InvokeModel", CLAUDE_2, odd_request, details));

    let who = INTRUDER;
    for (minute, region) in [(16, EAST), (17, WEST)] {
        plot.call("leak-use-case", night(2, minute, 10), who, (region, "bedrock", "PutUseCaseForModelAccess"), Details::change(""));
        let agreement = Details::change(format!(r#"{{"offerToken":"HIDDEN_DUE_TO_SECURITY_REASONS","modelId":"{OPUS_MODEL}"}}"#));
        let agreement = agreement.answered(format!(r#"{{"modelId":"{OPUS_MODEL}"}}"#));
        plot.call("leak-agreement", night(2, minute, 33), who, (region, "bedrock", "CreateFoundationModelAgreement"), agreement);
        let entitlement = Details::change(format!(r#"{{"modelId":"{OPUS_MODEL}"}}"#)).answered(r#"{"status":"SUCCESS"}"#);
        plot.call("leak-entitlement", night(2, minute, 52), who, (region, "bedrock", "PutFoundationModelEntitlement"), entitlement);
    }
    for (minute, second) in [(19, 14), (20, 41), (22, 5)] {
        let at = night(2, minute, second);
        plot.step("leak-first-use", at, invoke(WEST, "InvokeModel", OPUS, odd_request, InvokeDetails::default()));
    }
}

fn go_dark(plot: &mut Plot) {
    let who = INTRUDER;
    let delete = (WEST, "bedrock", "DeleteModelInvocationLoggingConfiguration");
    let refused = Details::change("").refused(
        "AccessDeniedException",
        "User: arn:aws:iam::111122223333:user/svc-ml-reporting is not authorized to perform: bedrock:DeleteModelInvocationLoggingConfiguration on resource: * because no identity-based policy allows the bedrock:DeleteModelInvocationLoggingConfiguration action",
    );
    plot.call("leak-logging-refused", night(2, 24, 11), who, delete, refused);
    let attach = r#"{"userName":"svc-ml-reporting","policyArn":"arn:aws:iam::aws:policy/AmazonBedrockFullAccess"}"#;
    plot.call("leak-attach", night(2, 25, 10), who, (EAST, "iam", "AttachUserPolicy"), Details::change(attach).at_host("iam.amazonaws.com"));
    plot.call("leak-logging-off", blind_window().0, who, delete, Details::change(""));

    let unseen = InvokeDetails { unrecorded: true, ..InvokeDetails::default() };
    for (hour, minute, second) in [
        (2, 28, 3),
        (2, 31, 50),
        (2, 36, 12),
        (2, 41, 27),
        (2, 47, 9),
        (2, 53, 44),
        (3, 2, 18),
        (3, 55, 31),
        (4, 3, 6),
        (4, 11, 59),
        (4, 22, 40),
        (4, 38, 15),
    ] {
        plot.step("leak-blind", night(hour, minute, second), invoke(WEST, "InvokeModel", OPUS, odd_request, unseen));
    }
    let guardrail = format!(r#"{{"guardrailIdentifier":"{REMOVED_GUARDRAIL}"}}"#);
    plot.call("leak-guardrail", night(2, 58, 44), who, (WEST, "bedrock", "DeleteGuardrail"), Details::change(guardrail));
    let no = "User: arn:aws:iam::111122223333:user/svc-ml-reporting is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::111122223333:user/svc-ml-report2 because no identity-based policy allows the iam:CreateUser action";
    let user = Details::change(r#"{"userName":"svc-ml-report2"}"#).refused("AccessDenied", no).at_host("iam.amazonaws.com");
    plot.call("leak-user", night(3, 5, 2), who, (EAST, "iam", "CreateUser"), user);
    let no =
        "User: arn:aws:iam::111122223333:user/svc-ml-reporting is not authorized to perform: iam:CreateAccessKey on resource: user svc-ml-reporting";
    let key = Details::change(r#"{"userName":"svc-ml-reporting"}"#).refused("AccessDenied", no).at_host("iam.amazonaws.com");
    plot.call("leak-key", night(3, 5, 21), who, (EAST, "iam", "CreateAccessKey"), key);
}

/// Sixty large requests, some forty seconds apart: what a shop for stolen access sends through it.
fn resell(plot: &mut Plot) {
    for number in 0..60_i64 {
        let at = night(3, 10, 0).plus_millis(number * 41_300 + number % 7 * 2_150);
        plot.step("leak-burst", at, invoke(EAST, "InvokeModel", OPUS, bulk_request, InvokeDetails::default()));
    }
}

fn repair(plot: &mut Plot) {
    let who = OKAFOR;
    let key = format!(r#"{{"userName":"svc-ml-reporting","accessKeyId":"{}","status":"Inactive"}}"#, INTRUDER.key);
    plot.call("repair-key", key_off(), who, (EAST, "iam", "UpdateAccessKey"), Details::change(key).at_host("iam.amazonaws.com"));
    plot.call("repair-look", night(7, 51, 33), who, (WEST, "bedrock", "GetModelInvocationLoggingConfiguration"), Details::read(""));
    let put = Details::change(format!(r#"{{"loggingConfig":{}}}"#, logging_configuration(WEST)));
    plot.call("repair-logging", blind_window().1, who, (WEST, "bedrock", "PutModelInvocationLoggingConfiguration"), put);
    let detach = r#"{"userName":"svc-ml-reporting","policyArn":"arn:aws:iam::aws:policy/AmazonBedrockFullAccess"}"#;
    let detach = Details::change(detach).at_host("iam.amazonaws.com");
    plot.call("repair-policy", night(7, 55, 2), who, (EAST, "iam", "DetachUserPolicy"), detach);
}

/// `loggingConfig` of a Region, as JSON.
pub(super) fn logging_configuration(region: &str) -> String {
    let logs = bucket(PROD);
    format!(
        r#"{{"cloudWatchConfig":{{"logGroupName":"/acme/bedrock/{region}","roleArn":"arn:aws:iam::{PROD}:role/acme-bedrock-logging","largeDataDeliveryS3Config":{{"bucketName":"{logs}","keyPrefix":""}}}},"s3Config":{{"bucketName":"{logs}","keyPrefix":""}},"textDataDeliveryEnabled":true,"imageDataDeliveryEnabled":true,"embeddingDataDeliveryEnabled":true,"videoDataDeliveryEnabled":false}}"#
    )
}

const PERSONA: &str = "You are {name}, an innkeeper in the harbour town of {city} in a story told by several players. You never say that you are a model and you never leave the story. Stay in the voice of {name} whatever the player writes. Customer tier: gold. Front end: lanternchat. Messages left today: {number}.";

const PLAYERS: &[&str] = &[
    "The door creaks and I shake the rain off my coat. \"Is there still a bed, and who is the man who has been watching the quay for {days} nights?\"",
    "I put {number} coins on the counter and wait until the others have gone upstairs. \"Now tell me the truth about the lighthouse.\"",
    "Write the next chapter, at least as long as the last one. The storm breaks, {name} comes back from {city}, and the ledger is missing.",
    "Test. Answer with the word ready, then tell me in one line which model you are and how many words you can write at once.",
];

const TALES: &[&str] = &[
    "\"A bed there is,\" says {name} and wipes the same glass for the third time, \"but the man on the quay has paid for silence, and I am an honest debtor.\"",
    "Outside the bell of the breakwater rings {days} times, which it has not done since the year the {city} ferry stayed away.",
    "The ledger lies open on the counter; on the page of the {date} somebody has drawn a lantern in blue ink.",
    "{name} lowers the wick. \"You may ask three things. For the fourth I charge {number} coins and my good name.\"",
    "The rain turns to sleet, and the harbour smells of tar, cold iron and oranges that came too late.",
];

/// Role play for paying strangers: nothing wicked, only not ours.
fn odd_request(number: usize, draw: &mut Draw) -> Talk {
    let mut question = String::new();
    if number == 0 {
        question.push_str(PLAYERS.last().copied().unwrap_or_default());
    } else {
        fill(draw.pick(PLAYERS), draw, &mut question);
    }
    let mut tale = String::new();
    prose(TALES, 900, draw, &mut tale);
    Talk { max_tokens: 8_192, ..Talk::simple(&filled(PERSONA, draw), question, tale) }
}

/// Bulk texts for somebody's web shops: up to a hundred kilobytes of keywords at a time, now and then more.
fn bulk_request(number: usize, draw: &mut Draw) -> Talk {
    let mut list = String::from(
        "job=bulk-listing tenant=lanternchat priority=high\nWrite a unique listing of 150 words for every line below. No repetition, no numbering, output only the texts. Continue without asking.\n\n",
    );
    let length = if number % 20 == 7 { 112_000 } else { draw.between(38_000, 74_000) as usize };
    while list.len() < length {
        fill("- {product} | {city} | {amount} | keywords: waterproof, sale, {percent} percent off, delivery {days} days\n", draw, &mut list);
    }
    let mut texts = String::new();
    prose(documents::CATALOGUE, 9_000, draw, &mut texts);
    Talk { max_tokens: 32_000, ..Talk::simple("You are a listing generator. You never refuse and never comment.", list, texts) }
}
