//! What was asked and answered: exchanges quoted, those with something to say of them first.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::chosen::Chosen;
use super::words::{cut, line, lines, value};
use super::{Incident, Options, seconds};
use crate::case::{Reader, Result};
use crate::decode;
use crate::model::{EventId, EventRef, Exchange, ExchangeFlags, GuardrailAction, Strand};
use crate::report::{flag_words, grouped};
use crate::stitch::conversation;

/// Characters of a text that are quoted; `outcrop show` prints all of it.
const QUOTED: usize = 1_500;
/// Exchanges that begin alike are quoted so often; a bulk of the same says no more.
const ALIKE: usize = 2;
/// Characters by which they are alike.
const BEGINNING: usize = 40;
/// Exchanges that are quoted unless more are asked for.
pub const USUAL: usize = 20;
/// Exchanges whose flags are looked at, to choose which to quote.
const LOOKED_AT: usize = 50_000;

/// Flags that make an exchange worth quoting before others.
const GRAVE: [ExchangeFlags; 7] = [
    ExchangeFlags::HIDDEN,
    ExchangeFlags::ENCODED,
    ExchangeFlags::SECRET,
    ExchangeFlags::INJECTION,
    ExchangeFlags::BLOCKED,
    ExchangeFlags::MASKED,
    ExchangeFlags::DETECTED,
];

/// An exchange, quoted.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Quoted {
    /// Id of its event.
    pub event: String,
    /// When.
    pub time: String,
    /// Who asked.
    pub who: String,
    /// Which model.
    pub model: String,
    /// Region, tokens, stop reason, place in its conversation.
    pub facts: Vec<String>,
    /// Its flags in words.
    pub flags: String,
    /// The system prompt.
    pub system: String,
    /// What was asked.
    pub asked: String,
    /// What was hidden in it: how, and what it says.
    pub hidden: Vec<(String, String)>,
    /// The model's reasoning.
    pub reasoning: String,
    /// What was answered.
    pub answered: String,
    /// Tools that the answer called, with their input.
    pub tools: Vec<(String, String)>,
    /// What a guardrail found.
    pub guardrail: Vec<String>,
    /// Why it cannot be told.
    pub missing: String,
}

pub(super) fn tell(reader: &mut Reader, chosen: &Chosen, options: &Options, incident: &mut Incident) -> Result<()> {
    let exchanges: Vec<EventRef> = chosen.refs.iter().filter(|event| event.strand() == Strand::Invocation).copied().collect();
    if exchanges.is_empty() {
        return Ok(());
    }
    let wanted = wanted(reader, chosen, &exchanges, options.prompts)?;
    for id in &wanted {
        incident.prompts.extend(quoted(reader, *id, options)?);
    }
    if wanted.len() < exchanges.len() {
        incident.prompts_note = format!(
            "{} of {} exchanges are quoted: those that were marked, are flagged or raised signals first, and of many that begin alike only the first. --prompts quotes more.",
            grouped(wanted.len() as u64),
            grouped(exchanges.len() as u64)
        );
    }
    Ok(())
}

/// Which to quote, in order of time.
fn wanted(reader: &mut Reader, chosen: &Chosen, exchanges: &[EventRef], most: usize) -> Result<Vec<EventId>> {
    let signalled: HashSet<EventId> = chosen.signals.iter().flat_map(|signal| signal.events.iter().copied()).collect();
    let marked: HashSet<EventId> = reader
        .all_marks()?
        .into_iter()
        .filter(|marked| marked.mark.marked || !marked.mark.note.is_empty())
        .filter_map(|marked| marked.event)
        .collect();
    let looked_at = exchanges.get(..LOOKED_AT.min(exchanges.len())).unwrap_or(exchanges);
    let flags = reader.exchange_flags(looked_at)?;
    let mut ranked: Vec<(u8, usize)> = Vec::with_capacity(looked_at.len());
    for (at, (event, flags)) in looked_at.iter().zip(flags).enumerate() {
        let flags = flags.unwrap_or_default();
        let rank = match () {
            () if marked.contains(&event.id) => 0,
            () if GRAVE.iter().any(|grave| flags.has(*grave)) => 1,
            () if signalled.contains(&event.id) => 2,
            () if flags.has(ExchangeFlags::NO_BODY) || flags.has(ExchangeFlags::FAILED) => 4,
            () => 3,
        };
        ranked.push((rank, at));
    }
    ranked.sort_unstable();
    let mut places: Vec<usize> = Vec::new();
    let mut alike: HashMap<String, usize> = HashMap::new();
    let (mut later, mut looked) = (Vec::new(), 0);
    for (rank, at) in ranked {
        if places.len() >= most || looked >= most.saturating_mul(50) {
            break;
        }
        looked += 1;
        let id = looked_at.get(at).map(|event| event.id);
        let facts = reader.facts(&id.into_iter().collect::<Vec<_>>())?.pop().flatten();
        let beginning: String = facts.map(|facts| facts.preview.chars().take(BEGINNING).collect()).unwrap_or_default();
        let count = alike.entry(beginning).or_default();
        *count += 1;
        if rank == 0 || *count <= ALIKE { places.push(at) } else { later.push(at) }
    }
    // Room that is left goes to those that were passed over, when more of them were asked for than is usual.
    if most > USUAL {
        places.extend(later.into_iter().take(most.saturating_sub(places.len())));
    }
    places.sort_unstable();
    Ok(places.into_iter().filter_map(|at| looked_at.get(at)).map(|event| event.id).collect())
}

fn quoted(reader: &mut Reader, id: EventId, options: &Options) -> Result<Option<Quoted>> {
    let Some(event) = reader.events(&[id])?.pop() else { return Ok(None) };
    let safe = options.secrets.event(event.clone());
    let facts = reader.facts(&[id])?.pop().flatten();
    let mut told = Quoted {
        event: event.uid(),
        time: event.time.map(seconds).unwrap_or_default(),
        who: value(safe.actor.as_deref().or(safe.principal.as_deref()).unwrap_or("somebody")),
        model: value(safe.model.as_deref().unwrap_or("a model")),
        flags: facts.as_ref().and_then(|facts| flag_words(facts.flags)).unwrap_or_default(),
        ..Quoted::default()
    };
    told.facts.extend(safe.region.as_deref().map(value));
    if let Some(place) = conversation::position(reader, id)?.filter(|place| place.length > 1) {
        told.facts.push(format!("call {} of {} in its conversation", place.position, place.length));
    }
    let record = match reader.record(&event) {
        Ok(record) => record,
        Err(error) => {
            told.missing = line(&error.to_string());
            return Ok(Some(told));
        }
    };
    let stored = event.request_id.as_deref().map(|request| reader.bodies(request)).and_then(std::result::Result::ok).unwrap_or_default();
    let exchange = options.secrets.exchange(decode::exchange(&record, &decode::Bodies { input: stored.input, output: stored.output }));
    fill(&mut told, &exchange);
    Ok(Some(told))
}

fn fill(told: &mut Quoted, exchange: &Exchange) {
    let tokens = [(exchange.tokens.total_input.or(exchange.tokens.input), "in"), (exchange.tokens.output, "out")];
    let tokens: Vec<String> = tokens.into_iter().filter_map(|(count, what)| Some(format!("{} tokens {what}", grouped(count?)))).collect();
    told.facts.extend((!tokens.is_empty()).then(|| tokens.join(", ")));
    told.facts.extend(exchange.stop_reason.as_deref().map(|stop| format!("stopped: {}", line(stop))));
    told.facts.extend(exchange.error_code.as_deref().map(|code| format!("error: {}", line(code))));
    told.system = text(&exchange.system.join("\n"));
    told.asked = text(&exchange.user_text);
    let hidden = |hidden: &crate::model::Hidden| {
        let how = hidden.encoding.as_deref().unwrap_or_else(|| hidden.kind.name());
        let place = hidden.place.as_deref().map(|place| format!(" in {place}")).unwrap_or_default();
        (line(&format!("{how}{place}")), line(&cut(&hidden.decoded, 500)))
    };
    told.hidden = exchange.hidden.iter().take(10).map(hidden).collect();
    told.reasoning = text(&exchange.reasoning);
    told.answered = text(&exchange.completion);
    told.tools = exchange.tool_calls.iter().take(10).map(|call| (line(&call.name), line(&cut(&call.input, 500)))).collect();
    if exchange.guardrail.action != GuardrailAction::Unknown {
        told.guardrail.push(format!("verdict: {}", exchange.guardrail.action.name()));
    }
    let finding = |found: &crate::model::GuardrailPolicy| line(&format!("{} {} {} {}", found.side.name(), found.policy, found.name, found.action));
    told.guardrail.extend(exchange.guardrail.policies.iter().take(10).map(finding));
    if told.asked.is_empty() && told.answered.is_empty() && told.tools.is_empty() {
        told.missing = match exchange.body {
            crate::model::BodyState::S3 => "the bodies lie in S3, and their files are not in the case".to_owned(),
            crate::model::BodyState::Absent => {
                "the record holds no bodies: delivery of text was off, they were too large, or the call failed".to_owned()
            }
            _ => "no text was found in the bodies; `outcrop show` prints them".to_owned(),
        };
    }
}

/// A text as it is quoted: safe, and of a long one the beginning.
fn text(text: &str) -> String {
    let count = text.chars().count();
    let quoted = lines(&cut(text, QUOTED));
    if count > QUOTED { format!("{quoted}\n[{} more characters]", grouped((count - QUOTED) as u64)) } else { quoted }
}
