//! What leaves by a door: events, exchanges and what lists show of them, masked or as logged.

use std::borrow::Cow;

use super::known::{Finder, Known};
use super::{Located, Secret, Secrets, find_value, masked, patterns, without};
use crate::model::{
    Baseline, ControlState, Controls, Entity, Event, Exchange, ExchangeFacts, Guardrail, GuardrailPolicy, Hidden, Name, Part, Signal, ToolCall, Turn,
};

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

    /// An event as it may leave: a secret that one text of it tells is masked in all.
    #[must_use]
    pub fn event(self, mut event: Event) -> Event {
        if self == Self::Masked {
            let mut together = Together::default();
            together.learn_event(&mut event);
            together.ready().event(&mut event);
        }
        event
    }

    /// An event and what it names, as they may leave together.
    #[must_use]
    pub fn named(self, mut event: Event, mut entities: Vec<Entity>) -> (Event, Vec<Entity>) {
        if self == Self::Masked {
            let mut together = Together::default();
            together.learn_event(&mut event);
            for entity in &entities {
                together.0.learn(&entity.value);
            }
            let leaving = together.ready();
            leaving.event(&mut event);
            for entity in &mut entities {
                leaving.name(&mut entity.value);
            }
        }
        (event, entities)
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

    /// A signal as it may leave: its words hold values of logs.
    #[must_use]
    pub fn signal(self, mut signal: Signal) -> Signal {
        self.string(&mut signal.summary);
        signal.value.iter_mut().for_each(|value| self.string(value));
        signal.entity.value = self.name(&signal.entity.value);
        signal.links.iter_mut().for_each(|link| link.value = self.name(&link.value));
        match &mut signal.baseline {
            Some(Baseline::Threshold { values, .. }) => values.iter_mut().for_each(|value| self.string(value)),
            Some(Baseline::FirstSeen { group, new, known, .. }) => {
                group.iter_mut().chain(new).chain(known).for_each(|value| self.string(value));
            }
            Some(Baseline::Sequence { .. } | Baseline::Outlier { .. }) | None => {}
        }
        signal
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
            let mut together = Together::default();
            together.learn_turns(turns);
            together.ready().turns(turns);
        }
    }

    /// An exchange as it may leave: a secret that one text of it tells is masked in all. Byte offsets in it stay those of
    /// the text as logged.
    #[must_use]
    pub fn exchange(self, mut exchange: Exchange) -> Exchange {
        if self == Self::Masked {
            let mut together = Together::default();
            together.learn_exchange(&mut exchange);
            together.ready().exchange(&mut exchange);
        }
        exchange
    }
}

/// What leaves together, such as the calls of a conversation: first all of it is learned from, then all of it is masked.
#[derive(Debug, Default)]
pub struct Together(Known);

impl Together {
    /// The secrets of a value that has a name.
    pub fn learn_value(&mut self, name: &str, value: &str) {
        self.0.learn_value(name, value);
    }

    /// The secrets of an event.
    pub fn learn_event(&mut self, event: &mut Event) {
        let (names, texts) = event_texts(event);
        for name in names {
            self.0.learn(name);
        }
        for text in texts {
            self.0.learn(text);
        }
    }

    /// The secrets of turns.
    pub fn learn_turns(&mut self, turns: &mut [Turn]) {
        for text in turns_texts(turns) {
            self.0.learn(text);
        }
    }

    /// The secrets of an exchange.
    pub fn learn_exchange(&mut self, exchange: &mut Exchange) {
        exchange.metadata.iter().for_each(|(name, value)| self.0.learn_value(name, value));
        for text in texts(exchange) {
            self.0.learn(text);
        }
    }

    /// All was learned from.
    #[must_use]
    pub fn ready(self) -> Leaving {
        Leaving(self.0.ready())
    }
}

/// The way out for what was learned from.
pub struct Leaving(Finder);

impl Leaving {
    fn string(&self, text: &mut String) {
        if let Cow::Owned(masked) = self.text(text) {
            *text = masked;
        }
    }

    fn name(&self, name: &mut Name) {
        if let Cow::Owned(masked) = self.text(name) {
            *name = masked.into();
        }
    }

    /// A text as it may leave.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        without(text, self.0.find(text))
    }

    /// A value that has a name, as it may leave.
    pub fn value<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        without(value, patterns::together(find_value(name, value), self.0.find(value)))
    }

    /// An event as it may leave.
    pub fn event(&self, event: &mut Event) {
        if self.0.is_idle() {
            return;
        }
        let (names, texts) = event_texts(event);
        for name in names {
            self.name(name);
        }
        for text in texts {
            self.string(text);
        }
    }

    /// Turns as they may leave.
    pub fn turns(&self, turns: &mut [Turn]) {
        if !self.0.is_idle() {
            for text in turns_texts(turns) {
                self.string(text);
            }
        }
    }

    /// What a list shows, as it may leave.
    pub fn facts(&self, facts: &mut ExchangeFacts) {
        facts.stop_reason.iter_mut().chain(&mut facts.tools).chain([&mut facts.preview]).for_each(|text| self.string(text));
    }

    /// An exchange as it may leave.
    pub fn exchange(&self, exchange: &mut Exchange) {
        if self.0.is_idle() {
            return;
        }
        for text in texts(exchange) {
            self.string(text);
        }
        for (name, value) in &mut exchange.metadata {
            if let Cow::Owned(masked) = self.value(name, value) {
                *value = masked;
            }
        }
    }
}

/// Every text of an event: a caller may put a secret into any. Each field is named, so that a new one does not leave by
/// itself.
fn event_texts(event: &mut Event) -> (Vec<&mut Name>, Vec<&mut String>) {
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
    } = event;
    let names = [account, region, actor, principal, role, session, key, ip, user_agent, action, service, error_code, model, bucket, host];
    let texts = [error_message, request_id, detail, undecodable];
    (names.into_iter().flatten().collect(), texts.into_iter().flatten().collect())
}

fn turns_texts(turns: &mut [Turn]) -> Vec<&mut String> {
    let mut all = Vec::new();
    for turn in turns {
        turn_texts(turn, &mut all);
    }
    all
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
        let mut known = Known::default();
        self.each_place(&mut |_, text| known.learn(text));
        self.metadata.iter().for_each(|(name, value)| known.learn_value(name, value));
        let known = known.ready();
        let mut all = Vec::new();
        let mut tell = |place: &str, found: Vec<Secret>| {
            all.extend(found.into_iter().map(|secret| Located { kind: secret.kind, at: secret.range.start, place: place.to_owned() }));
        };
        self.each_place(&mut |place, text| tell(place, known.find(text)));
        for (name, value) in &self.metadata {
            tell(&format!("metadata {name}"), patterns::together(find_value(name, value), known.find(value)));
        }
        all
    }

    fn each_place(&self, look: &mut dyn FnMut(&str, &str)) {
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
