//! What an event was about, in a few words, when its columns do not say it.

use super::Subject;
use super::parameters::{copy_path, first, is_bedrock, text};
use crate::decode::Text;
use crate::decode::address::last_part;
use crate::decode::json::{Kind, Value};
use crate::decode::one_line::one_line;

/// The longest detail, in characters.
const LONGEST: usize = 160;

/// The detail of an event, on one line.
pub(super) fn of(subject: &Subject<'_>, request: Value<'_>, response: Value<'_>, additional: Value<'_>) -> Option<String> {
    // A caller can make parameters so large that they are left out (DETECTIONS: evasion).
    if request.get("omitted").boolean() == Some(true) {
        let reason = request.get("reason").text_some().map(|reason| format!(": {reason}")).unwrap_or_default();
        return Some(one_line(&format!("parameters left out by CloudTrail{reason}"), LONGEST));
    }
    let detail = match subject.service {
        service if is_bedrock(service) => bedrock(subject, request, response),
        "s3" => object(request),
        "sts" => role(request),
        "iam" => iam(request, response),
        "signin" => sign_in(response, additional),
        _ => None,
    };
    let detail = detail.or_else(|| if is_bedrock(subject.service) { None } else { any_name(request) })?;
    Some(one_line(&detail, LONGEST)).filter(|detail| !detail.is_empty())
}

/// The same with the endpoint that a network event passed, and whose it is.
pub(super) fn through(endpoint: Value<'_>, owner: Value<'_>, detail: Option<&str>) -> Option<String> {
    let endpoint = endpoint.text_some()?;
    let owner = owner.scalar().map(|owner| format!(" of {owner}")).unwrap_or_default();
    let detail = detail.map(|detail| format!("{detail} ")).unwrap_or_default();
    Some(one_line(&format!("{detail}through {endpoint}{owner}"), LONGEST))
}

fn bedrock(subject: &Subject<'_>, request: Value<'_>, response: Value<'_>) -> Option<String> {
    let action = subject.action;
    if action.ends_with("ModelInvocationLoggingConfiguration") {
        return logging(action, request);
    }
    if action.contains("Guardrail") {
        return guardrail(request, response);
    }
    if action.ends_with("Job") {
        return job(request);
    }
    let name = |key: &str| text(request.get(key));
    if action.contains("DataSource") {
        let from = text(request.at("dataSourceConfiguration.s3Configuration.bucketArn")).map(|arn| format!(" reads {arn}")).unwrap_or_default();
        return name("name").or_else(|| name("dataSourceId")).map(|name| format!("data source {}{from}", quoted(&name)));
    }
    for (part, keys, what) in [
        ("KnowledgeBase", ["name", "knowledgeBaseId"], "knowledge base"),
        ("Retrieve", ["name", "knowledgeBaseId"], "knowledge base"),
        ("ActionGroup", ["actionGroupName", "actionGroupId"], "action group"),
        ("Agent", ["agentName", "agentId"], "agent"),
        ("Flow", ["name", "flowIdentifier"], "flow"),
        ("ProvisionedModel", ["provisionedModelName", "provisionedModelId"], "provisioned model"),
        ("Prompt", ["name", "promptIdentifier"], "prompt"),
    ] {
        if action.contains(part)
            && let Some(name) = keys.into_iter().find_map(name)
        {
            return Some(format!("{what} {}", quoted(&name)));
        }
    }
    name("jobName").or_else(|| name("name")).map(|name| quoted(&name))
}

/// Ids stand bare, names that people chose stand in quotes.
fn quoted(name: &str) -> String {
    format!("“{name}”")
}

fn guardrail(request: Value<'_>, response: Value<'_>) -> Option<String> {
    let id = [request.get("guardrailIdentifier"), response.get("guardrailId")].into_iter().find_map(text);
    let name = text(request.get("name")).map(|name| quoted(&name));
    let version = text(request.get("guardrailVersion")).map(|version| format!("version {version}"));
    let id = id.map(|id| last_part(id).into_owned());
    let words: Vec<String> = [id, name, version].into_iter().flatten().collect();
    (!words.is_empty()).then(|| format!("guardrail {}", words.join(" ")))
}

fn logging(action: &str, request: Value<'_>) -> Option<String> {
    if action.starts_with("Delete") {
        return Some("logging off".to_owned());
    }
    let config = request.get("loggingConfig");
    if !config.is_object() {
        return None;
    }
    let mut to = Vec::new();
    if let Some(bucket) = text(config.at("s3Config.bucketName")) {
        let prefix = text(config.at("s3Config.keyPrefix")).map(|prefix| format!("/{prefix}")).unwrap_or_default();
        to.push(format!("s3://{bucket}{prefix}"));
    }
    if let Some(group) = text(config.at("cloudWatchConfig.logGroupName")) {
        to.push(format!("group {group}"));
    }
    let to = if to.is_empty() { "nowhere".to_owned() } else { to.join(", ") };
    let off: Vec<&str> = ["text", "image", "embedding", "video"]
        .into_iter()
        .filter(|kind| config.get(&format!("{kind}DataDeliveryEnabled")).boolean() == Some(false))
        .collect();
    let off = if off.is_empty() { String::new() } else { format!(", without {}", off.join(", ")) };
    Some(format!("logging → {to}{off}"))
}

fn job(request: Value<'_>) -> Option<String> {
    let name = ["jobName", "jobIdentifier"].into_iter().find_map(|key| text(request.get(key)));
    let from = ["trainingDataConfig.s3Uri", "inputDataConfig.s3InputDataConfig.s3Uri", "modelDataSource.s3DataSource.s3Uri"]
        .into_iter()
        .find_map(|path| text(request.at(path)));
    let model = ["customModelName", "importedModelName"].into_iter().find_map(|key| text(request.get(key)));
    let to = ["outputDataConfig.s3Uri", "outputDataConfig.s3OutputDataConfig.s3Uri"].into_iter().find_map(|path| text(request.at(path)));
    let mut line = "job".to_owned();
    let add = |line: &mut String, word: &str, what: Option<String>| {
        if let Some(what) = what {
            line.push_str(word);
            line.push_str(&what);
        }
    };
    add(&mut line, " ", name.map(|name| quoted(&name)));
    add(&mut line, " reads ", from.map(Text::into_owned));
    match model {
        Some(model) => add(&mut line, " → model ", Some(model.into_owned())),
        None => add(&mut line, " → ", to.map(Text::into_owned)),
    }
    (line.len() > "job".len()).then_some(line)
}

fn object(request: Value<'_>) -> Option<String> {
    let bucket = text(first(request.get("bucketName")))?;
    let key = text(first(request.get("key"))).or_else(|| text(first(request.get("prefix"))));
    let at = match key {
        Some(key) => format!("s3://{bucket}/{key}"),
        None => format!("s3://{bucket}"),
    };
    Some(match text(first(request.get("x-amz-copy-source"))) {
        Some(source) => format!("s3://{} → {at}", copy_path(&source)),
        None => at,
    })
}

fn role(request: Value<'_>) -> Option<String> {
    let arn = text(request.get("roleArn"))?;
    let role = name_of(&arn);
    Some(match text(request.get("roleSessionName")) {
        Some(session) => format!("role {role} as {session}"),
        None => format!("role {role}"),
    })
}

fn iam(request: Value<'_>, response: Value<'_>) -> Option<String> {
    let mut words = Vec::new();
    for (what, value) in [
        ("key", response.at("accessKey.accessKeyId")),
        ("key", request.get("accessKeyId")),
        ("policy", request.get("policyArn")),
        ("policy", request.get("policyName")),
        ("user", request.get("userName")),
        ("role", request.get("roleName")),
        ("group", request.get("groupName")),
        ("service", request.get("serviceName")),
    ] {
        if let Some(text) = text(value) {
            words.push(format!("{what} {}", name_of(&text)));
        }
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// The name at the end of an ARN. What is none stays whole: the end of a text that holds a secret would not be known for one.
fn name_of(text: &str) -> &str {
    if text.starts_with("arn:") { text.rsplit('/').next().unwrap_or(text) } else { text }
}

fn sign_in(response: Value<'_>, additional: Value<'_>) -> Option<String> {
    let result = text(response.get("ConsoleLogin"))?;
    Some(match additional.get("MFAUsed").text_some().as_deref() {
        Some("No") => format!("login {result}, without MFA"),
        Some("Yes") => format!("login {result}, with MFA"),
        _ => format!("login {result}"),
    })
}

/// The first parameter that names something.
fn any_name(request: Value<'_>) -> Option<String> {
    request.entries().find_map(|(key, value)| {
        let key = key.text();
        let names = ["Name", "Id", "Arn", "Identifier", "name"].into_iter().any(|end| key.ends_with(end));
        let value = first(value);
        (names && value.kind() == Kind::Text).then(|| text(value)).flatten().map(|text| format!("{key} {text}"))
    })
}
