//! What one record says of a control: which one, and what is set. Small, so that ten thousand of them fit in memory.

use super::actions::ControlAction;
use super::logging::LoggingConfig;
use super::look::{at, get, inside, last_part, log_group, scalar, text};
use super::trail::{self, Selectors, TrailConfig};
use crate::decode::json::{Tape, Value};
use crate::decode::model_key;
use crate::model::ControlKind;

/// What one record says.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// CloudTrail's own id of the event: the copies that several trails deliver share it.
    pub(super) event_id: Option<String>,
    /// The control's id or name.
    pub(super) id: Option<String>,
    /// The version of a guardrail or policy it is about.
    pub(super) version: Option<String>,
    /// The guardrail that a configuration enforces.
    pub(super) guardrail: Option<String>,
    /// Texts in it are withheld by AWS.
    pub(super) withheld: bool,
    pub(super) says: Says,
}

/// What is set.
#[derive(Clone, Debug, Default)]
pub(super) enum Says {
    /// Nothing that can be read.
    #[default]
    Nothing,
    Logging(LoggingConfig),
    Trail(TrailConfig),
    Selectors(Selectors),
    Insights(String),
    /// What the control becomes, in words.
    Words(String),
}

/// Reads a record.
pub(super) fn read(record: &[u8], action: &ControlAction) -> Facts {
    let tape = Tape::of(record);
    let root = tape.root(record);
    let mut facts = Facts { event_id: scalar(root, "eventID"), ..Facts::default() };
    inside(get(root, "requestParameters"), |request| {
        inside(get(root, "responseElements"), |response| fill(&mut facts, action, request, response));
    });
    facts
}

fn fill(facts: &mut Facts, action: &ControlAction, request: Value<'_>, response: Value<'_>) {
    let named = |places: &[(Value<'_>, &str)]| places.iter().find_map(|(place, path)| scalar(*place, path));
    let short = |name: Option<String>| name.map(|name| last_part(&name).to_owned());
    match action.kind {
        ControlKind::InvocationLogging => {
            let config = inside(get(request, "loggingConfig"), LoggingConfig::of);
            facts.says = config.map_or(Says::Nothing, Says::Logging);
        }
        ControlKind::Guardrail => {
            facts.id = short(named(&[(request, "guardrailIdentifier"), (response, "guardrailId"), (response, "guardrailArn")]));
            facts.version = named(&[(request, "guardrailVersion"), (response, "version")]);
            facts.withheld = true;
        }
        ControlKind::Enforcement => {
            facts.id = named(&[(request, "configId"), (response, "configId")]);
            facts.guardrail = short(named(&[(request, "guardrailInferenceConfig.guardrailIdentifier")]));
            facts.version = named(&[(request, "guardrailInferenceConfig.guardrailVersion")]);
        }
        ControlKind::ReasoningPolicy => {
            facts.id = short(named(&[(request, "policyArn"), (response, "policyArn"), (request, "name")]));
            facts.version = named(&[(response, "version")]);
            facts.withheld = true;
        }
        ControlKind::Trail => {
            facts.id = trail::name(request, response);
            facts.says = match action.action {
                "PutEventSelectors" => Selectors::of(request).map_or(Says::Nothing, Says::Selectors),
                "PutInsightSelectors" => trail::insights(request).map_or(Says::Nothing, Says::Insights),
                _ => Says::Trail(TrailConfig::of(request, response)),
            };
        }
        ControlKind::EventDataStore => facts.id = trail::data_store(request, response),
        ControlKind::LogGroup => {
            let group = named(&[(request, "logGroupName"), (request, "logGroupIdentifier")]);
            facts.id = group.map(|group| log_group(&group).to_owned());
            facts.says = log_group_words(action.action, request);
        }
        ControlKind::LogBucket => {
            facts.id = first_text(get(request, "bucketName")).map(|name| name.rsplit(':').next().unwrap_or_default().to_owned());
            facts.says = bucket_words(action.action, request);
        }
        ControlKind::ModelAccess => {
            let model = named(&[(request, "modelId"), (response, "modelId")]).map(|id| model_key(&id).into_owned());
            facts.id = if action.action.contains("UseCase") { Some("use case".to_owned()) } else { model };
        }
    }
}

/// A single value of an array of one, as old events write them (FORMATS §3.3).
fn first_text(value: Value<'_>) -> Option<String> {
    text(if value.is_array() { value.item(0) } else { value })
}

fn log_group_words(action: &str, request: Value<'_>) -> Says {
    let words = match action {
        "DeleteLogStream" => scalar(request, "logStreamName").map(|stream| format!("stream {stream} deleted")),
        "DeleteSubscriptionFilter" => scalar(request, "filterName").map(|filter| format!("subscription filter {filter} deleted")),
        "PutRetentionPolicy" => scalar(request, "retentionInDays").map(|days| format!("kept {days} days")),
        "DeleteRetentionPolicy" => Some("kept for good".to_owned()),
        _ => None,
    };
    words.map_or(Says::Nothing, Says::Words)
}

fn bucket_words(action: &str, request: Value<'_>) -> Says {
    let words = match action {
        "DeleteBucketPolicy" => Some("no policy".to_owned()),
        "PutBucketPolicy" => inside(get(request, "bucketPolicy"), policy),
        "PutBucketLifecycle" | "PutBucketLifecycleConfiguration" => inside(get(request, "LifecycleConfiguration"), lifecycle),
        "DeleteBucketLifecycle" => Some("objects are kept for good".to_owned()),
        "PutBucketLogging" => {
            let status = get(request, "BucketLoggingStatus");
            let target = scalar(status, "LoggingEnabled.TargetBucket");
            Some(target.map_or_else(|| "access logging off".to_owned(), |target| format!("access logged to {target}")))
        }
        _ => None,
    };
    words.map_or(Says::Nothing, Says::Words)
}

/// `policy of 3 statements, denies s3:PutObject`
fn policy(policy: Value<'_>) -> Option<String> {
    let statements = get(policy, "Statement");
    let denied: Vec<String> = statements
        .items_or_self()
        .filter(|statement| get(*statement, "Effect").is("Deny"))
        .flat_map(|statement| get(statement, "Action").items_or_self())
        .filter_map(|action| action.text_some().map(String::from))
        .take(4)
        .collect();
    let count = statements.items_or_self().count();
    let denies = if denied.is_empty() { String::new() } else { format!(", denies {}", denied.join(", ")) };
    (count > 0).then(|| format!("policy of {count} statement{}{denies}", if count == 1 { "" } else { "s" }))
}

/// `objects expire after 1 day`, by the shortest rule that is in force.
fn lifecycle(configuration: Value<'_>) -> Option<String> {
    let rules = get(configuration, "Rule");
    let in_force = rules.items_or_self().filter(|rule| !get(*rule, "Status").is("Disabled"));
    let days = in_force.filter_map(|rule| at(rule, "Expiration.Days").count()).min();
    rules.is_some().then(|| match days {
        Some(1) => "objects expire after 1 day".to_owned(),
        Some(days) => format!("objects expire after {days} days"),
        None => "lifecycle without expiry".to_owned(),
    })
}
