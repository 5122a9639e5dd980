//! The Case pane: what was read, what was skipped and why, marks and notes.

use crate::model::{Skip, SourceState, Strand};
use crate::tui::render::{bytes, grouped};
use crate::tui::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::{Area, Canvas};

/// The page's lines, each with its look.
pub fn lines(state: &State) -> Vec<(String, Role)> {
    let case = &state.case;
    let mut lines = vec![("Case".to_owned(), Role::Title), (format!("  file        {}", case.path), Role::Text)];
    if case.rebuilding {
        lines.push(("  events are missing: a rebuild was interrupted; leave, and run `outcrop rebuild` on this file".to_owned(), Role::Warning));
    }
    if case.outdated {
        let what = "  an earlier version read this evidence: conversations are missing; leave, and run `outcrop rebuild` on this file";
        lines.push((what.to_owned(), Role::Warning));
    }
    let total: u64 = case.events.iter().sum();
    lines.push((format!("  events      {}", grouped(total)), Role::Text));
    for strand in Strand::ALL {
        let count = case.events.get(strand as usize).copied().unwrap_or(0);
        if count > 0 {
            lines.push((format!("    {:<11}{:>11}", strand.name(), grouped(count)), Role::Muted));
        }
    }
    if let Some((first, last)) = case.span {
        lines.push((format!("  from        {first}"), Role::Text));
        lines.push((format!("  to          {last}"), Role::Text));
    }
    lines.push((format!("  read        {} from {} sources", bytes(case.bytes), grouped(case.source_count)), Role::Text));
    lines.push((format!("  duplicates  {}", grouped(case.duplicates)), Role::Text));
    let role = if case.undecodable > 0 { Role::Warning } else { Role::Text };
    lines.push((format!("  undecodable {}", grouped(case.undecodable)), role));
    let (done, all) = case.reviewed;
    lines.push((format!("  reviewed    {} of {} exchanges", grouped(done), grouped(all)), Role::Text));

    if let Some(live) = &state.live {
        section(&mut lines, "Log groups at AWS, as they are", live.sites.len());
        for site in &live.sites {
            let role = if site.is_well { Role::Text } else { Role::Warning };
            lines.push((format!("  {}  {}", site.name, site.state), role));
            lines.extend(site.groups.iter().map(|group| (format!("      {group}"), Role::Muted)));
        }
        let doing = live
            .working
            .clone()
            .unwrap_or_else(|| if live.following { "following: new events come by themselves" } else { "nothing is being fetched" }.to_owned());
        let spent = if state.spent.is_empty() { String::new() } else { format!(" · {} in this session", state.spent) };
        lines.push((format!("  {doing}{spent}"), Role::Text));
        lines.extend(live.trouble.iter().map(|trouble| (format!("  {trouble}"), Role::Warning)));
    }
    if !case.aws.is_empty() {
        section(&mut lines, "Fetched from AWS", case.aws.len());
        lines.extend(case.aws.iter().map(|(text, is_missing)| (format!("  {text}"), if *is_missing { Role::Warning } else { Role::Text })));
    }
    section(&mut lines, "Notes on the case", case.notes.len());
    for (at, text) in &case.notes {
        let mut rest = text.lines();
        lines.push((format!("  {}  {}", at.to_jiff().strftime("%Y-%m-%d %H:%M"), rest.next().unwrap_or_default()), Role::Text));
        lines.extend(rest.map(|line| (format!("                    {line}"), Role::Text)));
    }
    if !case.lists.is_empty() {
        section(&mut lines, "On match lists", case.lists.len());
        for entry in &case.lists {
            let end = crate::tui::update::until(entry);
            let value = state.secrets.text(&entry.value);
            lines.push((format!("  {}  {value}{}{end}", entry.list, if end.is_empty() { "" } else { "  " }), Role::Text));
            lines.push((format!("      {}", entry.reason), Role::Muted));
        }
    }
    section(&mut lines, "Marked, tagged and noted", case.marked.len());
    for row in &case.marked {
        let time = row.event.time.map(|time| time.to_string()).unwrap_or_default();
        let star = if row.mark.marked { "*" } else { " " };
        lines.push((format!("  {star} {time}  {}  {}", super::events::who(&row.event), row.event.summary()), Role::Text));
        if !row.mark.tags.is_empty() {
            lines.push((format!("      tags: {}", row.mark.tags.join(" ")), Role::Entity));
        }
        lines.extend(row.mark.note.lines().map(|line| (format!("      {line}"), Role::Marked)));
    }
    section(&mut lines, "Not read, and why", case.skips.len());
    for (reason, skips) in by_reason(&case.skips) {
        let is_harmless = skips.iter().all(|skip| skip.is_harmless());
        let files = if skips.len() == 1 { "1 file".to_owned() } else { format!("{} files", grouped(skips.len() as u64)) };
        lines.push((format!("  {files}: {reason}"), if is_harmless { Role::Muted } else { Role::Warning }));
        lines.extend(skips.iter().take(FILES_NAMED).map(|skip| (format!("      {}", skip.file), Role::Muted)));
        if skips.len() > FILES_NAMED {
            lines.push((format!("      … and {} more", grouped((skips.len() - FILES_NAMED) as u64)), Role::Muted));
        }
    }
    section(&mut lines, "Sources", case.source_count as usize);
    for source in &case.sources {
        let (word, role) = match source.state {
            SourceState::Complete => ("complete", Role::Text),
            SourceState::Partial => ("partial", Role::Warning),
            SourceState::Damaged => ("damaged", Role::Warning),
            SourceState::Skipped => ("skipped", Role::Muted),
        };
        let sealed = if source.sealed { ", inside the case" } else { "" };
        lines.push((format!("  {}", source.path), role));
        let facts = format!("{word}{sealed} · {} events · {} · sha256 {}", grouped(source.events), bytes(source.plain_size), source.sha256);
        lines.push((format!("      {facts}"), Role::Muted));
    }
    if case.source_count as usize > case.sources.len() {
        lines.push((format!("  … and {} more", grouped(case.source_count - case.sources.len() as u64)), Role::Muted));
    }
    lines
}

/// Files that were not read for the same reason are told together, but so many of them are named.
const FILES_NAMED: usize = 5;

/// What was not read, reason by reason: first where something is missing because of it.
fn by_reason(skips: &[Skip]) -> Vec<(&str, Vec<&Skip>)> {
    let mut reasons: Vec<(&str, Vec<&Skip>)> = Vec::new();
    for skip in skips {
        match reasons.iter_mut().find(|(reason, _)| *reason == skip.reason) {
            Some((_, files)) => files.push(skip),
            None => reasons.push((&skip.reason, vec![skip])),
        }
    }
    reasons.sort_by_key(|(_, skips)| skips.iter().all(|skip| skip.is_harmless()));
    reasons
}

fn section(lines: &mut Vec<(String, Role)>, title: &str, count: usize) {
    lines.push((String::new(), Role::Text));
    lines.push((format!("{title} ({count})"), Role::Title));
}

/// Draws the page.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let (line, top) = state.view.detail;
    for (row, (index, (text, role))) in lines(state).iter().enumerate().skip(top).take(usize::from(area.height)).enumerate() {
        let y = area.y + row as u16;
        canvas.text(area.x + 1, y, area.width.saturating_sub(2), text, *role);
        if index == line {
            canvas.tint(Area::new(area.x, y, 1, 1), Role::Selected);
        }
    }
}
