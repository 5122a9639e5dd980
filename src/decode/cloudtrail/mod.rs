//! CloudTrail events (FORMATS §3): one walk over the record's keys, then who, what it was about, and how it ended.
//! Insights and aggregated events are about many calls, and read by themselves.

mod aggregated;
mod detail;
mod facts;
mod identity;
mod insight;
mod parameters;
mod strand;

use super::decoded::{Decoded, Searchable, Text};
use super::folded_key::FoldedKey;
use super::json::Value;
use super::nested::Nested;
use crate::model::{EntityKind, KeyKind, Outcome, Strand, Timestamp};
pub use facts::{TrailFacts, trail_facts};
use parameters::Found;

/// The record's top-level values that are read; missing where the record has none.
#[derive(Default)]
struct Fields<'a> {
    time: Value<'a>,
    source: Value<'a>,
    name: Value<'a>,
    region: Value<'a>,
    address: Value<'a>,
    agent: Value<'a>,
    error_code: Value<'a>,
    error_message: Value<'a>,
    request: Value<'a>,
    response: Value<'a>,
    additional: Value<'a>,
    request_id: Value<'a>,
    category: Value<'a>,
    management: Value<'a>,
    recipient: Value<'a>,
    identity: Value<'a>,
    console: Value<'a>,
    resources: Value<'a>,
    insight: Value<'a>,
    service_details: Value<'a>,
    shared: Value<'a>,
    vpc_endpoint: Value<'a>,
    vpc_account: Value<'a>,
}

impl<'a> Fields<'a> {
    fn of(record: Value<'a>) -> Self {
        let mut fields = Self::default();
        for (key, value) in record.entries() {
            let slot = match FoldedKey::of(key).as_bytes() {
                b"eventtime" => &mut fields.time,
                b"eventsource" => &mut fields.source,
                b"eventname" => &mut fields.name,
                b"awsregion" => &mut fields.region,
                b"sourceipaddress" => &mut fields.address,
                b"useragent" => &mut fields.agent,
                b"errorcode" => &mut fields.error_code,
                b"errormessage" => &mut fields.error_message,
                b"requestparameters" => &mut fields.request,
                b"responseelements" => &mut fields.response,
                b"additionaleventdata" => &mut fields.additional,
                b"requestid" => &mut fields.request_id,
                b"eventcategory" => &mut fields.category,
                b"managementevent" => &mut fields.management,
                b"recipientaccountid" => &mut fields.recipient,
                b"useridentity" => &mut fields.identity,
                b"sessioncredentialfromconsole" => &mut fields.console,
                b"resources" => &mut fields.resources,
                b"insightdetails" => &mut fields.insight,
                b"serviceeventdetails" => &mut fields.service_details,
                b"sharedeventid" => &mut fields.shared,
                b"vpcendpointid" => &mut fields.vpc_endpoint,
                b"vpcendpointaccountid" => &mut fields.vpc_account,
                _ => continue,
            };
            // Of a key that is there twice the first stands, as with `Value::get`.
            if !slot.is_some() {
                *slot = value;
            }
        }
        fields
    }
}

/// Decodes one CloudTrail record.
pub(super) fn decode(record: Value<'_>) -> Decoded<'_> {
    let fields = Fields::of(record);
    if insight::is(&fields) {
        return insight::decode(record, &fields);
    }
    if aggregated::is(&fields) {
        return aggregated::decode(record, &fields);
    }
    let service = without_domain(fields.source.text_some().unwrap_or_default());
    let action = fields.name.text_some();
    let who = identity::who(fields.identity);
    let account = fields.recipient.scalar().filter(|text| !text.is_empty()).or_else(|| who.account.clone());

    let subject = Subject { action: action.as_deref().unwrap_or_default(), service: &service, account: account.as_deref().unwrap_or_default() };
    let mut found = read_parameters(&subject, &fields);
    for resource in fields.resources.items_or_self() {
        parameters::resource(resource, &mut found);
    }
    if let Some(message) = fields.error_message.text_some() {
        parameters::refused_resource(&message, &mut found);
    }
    if found.bucket.is_none() && service == "s3" {
        found.bucket = found.mentions.iter().find(|(kind, _)| *kind == EntityKind::Bucket).map(|(_, name)| name.clone());
    }
    let strand = strand::of(&strand::Signs {
        category: fields.category.text_some().as_deref().unwrap_or_default(),
        management: fields.management.boolean(),
        service: &service,
        action: action.as_deref().unwrap_or_default(),
    });
    if strand == Strand::Network {
        found.detail = detail::through(fields.vpc_endpoint, fields.vpc_account, found.detail.as_deref()).map(Text::Owned).or(found.detail);
    }
    // Whose call it was and whose endpoint it came through, where that is not the account the trail belongs to.
    let others = [who.account.clone(), fields.vpc_account.scalar()].into_iter().flatten();
    found.mentions.extend(others.filter(|other| Some(other) != account.as_ref() && is_account(other)).map(|other| (EntityKind::Account, other)));
    found.mentions.extend(fields.shared.text_some().map(|id| (EntityKind::Request, id)));
    found.mentions.sort_unstable();
    found.mentions.dedup();

    let key_kind = key_kind(who.key.as_deref(), found.bearer, fields.console.boolean() == Some(true));
    // What AgentCore answers stands in the response, and nowhere else.
    let error_code = fields.error_code.text_some().or(found.refusal);
    let outcome = match error_code.as_deref() {
        Some("401" | "403") => Outcome::Denied,
        code => Outcome::from_error_code(code),
    };
    let mut decoded = Decoded {
        time: fields.time.text().and_then(|text| Timestamp::parse(&text)),
        strand: Some(strand),
        outcome,
        region: fields.region.text_some(),
        actor: who.actor,
        principal: who.principal,
        role: who.role,
        session: who.session,
        key: who.key,
        key_kind,
        ip: fields.address.text_some(),
        user_agent: fields.agent.text_some(),
        error_code,
        error_message: fields.error_message.text_some().or(found.answer),
        request_id: fields.request_id.text_some(),
        model: found.model,
        bucket: found.bucket,
        trail_tokens: found.tokens,
        detail: found.detail,
        mentions: found.mentions,
        account,
        action,
        service: (!service.is_empty()).then_some(service),
        ..Decoded::default()
    };
    decoded.searchable = searchable(&fields);
    decoded
}

/// What the parameters are read in the light of.
struct Subject<'s> {
    action: &'s str,
    service: &'s str,
    account: &'s str,
}

/// Reads parameters and response, also when an exporter made JSON strings of them.
fn read_parameters<'a>(subject: &Subject<'_>, fields: &Fields<'a>) -> Found<'a> {
    let request = Nested::of(fields.request);
    let response = Nested::of(fields.response);
    let additional = Nested::of(fields.additional);
    if request.is_none() && response.is_none() && additional.is_none() {
        return parameters::read(subject, fields.request, fields.response, fields.additional);
    }
    parameters::read(
        subject,
        request.as_ref().map_or(fields.request, Nested::root),
        response.as_ref().map_or(fields.response, Nested::root),
        additional.as_ref().map_or(fields.additional, Nested::root),
    )
    .into_owned()
}

/// The event source without its domain: `bedrock.amazonaws.com` is `bedrock`.
fn without_domain(source: Text<'_>) -> Text<'_> {
    const DOMAIN: &str = ".amazonaws.com";
    match source {
        Text::Borrowed(text) => Text::Borrowed(text.strip_suffix(DOMAIN).unwrap_or(text)),
        Text::Owned(text) => Text::Owned(text.strip_suffix(DOMAIN).map(str::to_owned).unwrap_or(text)),
    }
}

/// DETECTIONS §0.2 `x.key_kind`. `ABIA` keys are bearer tokens of STS.
fn key_kind(key: Option<&str>, bearer: bool, console: bool) -> KeyKind {
    match key.and_then(|key| key.get(..4)) {
        _ if bearer => KeyKind::Bearer,
        _ if console => KeyKind::Console,
        Some("AKIA") => KeyKind::LongTerm,
        Some("ASIA") => KeyKind::Temporary,
        Some("ABIA") => KeyKind::Bearer,
        _ => KeyKind::None,
    }
}

fn searchable<'a>(fields: &Fields<'a>) -> Vec<Searchable<'a>> {
    let mut pieces = Vec::with_capacity(4);
    for value in [fields.error_message, fields.request, fields.response, fields.service_details, fields.vpc_endpoint, fields.agent] {
        pieces.extend(self::pieces(value));
    }
    pieces
}

/// A value as searchable text: a string's own, anything else as written.
fn pieces(value: Value<'_>) -> impl Iterator<Item = Searchable<'_>> {
    let piece = if value.is_text() {
        Some(Searchable::Raw(value.raw_text(), value.is_escaped()))
    } else {
        (value.is_some() && !value.is_empty()).then(|| Searchable::Raw(value.raw(), false))
    };
    piece.into_iter()
}

/// Twelve digits: callers without an account have words in its place.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
