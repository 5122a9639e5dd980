//! Drawing the list of log groups that were found.

use super::groups::{Groups, Stage};
use crate::model::Strand;
use crate::tui::render::{bytes, grouped};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::update::strand_words;
use crate::tui::widgets::{Area, Canvas, centred};

/// Room of the columns between name and remark.
const HOLDS: u16 = 19;
const KEPT: u16 = 8;
const SIZE: u16 = 9;
const PRICE: u16 = 18;

/// Draws it.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, groups: &Groups) {
    let screen = canvas.area();
    let wanted = (groups.found.len() + groups.troubles.len()).max(3) as u16 + 7;
    let area = centred(screen, screen.width.saturating_sub(4).min(130), wanted.min(screen.height.saturating_sub(2)));
    let inner = canvas.popup(area, &format!("Log groups at AWS for {}", groups.wish.span));
    let bottom = inner.bottom().saturating_sub(1);
    if groups.stage == Stage::Looking {
        let sites: Vec<String> = groups.wish.sites.iter().map(ToString::to_string).collect();
        let place = if sites.is_empty() { "the Region of the environment".to_owned() } else { sites.join(", ") };
        canvas.text(inner.x, inner.y + 1, inner.width, &format!("looking for log groups in {place}…"), Role::Text);
        canvas.text(inner.x, bottom, inner.width, "esc goes back", Role::Muted);
        return;
    }
    let is_priced = groups.stage == Stage::Priced;
    let last = if is_priced { PRICE } else { SIZE };
    let name = inner.width.saturating_sub(4 + HOLDS + KEPT + last + 4);
    let holds_at = inner.x + 4 + name + 1;
    let (kept_at, last_at) = (holds_at + HOLDS, holds_at + HOLDS + KEPT + 1);
    let title = |canvas: &mut Canvas<'_>, x: u16, room: u16, text: &str| canvas.text(x, inner.y, room, text, Role::Header);
    title(canvas, inner.x + 4, name, "log group");
    title(canvas, holds_at, HOLDS, "holds");
    title(canvas, kept_at, KEPT, "kept");
    title(canvas, last_at, last, if is_priced { "to be fetched" } else { "stored" });
    let height = usize::from(bottom.saturating_sub(inner.y + 3 + groups.troubles.len().min(3) as u16));
    let top = (groups.at + 1).saturating_sub(height);
    let mut y = inner.y + 1;
    for (index, group) in groups.found.iter().enumerate().skip(top).take(height) {
        canvas.text(inner.x, y, 3, if group.is_chosen { "[x]" } else { "[ ]" }, Role::HintKey);
        let several = groups.found.iter().any(|other| other.site != group.site);
        let label = if several { format!("{}  {}", group.group.name, group.site) } else { group.group.name.clone() };
        canvas.text(inner.x + 4, y, name, &label, if group.is_chosen { Role::Text } else { Role::Muted });
        let holds = if group.holds.bits() == 0 { "nothing we know".to_owned() } else { strand_words(group.holds) };
        canvas.text(holds_at, y, HOLDS - 1, &holds, if group.holds.bits() == 0 { Role::Muted } else { Role::Entity });
        let kept = group.retention_days.map_or_else(|| "for ever".to_owned(), |days| format!("{days} d"));
        canvas.text(kept_at, y, KEPT, &kept, Role::Text);
        let told = if is_priced { price(state, group.missing.filter(|_| group.is_chosen)) } else { bytes(group.stored_bytes) };
        canvas.text(last_at, y, last, &told, Role::Text);
        if index == groups.at {
            canvas.tint(Area::new(inner.x, y, inner.width, 1), Role::Selected);
        }
        y += 1;
    }
    if groups.found.is_empty() {
        canvas.text(
            inner.x + 4,
            y,
            inner.width.saturating_sub(4),
            "No log group was found: esc goes back, `outcrop doctor` says what is missing.",
            Role::Muted,
        );
        y += 1;
    }
    for trouble in groups.troubles.iter().take(3) {
        canvas.text(inner.x, y, inner.width, trouble, Role::Warning);
        y += 1;
    }
    if let Some(group) = groups.found.get(groups.at) {
        canvas.text(inner.x, bottom.saturating_sub(1), inner.width, &about(group), Role::Muted);
    }
    let (words, role) = footer(state, groups);
    canvas.text(inner.x, bottom, inner.width, &words, role);
}

/// What is missing of a group, and for how much.
fn price(state: &State, missing: Option<(i64, Option<f64>)>) -> String {
    match missing {
        None => String::new(),
        Some((0, _)) => "all is there".to_owned(),
        Some((_, Some(scanned))) => format!("{} ≈ {}", bytes(scanned as u64), crate::model::live::usd_text(state.usd(scanned))),
        Some((_, None)) => "price not known".to_owned(),
    }
}

/// More of the selected group.
fn about(group: &crate::tui::oracle::FoundGroup) -> String {
    let mut parts = vec![group.site.to_string()];
    if !group.class.is_empty() {
        parts.push(format!("class {}", group.class));
    }
    parts.push(group.newest.map_or_else(|| "no event was seen in it".to_owned(), |newest| format!("newest event {newest}")));
    if group.holds.contains(Strand::Invocation) && group.class == "INFREQUENT_ACCESS" {
        parts.push("only queries can read it".to_owned());
    }
    if !group.remark.is_empty() {
        parts.push(group.remark.clone());
    }
    parts.join(" · ")
}

/// What can be done now.
fn footer(state: &State, groups: &Groups) -> (String, Role) {
    let usd_text = crate::model::live::usd_text;
    let count = groups.chosen().count() as u64;
    match groups.stage {
        Stage::Pricing => ("asking for the price…  esc goes back".to_owned(), Role::Muted),
        Stage::Priced if groups.is_all_there() => {
            ("The case has all of it. enter keeps them as sources for >, F and queries · esc goes back".to_owned(), Role::Text)
        }
        Stage::Priced => {
            let (scanned, is_known) = groups.bytes();
            let usd = state.usd(scanned);
            let groups_word = if count == 1 { "1 log group".to_owned() } else { format!("{} log groups", grouped(count)) };
            let price = format!("{groups_word}, {} ≈ {}", bytes(scanned as u64), usd_text(usd));
            let unknown = if is_known { "" } else { " and what is not known" };
            if usd > groups.wish.usd {
                let budget = usd_text(groups.wish.usd);
                (format!("{price}{unknown}: beyond {budget}. enter fetches the newest for {budget} · A fetches all · esc"), Role::Warning)
            } else {
                (format!("{price}{unknown}, within {}. enter fetches · space chooses · esc goes back", usd_text(groups.wish.usd)), Role::Text)
            }
        }
        _ => (format!("{} chosen. space chooses · a all or none · enter asks for the price · esc goes back", grouped(count)), Role::Muted),
    }
}
