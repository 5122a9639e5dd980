//! Signals and leads, told with what they rest on.

use serde::Serialize;

use super::chosen::Chosen;
use super::measures::baseline_words;
use super::words::{counted, line, lines};
use super::{Incident, Options, seconds};
use crate::case::{Reader, Result};
use crate::model::{EventId, Framework, Lead, Signal, TriageState};
use crate::report::grouped;

/// Signals told at most, the heaviest.
const SIGNALS: usize = 200;
/// Ids of records named beside a signal.
const IDS: usize = 20;

/// A signal, told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SignalTold {
    /// The rule.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// In a word.
    pub level: &'static str,
    /// What it adds to a lead.
    pub weight: u8,
    /// Why the weight is what it is.
    pub weighed: Vec<String>,
    /// When it fired.
    pub time: String,
    /// Its first and last record, when they are apart.
    pub span: String,
    /// Whom it is about.
    pub entity: String,
    /// The reason in words.
    pub summary: String,
    /// What it was measured by, in words.
    pub baseline: Vec<String>,
    /// Frameworks: `ATT&CK v19 T1685.002`.
    pub frameworks: Vec<String>,
    /// Ids of its first records.
    pub events: Vec<String>,
    /// How many records it has, in words.
    pub total: String,
    /// What the analyst said of it.
    pub triage: String,
}

/// A lead, told.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LeadTold {
    /// Whom it is about.
    pub entity: String,
    /// Who was joined to it.
    pub joined: Vec<String>,
    /// The sum.
    pub score: u32,
    /// What had to be exceeded.
    pub threshold: u32,
    /// The sum, line by line.
    pub arithmetic: Vec<(u32, String)>,
    /// From the first signal to the last.
    pub span: String,
    /// What the analyst said of it.
    pub triage: String,
}

pub(super) fn tell(reader: &mut Reader, chosen: &Chosen, options: &Options, incident: &mut Incident) -> Result<()> {
    let mut signals: Vec<&Signal> = chosen.signals.iter().filter(|signal| signal.triage.state != TriageState::Dismissed).collect();
    let dismissed = chosen.signals.len() - signals.len();
    let all = signals.len();
    signals.sort_by_key(|signal| std::cmp::Reverse(signal.weight));
    signals.truncate(SIGNALS);
    signals.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
    for signal in signals {
        incident.signals.push(signal_told(reader, signal, options)?);
    }
    incident.leads = chosen.leads.iter().map(|lead| lead_told(lead, options)).collect();
    let detected = reader.detected()?;
    let mut notes: Vec<String> = Vec::new();
    if detected.events == 0 {
        notes.push("The rules did not run on this case.".to_owned());
    } else {
        let events = reader.totals()?.events();
        if u64::from(detected.events) < events {
            notes.push(format!("The rules have looked at {} of {} events.", grouped(u64::from(detected.events)), grouped(events)));
        }
        if chosen.signals.is_empty() {
            notes.push(format!(
                "{} ran; none of them fired on these events. That is no proof that nothing is wrong.",
                counted(u64::from(detected.rules), "rule")
            ));
        }
    }
    notes.extend((all > SIGNALS).then(|| format!("The {SIGNALS} heaviest of {} signals.", grouped(all as u64))));
    notes.extend((dismissed > 0).then(|| format!("{} dismissed by the analyst are not told.", counted(dismissed as u64, "signal"))));
    notes.extend(detected.problems.iter().take(10).map(|problem| line(&options.secrets.text(problem))));
    incident.signals_note = notes.join(" ");
    Ok(())
}

fn signal_told(reader: &mut Reader, signal: &Signal, options: &Options) -> Result<SignalTold> {
    let safe = |text: &str| line(&options.secrets.text(text));
    let ids: Vec<EventId> = signal.events.iter().take(IDS).copied().collect();
    let firings = if signal.firings > 1 { format!("; {} collapsed into this one", counted(signal.firings, "firing")) } else { String::new() };
    Ok(SignalTold {
        rule: safe(&signal.rule),
        title: safe(&signal.title),
        level: signal.level.name(),
        weight: signal.weight,
        weighed: signal.weighed.iter().map(|why| safe(why)).collect(),
        time: seconds(signal.time),
        span: if signal.first == signal.last { String::new() } else { format!("{} – {}", seconds(signal.first), seconds(signal.last)) },
        entity: safe(&format!("{} {}", signal.entity.kind, signal.entity.value)),
        summary: safe(&signal.summary),
        baseline: signal.baseline.as_ref().map(baseline_words).unwrap_or_default().iter().map(|words| safe(words)).collect(),
        frameworks: framework_words(&signal.frameworks),
        events: reader.events(&ids)?.iter().map(crate::model::Event::uid).collect(),
        total: format!("{}{firings}", counted(signal.total, "record")),
        triage: judged(signal.triage.state, &signal.triage.note),
    })
}

fn lead_told(lead: &Lead, options: &Options) -> LeadTold {
    let entity = |entity: &crate::model::Entity| line(&format!("{} {}", entity.kind, options.secrets.text(&entity.value)));
    LeadTold {
        entity: entity(&lead.entity),
        joined: lead.entities.iter().filter(|other| **other != lead.entity).map(entity).collect(),
        score: lead.score,
        threshold: lead.threshold,
        arithmetic: lead.arithmetic.iter().map(|points| (points.points, line(&options.secrets.text(&points.what)))).collect(),
        span: format!("{} – {}", seconds(lead.first), seconds(lead.last)),
        triage: judged(lead.triage.state, &lead.triage.note),
    }
}

fn judged(state: TriageState, note: &str) -> String {
    match (state, note.is_empty()) {
        (TriageState::New, true) => String::new(),
        (state, true) => state.name().to_owned(),
        (state, false) => format!("{}: {}", state.name(), lines(note)),
    }
}

/// Each edition of a framework with its ids: `ATT&CK v19 T1685.002 T1562.008`.
pub fn framework_words(frameworks: &[Framework]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut before = None;
    for framework in frameworks {
        match lines.last_mut().filter(|_| before == Some((&framework.name, &framework.version))) {
            Some(words) => words.extend([" ", line(&framework.id).as_str()]),
            None => lines.push(line(&format!("{} {} {}", framework.name, framework.version, framework.id))),
        }
        before = Some((&framework.name, &framework.version));
    }
    lines
}
