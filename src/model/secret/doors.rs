//! What leaves by a door: events, exchanges and what lists show of them, masked or as logged.

use std::borrow::Cow;

use super::{Located, Secrets, find, find_value, masked, masked_value};
use crate::model::{Entity, Event, Exchange, ExchangeFacts, GuardrailPolicy, Name, Part, ToolCall, Turn};

impl Secrets {
    /// The other way.
    #[must_use]
    pub const fn toggled(self) -> Self {
        match self {
            Self::Masked => Self::Revealed,
            Self::Revealed => Self::Masked,
        }
    }

    /// Text as it may leave.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Masked => masked(text),
            Self::Revealed => Cow::Borrowed(text),
        }
    }

    fn string(self, text: &mut String) {
        if let Cow::Owned(masked) = self.text(text) {
            *text = masked;
        }
    }

    /// A name as it may leave.
    #[must_use]
    pub fn name(self, name: &Name) -> Name {
        match self.text(name) {
            Cow::Owned(masked) => masked.into(),
            Cow::Borrowed(_) => name.clone(),
        }
    }

    /// An event as it may leave. Every text of it: a caller may put a secret into any.
    #[must_use]
    pub fn event(self, mut event: Event) -> Event {
        if self == Self::Revealed {
            return event;
        }
        let names = [
            &mut event.account,
            &mut event.region,
            &mut event.actor,
            &mut event.principal,
            &mut event.role,
            &mut event.session,
            &mut event.key,
            &mut event.ip,
            &mut event.user_agent,
            &mut event.action,
            &mut event.service,
            &mut event.error_code,
            &mut event.model,
            &mut event.bucket,
            &mut event.host,
        ];
        names.into_iter().flatten().for_each(|name| *name = self.name(name));
        let texts = [&mut event.error_message, &mut event.request_id, &mut event.detail, &mut event.undecodable];
        texts.into_iter().flatten().for_each(|text| self.string(text));
        event
    }

    /// Entities as they may leave.
    #[must_use]
    pub fn entities(self, mut entities: Vec<Entity>) -> Vec<Entity> {
        if self == Self::Masked {
            for entity in &mut entities {
                entity.value = self.name(&entity.value);
            }
        }
        entities
    }

    /// Facts of a list as they may leave.
    #[must_use]
    pub fn facts(self, mut facts: ExchangeFacts) -> ExchangeFacts {
        self.string(&mut facts.preview);
        facts.stop_reason.iter_mut().chain(&mut facts.tools).for_each(|text| self.string(text));
        facts
    }

    /// Turns as they may leave.
    pub fn turns(self, turns: &mut [Turn]) {
        if self == Self::Masked {
            let mut all = Vec::new();
            turns.iter_mut().for_each(|turn| turn_texts(turn, &mut all));
            all.into_iter().for_each(|text| self.string(text));
        }
    }

    /// An exchange as it may leave. Byte offsets in it stay those of the text as logged.
    #[must_use]
    pub fn exchange(self, mut exchange: Exchange) -> Exchange {
        if self == Self::Masked {
            for text in texts(&mut exchange) {
                self.string(text);
            }
            for (name, value) in &mut exchange.metadata {
                if let Cow::Owned(masked) = masked_value(name, value) {
                    *value = masked;
                }
            }
        }
        exchange
    }
}

/// Every text of an exchange but the metadata's values, which have names.
fn texts(exchange: &mut Exchange) -> Vec<&mut String> {
    let mut all: Vec<&mut String> = vec![&mut exchange.user_text, &mut exchange.completion, &mut exchange.reasoning];
    all.extend(exchange.stop_reason.iter_mut().chain(&mut exchange.error_code).chain(&mut exchange.inference_region));
    all.extend(exchange.system.iter_mut().chain(&mut exchange.tools_offered).chain(&mut exchange.body_paths).chain(&mut exchange.unreadable));
    all.extend(exchange.response_model.iter_mut().chain(&mut exchange.remarks));
    exchange.turns.iter_mut().for_each(|turn| turn_texts(turn, &mut all));
    for ToolCall { id, name, input } in &mut exchange.tool_calls {
        all.extend([id, name, input]);
    }
    let guardrail = &mut exchange.guardrail;
    all.extend(guardrail.suppressed.iter_mut().chain(&mut guardrail.ids));
    for GuardrailPolicy { policy, name, confidence, action, .. } in &mut guardrail.policies {
        all.extend([policy, name, action].into_iter().chain(confidence));
    }
    for hidden in &mut exchange.hidden {
        all.push(&mut hidden.decoded);
        all.extend(&mut hidden.place);
    }
    all.extend(exchange.unknown_shape.iter_mut().flat_map(|(request, response)| [request, response]));
    all
}

fn turn_texts<'e>(turn: &'e mut Turn, all: &mut Vec<&'e mut String>) {
    all.push(&mut turn.role);
    turn.parts.iter_mut().for_each(|part| part_texts(part, all));
}

fn part_texts<'e>(part: &'e mut Part, all: &mut Vec<&'e mut String>) {
    match part {
        Part::Text { text } | Part::Reasoning { text, .. } | Part::Json { text } => all.push(text),
        Part::Guarded { text, qualifiers } => all.extend(std::iter::once(text).chain(qualifiers)),
        Part::ToolCall { id, name, input } => all.extend([id, name, input]),
        Part::ToolResult { id, status, text } => all.extend([id, text].into_iter().chain(status)),
        Part::Media { format, name, uri, .. } => all.extend(std::iter::once(format).chain(name).chain(uri)),
    }
}

impl Exchange {
    /// Where secrets are, in the order of reading: system prompts, turns, answer. Never the secrets.
    pub fn located(&self) -> Vec<Located> {
        let mut all = Vec::new();
        let mut look = |place: &str, text: &str| {
            all.extend(find(text).into_iter().map(|secret| Located { kind: secret.kind, at: secret.range.start, place: place.to_owned() }));
        };
        for (index, system) in self.system.iter().enumerate() {
            look(&if self.system.len() == 1 { "system prompt".to_owned() } else { format!("system prompt {}", index + 1) }, system);
        }
        for (index, turn) in self.turns.iter().enumerate() {
            for part in &turn.parts {
                let (what, text) = match part {
                    Part::ToolCall { name, input, .. } => (format!("call of {name}"), input.as_str()),
                    Part::ToolResult { text, .. } => ("tool result".to_owned(), text.as_str()),
                    Part::Json { text } => (turn.role.clone(), text.as_str()),
                    Part::Media { kind, uri, .. } => (kind.clone(), uri.as_deref().unwrap_or_default()),
                    other => (turn.role.clone(), other.text().unwrap_or_default()),
                };
                look(&format!("turn {}, {what}", index + 1), text);
            }
        }
        look("reasoning", &self.reasoning);
        look("answer", &self.completion);
        for call in &self.tool_calls {
            look(&format!("the answer's call of {}", call.name), &call.input);
        }
        for suppressed in &self.guardrail.suppressed {
            look("text suppressed by the guardrail", suppressed);
        }
        if let Some((request, response)) = &self.unknown_shape {
            look("request body", request);
            look("response body", response);
        }
        for (name, value) in &self.metadata {
            let found = find_value(name, value).into_iter();
            all.extend(found.map(|secret| Located { kind: secret.kind, at: secret.range.start, place: format!("metadata {name}") }));
        }
        all
    }
}
