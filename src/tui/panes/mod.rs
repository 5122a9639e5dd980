//! The panes: what each shows of the scope, and how a row of it looks.

mod case;
mod cli;
mod controls;
mod conversation;
mod detail;
mod events;
mod exchanges;
mod profile;
mod reading;
mod tables;

pub use case::lines as case_lines;
pub use cli::{matrix_lines, user_at_host};
pub use controls::{spelled_lines, table_lines};
pub use conversation::page as conversation_page;
pub use exchanges::FLAGS;
pub use profile::lines as profile_lines;
pub use reading::page as reading_page;

use super::render::Layout;
use super::state::State;
use super::theme::Role;
use super::view::{Pane, Shape};
use super::widgets::{Area, Canvas};
use crate::model::{EntityKind, Scope, Strand, StrandSet};

/// The scope as a pane sees it: some panes show one strand only.
pub fn scope_of(pane: Pane, scope: &Scope) -> Scope {
    let strands = match pane {
        Pane::Prompts => StrandSet::only(Strand::Invocation),
        Pane::Cli => StrandSet::only(Strand::Endpoint),
        Pane::Guardrails => StrandSet::only(Strand::Management),
        _ => scope.strands,
    };
    Scope { strands, ..scope.clone() }
}

/// Draws the pane shown.
pub fn draw(state: &State, canvas: &mut Canvas<'_>, layout: &Layout) {
    match state.view.pane.shape() {
        Shape::Empty => empty(state, canvas, layout.body),
        Shape::Page => case::draw(state, canvas, layout.detail),
        Shape::Values(_) => {
            if !state.view.open {
                tables::draw(state, canvas, layout);
            }
            if layout.detail.height > 0 && !state.list.order.is_empty() {
                profile::draw(state, canvas, layout.detail);
            }
        }
        Shape::Controls => {
            if state.view.open {
                controls::draw_spelled(state, canvas, layout.above);
            } else {
                controls::draw(state, canvas, layout);
            }
            if layout.detail.height > 0 && !state.list.refs.is_empty() {
                detail::draw(state, canvas, layout.detail);
            }
        }
        Shape::Events | Shape::Exchanges => {
            if state.list_is_current() && state.list.refs.is_empty() {
                return empty(state, canvas, layout.body);
            }
            if !state.view.open {
                match state.view.pane.shape() {
                    Shape::Exchanges => exchanges::draw(state, canvas, layout),
                    _ if state.view.pane == Pane::Cli => cli::draw(state, canvas, layout),
                    _ => events::draw(state, canvas, layout),
                }
            }
            if layout.detail.height > 0 {
                detail::draw(state, canvas, layout.detail);
            }
        }
    }
}

fn empty(state: &State, canvas: &mut Canvas<'_>, area: Area) {
    let text = match &state.ingest {
        Some(_) if state.case.events.iter().sum::<u64>() == 0 => "Reading evidence: rows appear as soon as there are any.",
        _ => state.view.pane.when_empty(),
    };
    let text = [text, why_empty(state)].join("\n").trim_end().to_owned();
    let width = area.width.saturating_sub(6).min(90);
    let mut page = super::widgets::Page::new(vec![super::widgets::Block::new(super::widgets::BlockKind::Facts, "", text)]);
    page.layout(width);
    canvas.text(area.x + 3, area.y + 1, width, state.view.pane.titles().0, Role::Title);
    page.draw(canvas, Area::new(area.x + 1, area.y + 2, width + 2, area.height.saturating_sub(2)), 1, None);
}

/// How the scope may be what hides the rows.
fn why_empty(state: &State) -> &'static str {
    let scope = &state.view.scope;
    let one_strand = |kind| matches!(kind, EntityKind::Key | EntityKind::Ip | EntityKind::UserAgent);
    if state.view.pane == Pane::Prompts && scope.entities.iter().any(|entity| one_strand(entity.kind)) {
        "\nInvocation records name no access key, address or user agent, only who called: [ goes back, w on a row there shows everything by its principal."
    } else if scope.is_all() {
        ""
    } else {
        "\nThe scope is narrowed: x drops the last constraint, X all of them."
    }
}

/// The sign before a row: marked, tagged, noted.
fn sign(canvas: &Canvas<'_>, mark: &crate::model::Mark) -> &'static str {
    if mark.marked {
        canvas.glyph("★", "*")
    } else if !mark.note.is_empty() {
        canvas.glyph("✎", "n")
    } else if mark.tags.is_empty() {
        " "
    } else {
        canvas.glyph("●", "t")
    }
}

/// Lays the look of the selected row over it. Callers give the first columns only where rows are long, so that a step of
/// the cursor stays cheap on a slow line (DESIGN §9).
fn select(canvas: &mut Canvas<'_>, row: Area, focused: bool) {
    canvas.tint(row, if focused { Role::Selected } else { Role::SelectedIdle });
}
