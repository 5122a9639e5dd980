//! The signals as a layer of the MITRE ATT&CK Navigator.
//!
//! A layer is of one edition of ATT&CK, so only ids of the newest edition that rules name are in it; the Navigator asks
//! whoever opens an older layer whether to bring it up to date.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chosen::Chosen;
use super::words::line;
use super::{Options, seconds};
use crate::model::{Signal, TriageState};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    name: String,
    versions: Versions,
    domain: &'static str,
    description: String,
    sorting: u8,
    techniques: Vec<Technique>,
    gradient: Gradient,
    legend_items: Vec<()>,
    show_tactic_row_background: bool,
    select_techniques_across_tactics: bool,
}

#[derive(Serialize)]
struct Versions {
    attack: String,
    navigator: &'static str,
    layer: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Technique {
    #[serde(rename = "techniqueID")]
    id: String,
    score: u32,
    comment: String,
    enabled: bool,
    show_subtechniques: bool,
    metadata: Vec<Pair>,
}

#[derive(Serialize)]
struct Pair {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Gradient {
    colors: [&'static str; 2],
    min_value: u32,
    max_value: u32,
}

/// `v19` and `19.1` as a number to compare.
fn edition(version: &str) -> u32 {
    version.trim_start_matches(|character: char| !character.is_ascii_digit()).split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// A technique: `T1685`, `T1685.002`; not a tactic.
fn is_technique(id: &str) -> bool {
    id.strip_prefix('T').is_some_and(|rest| rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// The layer as JSON: techniques with the sum of the weights of their signals.
///
/// # Errors
/// It could not be written as JSON.
pub fn navigator_layer(chosen: &Chosen, title: &str, options: &Options) -> serde_json::Result<String> {
    let signals = || chosen.signals.iter().filter(|signal| signal.triage.state != TriageState::Dismissed);
    let of_attack = |signal: &Signal| {
        signal.frameworks.iter().filter(|framework| framework.name == "ATT&CK" && is_technique(&framework.id)).cloned().collect::<Vec<_>>()
    };
    let newest = signals().flat_map(of_attack).map(|framework| edition(&framework.version)).max().unwrap_or(0);
    let mut techniques: BTreeMap<String, (u32, Vec<String>)> = BTreeMap::new();
    for signal in signals() {
        for framework in of_attack(signal).into_iter().filter(|framework| edition(&framework.version) == newest) {
            let entry = techniques.entry(framework.id).or_default();
            entry.0 += u32::from(signal.weight);
            let about = options.secrets.text(&signal.entity.value);
            entry.1.push(line(&format!("{} {} ({}): {}", signal.rule, signal.title, seconds(signal.time), about)));
        }
    }
    let most = techniques.values().map(|(score, _)| *score).max().unwrap_or(1).max(1);
    let technique = |(id, (score, signals)): (String, (u32, Vec<String>))| Technique {
        show_subtechniques: id.contains('.'),
        id,
        score,
        comment: signals.join("\n"),
        enabled: true,
        metadata: vec![Pair { name: "signals", value: signals.len().to_string() }],
    };
    let layer = Layer {
        name: line(title),
        versions: Versions { attack: newest.to_string(), navigator: "5.1.0", layer: "4.5" },
        domain: "enterprise-attack",
        description: format!("Written by outcrop {}. The score of a technique is the sum of the weights of its signals.", env!("CARGO_PKG_VERSION")),
        sorting: 3,
        techniques: techniques.into_iter().map(technique).collect(),
        gradient: Gradient { colors: ["#ffe766ff", "#ff6666ff"], min_value: 0, max_value: most },
        legend_items: Vec::new(),
        show_tactic_row_background: false,
        select_techniques_across_tactics: true,
    };
    crate::report::to_json_pretty(&layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_and_techniques() {
        assert_eq!(["v19", "19.1", "18", "none"].map(edition), [19, 19, 18, 0]);
        assert_eq!(["T1685", "T1685.002", "TA0040", "AML.T0051", "LLM01"].map(is_technique), [true, true, false, false, false]);
    }
}
