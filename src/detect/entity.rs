//! Whom a signal is about, and what else it names: fields of an event as entities one can pivot on.

use super::view::View;
use crate::model::{Entity, EntityKind};

/// The entity of a field with this text.
pub(super) fn of_field(field: &str, text: &str, account: Option<&str>) -> Entity {
    let last = field.rsplit('.').next().unwrap_or(field);
    let kind = match field {
        "x.actor" => EntityKind::Actor,
        "x.session" => EntityKind::Session,
        "x.key" | "userIdentity.accessKeyId" => EntityKind::Key,
        "x.ip" | "sourceIPAddress" => EntityKind::Ip,
        "x.user_agent" | "userAgent" => EntityKind::UserAgent,
        "x.host" => EntityKind::Host,
        "x.model" => EntityKind::Model,
        "x.region" | "awsRegion" | "region" | "inferenceRegion" => EntityKind::Region,
        "x.account" | "recipientAccountId" | "accountId" | "userIdentity.accountId" => EntityKind::Account,
        "x.bucket" | "x.output_bucket" => EntityKind::Bucket,
        "x.guardrail" => EntityKind::Guardrail,
        "x.role" => EntityKind::Role,
        "x.request" | "requestID" | "requestId" => EntityKind::Request,
        "x.action" | "eventName" | "operation" => EntityKind::Action,
        "x.service" | "eventSource" => EntityKind::Service,
        _ => match last {
            "bucketName" => EntityKind::Bucket,
            "guardrailIdentifier" | "guardrailId" => EntityKind::Guardrail,
            "agentId" => EntityKind::Agent,
            "knowledgeBaseId" => EntityKind::KnowledgeBase,
            _ => EntityKind::Principal,
        },
    };
    // Who is named in a parameter joins what that name does, when it is spelled as a principal is.
    let folded = match (last, account) {
        ("userName", Some(account)) if !field.starts_with("x.") => Some(format!("{account}/user/{text}")),
        ("roleName", Some(account)) if !field.starts_with("x.") => Some(format!("{account}/role/{text}")),
        _ => None,
    };
    let value = match kind {
        EntityKind::Guardrail | EntityKind::Agent | EntityKind::KnowledgeBase => text.rsplit('/').next().unwrap_or(text).to_owned(),
        EntityKind::Principal if folded.is_some() => folded.unwrap_or_default(),
        _ => text.to_owned(),
    };
    Entity::new(kind, value)
}

/// The first field that the event has is whom it is about; the others, and the key and address in any case, link it.
pub(super) fn of_event(fields: &[String], view: &View<'_>) -> (Entity, Vec<Entity>) {
    let account = view.texts("x.account").pop();
    let mut named: Vec<Entity> = Vec::new();
    let always = ["x.key", "x.ip", "x.host"].map(str::to_owned);
    for field in fields.iter().chain(&always) {
        for text in view.texts(field).iter().take(8) {
            let entity = of_field(field, text, account.as_deref());
            if !named.contains(&entity) {
                named.push(entity);
            }
        }
    }
    // An event of nobody: the account, or nothing at all.
    if named.is_empty() {
        let account = account.unwrap_or_else(|| "unknown".to_owned());
        return (Entity::new(EntityKind::Account, account), Vec::new());
    }
    let links = named.split_off(1);
    let entity = named.pop().unwrap_or_else(|| Entity::new(EntityKind::Account, "unknown"));
    // The actor says who; the principal behind it says the same less well.
    (entity, links)
}
