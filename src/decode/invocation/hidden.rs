//! What is hidden in the newest turn: in the user's own text, and in tool results and documents, where text of strangers
//! comes in. Invisible characters, words in mixed scripts, encoded passages; one search for the list's flags and for reading.

use super::encoded::{self, passages};
use super::invisible::invisible;
use super::reading::{Block, Reading};
use super::scripts::mixed;
use super::snippet::{Snippet, joined};
use crate::decode::one_line::first_characters;
use crate::model::secret::Located;
use crate::model::{Hidden, HiddenKind, secret};

/// Characters of a decoded passage that are told.
const PREVIEW: usize = 200;
/// Characters of a passage that are looked through for a secret that the preview might cut in two.
const LOOKED_THROUGH: usize = 8192;
/// A run of so many zero-width characters in foreign text carries something; pages of the web are full of single ones.
const CARRIES: usize = 8;

/// What was found.
#[derive(Default)]
pub(super) struct Findings {
    /// Everything, place by place.
    pub(super) hidden: Vec<Hidden>,
    /// A decoded passage holds words of prompt injection.
    pub(super) injects: bool,
    /// Secrets in what was decoded, each where its passage begins.
    pub(super) secrets: Vec<Located>,
}

impl Findings {
    /// Invisible characters or disguised words.
    pub(super) fn has_hidden(&self) -> bool {
        self.hidden.iter().any(|hidden| hidden.kind != HiddenKind::Encoded)
    }

    /// Encoded passages.
    pub(super) fn has_encoded(&self) -> bool {
        self.hidden.iter().any(|hidden| hidden.kind == HiddenKind::Encoded)
    }

    /// Something decoded holds a credential.
    pub(super) fn holds_secret(&self) -> bool {
        !self.secrets.is_empty()
    }

    fn tell(&mut self, decoded: &str, what: &str, at: usize, place: Option<&str>) {
        let place = place.map_or_else(|| what.to_owned(), |place| format!("{what} in {place}"));
        self.secrets.extend(secret::find(decoded).into_iter().map(|secret| Located { kind: secret.kind, at, place: place.clone() }));
    }

    fn look(&mut self, pieces: &[Snippet<'_>], place: Option<&str>) {
        let plain = pieces.iter().all(Snippet::is_plain);
        let coded = pieces.iter().any(encoded::deserves_a_look);
        if plain && !coded {
            return;
        }
        let text = joined(pieces, "\n");
        let found = self.hidden.len();
        if !plain {
            for hidden in invisible(&text).into_iter().filter(|hidden| place.is_none() || is_grave(hidden, &text)) {
                if hidden.kind == HiddenKind::VariationSelectors {
                    self.tell(&hidden.decoded, "variation selectors", hidden.at, place);
                }
                self.hidden.push(hidden);
            }
            self.hidden.extend(mixed(&text));
        }
        if coded {
            for passage in passages(&text) {
                self.tell(&passage.text, "an encoded passage", passage.at, place);
                self.injects |= passage.injects;
                let hidden = Hidden::new(HiddenKind::Encoded, preview(&passage.text), passage.at);
                self.hidden.push(Hidden { encoding: Some(passage.form), ..hidden });
            }
        }
        for hidden in self.hidden.iter_mut().skip(found) {
            hidden.place = place.map(str::to_owned);
        }
    }
}

/// Looks through the newest turn of a call, `user` being the pieces of the user's own text.
pub(super) fn find(reading: &Reading<'_>, user: &[Snippet<'_>]) -> Findings {
    let mut findings = Findings::default();
    findings.look(user, None);
    let (mut results, mut documents) = (0, 0);
    for block in newest(reading) {
        match block {
            Block::ToolResult { texts, .. } => {
                results += 1;
                findings.look(texts, Some(&format!("tool result {results}")));
            }
            Block::Media(media) => {
                let Some(text) = &media.text else { continue };
                documents += 1;
                let name = media.name.as_deref().map_or_else(|| documents.to_string(), str::to_owned);
                findings.look(std::slice::from_ref(text), Some(&format!("document {name}")));
            }
            _ => {}
        }
    }
    findings
}

/// The parts of the turns since the model spoke last; of a request that ends in the model's own words, of the turn before.
fn newest<'r, 'a>(reading: &'r Reading<'a>) -> impl Iterator<Item = &'r Block<'a>> {
    let turns: Vec<(&str, &[Block<'a>])> = reading.turns().collect();
    let spoken = |role: &str| ["assistant", "model", "chatbot"].iter().any(|name| role.eq_ignore_ascii_case(name));
    let end = turns.iter().rposition(|(role, _)| !spoken(role)).map_or(0, |last| last + 1);
    let start = turns.iter().take(end).rposition(|(role, _)| spoken(role)).map_or(0, |last| last + 1);
    turns.into_iter().take(end).skip(start).flat_map(|(_, parts)| parts)
}

/// What has no innocent use in text that came from elsewhere. A zero-width character, a soft hyphen or a mark of direction
/// alone is how pages of the web are written.
fn is_grave(hidden: &Hidden, text: &str) -> bool {
    let here = || text.get(hidden.at..).unwrap_or_default().chars();
    match hidden.kind {
        HiddenKind::ZeroWidth => here().take(CARRIES).filter(|character| crate::model::hidden_name(*character).is_some()).count() == CARRIES,
        HiddenKind::Bidi => here().next().is_some_and(|character| matches!(character, '\u{202D}' | '\u{202E}')),
        HiddenKind::Control => here().next().is_some_and(|character| matches!(character, '\u{1B}' | '\u{9B}' | '\u{8}')),
        _ => true,
    }
}

/// The beginning of a passage on one line. A secret is never cut in two, so that whoever masks the preview knows it.
fn preview(text: &str) -> String {
    let line = first_characters(text, LOOKED_THROUGH);
    let Some((cut, _)) = line.char_indices().nth(PREVIEW) else { return line };
    let cut = secret::find(&line).iter().find(|secret| secret.range.contains(&cut)).map_or(cut, |secret| secret.range.end);
    if cut == line.len() { line } else { format!("{}…", line.get(..cut).unwrap_or_default()) }
}
