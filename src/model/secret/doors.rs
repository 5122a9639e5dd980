//! What leaves by a door: events, exchanges and what lists show of them, masked or as logged.

use std::borrow::Cow;

use super::{Located, Secrets, find, find_value, masked, masked_value};
use crate::model::{ControlState, Controls, Entity, Event, Exchange, ExchangeFacts, Guardrail, GuardrailPolicy, Hidden, Name, Part, ToolCall, Turn};

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

    /// An event as it may leave. Every text of it: a caller may put a secret into any. Each field is named, so that a new
    /// one does not leave by itself.
    #[must_use]
    pub fn event(self, mut event: Event) -> Event {
        if self == Self::Revealed {
            return event;
        }
        let Event {
            id: _,
            digest: _,
            time: _,
            strand: _,
            outcome: _,
            source: _,
            position: _,
            account,
            region,
            actor,
            principal,
            role,
            session,
            key,
            key_kind: _,
            ip,
            user_agent,
            action,
            service,
            error_code,
            error_message,
            request_id,
            model,
            bucket,
            host,
            detail,
            undecodable,
        } = &mut event;
        let names = [account, region, actor, principal, role, session, key, ip, user_agent, action, service, error_code, model, bucket, host];
        names.into_iter().flatten().for_each(|name| *name = self.name(name));
        [error_message, request_id, detail, undecodable].into_iter().flatten().for_each(|text| self.string(text));
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

    /// Controls as they may leave: what was before and after is in words taken from parameters.
    #[must_use]
    pub fn controls(self, mut controls: Controls) -> Controls {
        if self == Self::Masked {
            for change in &mut controls.changes {
                change.actor.iter_mut().chain(&mut change.principal).for_each(|name| *name = self.name(name));
                self.string(&mut change.control.id);
                let state = change.state.as_mut().map(|(_, words)| words);
                [&mut change.before, &mut change.after, &mut change.guardrail].into_iter().flatten().chain(state).for_each(|text| self.string(text));
            }
            for window in &mut controls.windows {
                self.string(&mut window.control.id);
                window.actions.iter_mut().chain(&mut window.callers).for_each(|(name, _)| *name = self.name(name));
            }
            controls.seen.iter_mut().for_each(|state| self.state(state));
        }
        controls
    }

    /// The state of a control as it may leave.
    pub fn state(self, state: &mut ControlState) {
        self.string(&mut state.control.id);
        self.string(&mut state.state);
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
            for turn in turns {
                turn_texts(turn, &mut all);
            }
            for text in all {
                self.string(text);
            }
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

/// Every text of an exchange but the metadata's values, which have names. Each field is named, so that a new one does not
/// leave by itself.
fn texts(exchange: &mut Exchange) -> Vec<&mut String> {
    let Exchange {
        system,
        turns,
        user_text,
        completion,
        reasoning,
        tool_calls,
        answer_parts,
        tools_offered,
        stop_reason,
        tokens: _,
        latency_ms: _,
        first_byte_ms: _,
        guardrail,
        family: _,
        body: _,
        hidden,
        secrets: _,
        error_code,
        inference_region,
        body_paths,
        metadata: _,
        response_model,
        remarks,
        unreadable,
        unknown_shape,
    } = exchange;
    let mut all: Vec<&mut String> = vec![user_text, completion, reasoning];
    all.extend([stop_reason, error_code, inference_region, response_model].into_iter().flatten());
    all.extend([system, tools_offered, body_paths, remarks, unreadable].into_iter().flatten());
    for turn in turns {
        turn_texts(turn, &mut all);
    }
    for part in answer_parts {
        part_texts(part, &mut all);
    }
    for ToolCall { id, name, input } in tool_calls {
        all.extend([id, name, input]);
    }
    let Guardrail { intervened: _, action: _, policies, suppressed, ids } = guardrail;
    all.extend(suppressed.iter_mut().chain(ids));
    for GuardrailPolicy { side: _, policy, name, confidence, action } in policies {
        all.extend([policy, name, action].into_iter().chain(confidence));
    }
    for Hidden { kind: _, decoded, at: _, place, encoding: _ } in hidden {
        all.extend(std::iter::once(decoded).chain(place));
    }
    all.extend(unknown_shape.iter_mut().flat_map(|(request, response)| [request, response]));
    all
}

fn turn_texts<'e>(turn: &'e mut Turn, all: &mut Vec<&'e mut String>) {
    let Turn { role, parts } = turn;
    all.push(role);
    for part in parts {
        part_texts(part, all);
    }
}

fn part_texts<'e>(part: &'e mut Part, all: &mut Vec<&'e mut String>) {
    match part {
        Part::Text { text } | Part::Reasoning { text, redacted: _ } | Part::Json { text } => all.push(text),
        Part::Guarded { text, qualifiers } => all.extend(std::iter::once(text).chain(qualifiers)),
        Part::ToolCall { id, name, input } => all.extend([id, name, input]),
        Part::ToolResult { id, status, text } => all.extend([id, text].into_iter().chain(status)),
        Part::Media { kind, format, name, bytes: _, uri, text } => all.extend([kind, format].into_iter().chain(name).chain(uri).chain(text)),
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
                part_places(&turn.role, part, &mut |what, text| look(&format!("turn {}, {what}", index + 1), text));
            }
        }
        look("reasoning", &self.reasoning);
        look("answer", &self.completion);
        for call in &self.tool_calls {
            look(&format!("the answer's call of {}", call.name), &call.input);
        }
        for part in &self.answer_parts {
            part_places("block", part, &mut |what, text| look(&format!("the answer's {what}"), text));
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

/// The texts of a part that are looked through, and what to call each.
fn part_places(role: &str, part: &Part, look: &mut dyn FnMut(&str, &str)) {
    match part {
        Part::ToolCall { name, input, .. } => look(&format!("call of {name}"), input),
        Part::ToolResult { text, .. } => look("tool result", text),
        Part::Media { kind, uri, text, .. } => uri.iter().chain(text).for_each(|text| look(kind, text)),
        Part::Text { text } | Part::Guarded { text, .. } | Part::Reasoning { text, .. } | Part::Json { text } => look(role, text),
    }
}
