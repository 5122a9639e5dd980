//! What each command does.

use super::find::{pattern, search};
use super::{abroad, controls, copy, find, go, lists, live, marks, needs, query, signals, source, tables};
use crate::model::{
    EntityKind, Scope, Secrets, Strand, StrandSet, TextFilter, TimeRange, Timestamp, field_without_x, parse_field_filters, parse_when,
};
use crate::tui::ask::{Ask, Row, Slot};
use crate::tui::commands::{Command, TABLE};
use crate::tui::layers::{Choice, Editor, EditorKind, Item, Layer, Picker};
use crate::tui::message::{Effect, Severity};
use crate::tui::state::{Sought, State};
use crate::tui::theme;
use crate::tui::view::{Focus, Pane, Position, Shape, View};

/// Runs a command.
pub fn run(state: &mut State, command: Command, effects: &mut Vec<Effect>) {
    if moves(state, command, effects) || shows_pane(state, command, effects) || live::run(state, command, effects) {
        return;
    }
    if marks::awaits(state, command, effects) {
        return;
    }
    match command {
        Command::Sort => tables::open_orders(state),
        Command::Pivot | Command::Open | Command::Search | Command::Export if query::is_shown(state) => query::acts(state, command, effects),
        command if query::is_own(command) => query::run(state, command, effects),
        Command::Pivot => open_pivots(state, effects),
        Command::Judge => signals::judge(state, effects),
        Command::ListEntity => lists::open(state),
        Command::MatchLists => lists::open_all(state),
        Command::Note if state.view.pane == Pane::Signals => signals::note(state),
        Command::PivotWho if state.view.pane == Pane::Signals => signals::alone(state, effects),
        Command::PivotWho if is_table(state) => tables::alone(state, effects),
        Command::OtherStrand if is_table(state) => tables::other_side(state, effects),
        Command::PivotWho => pivot_to(state, EntityKind::Principal, effects),
        Command::PivotRequest => pivot_to(state, EntityKind::Request, effects),
        Command::OtherStrand => with_selected(state, effects, |state, effects| {
            if let Some(selected) = state.selected() {
                let scope = state.view.scope.clone();
                needs::ask(state, Ask::OtherStrand { id: selected.id, scope }, effects);
            }
        }),
        Command::Search => edit(state, EditorKind::Search, &state.hits.as_ref().map(|hits| hits.pattern.clone()).unwrap_or_default()),
        Command::Filter if is_table(state) => {
            let names = state.view.names().to_owned();
            edit(state, EditorKind::Names, &names);
        }
        Command::Filter => edit(state, EditorKind::Filter, &filter_in_force(&state.view.scope)),
        Command::Open => open(state, effects),
        Command::Close => close(state, effects),
        Command::Accept => accept(state, false, effects),
        Command::AcceptAlone => accept(state, true, effects),
        Command::Mark => marks::change(state, effects, |mark| mark.marked = !mark.marked),
        Command::Reviewed if state.selected().is_none_or(|selected| selected.strand() != Strand::Invocation) => {
            state.tell(Severity::Info, "only exchanges are reviewed: 2 lists them");
        }
        Command::Reviewed => {
            marks::review(state, effects);
            go::to_next_by_mark(state, false, effects);
        }
        Command::NextUnreviewed => go::to_next_by_mark(state, false, effects),
        Command::NextMarked => go::to_next_by_mark(state, true, effects),
        Command::Note if state.view.pane == Pane::Case => edit(state, EditorKind::CaseNote, ""),
        Command::Note => marks::edit(state, EditorKind::Note, |mark| mark.note.clone()),
        Command::Tag => marks::edit(state, EditorKind::Tag, |mark| mark.tags.join(" ")),
        Command::Copy => copy::copy(state, effects, false),
        Command::CopyRecord => copy::copy(state, effects, true),
        Command::Export if is_table(state) => tables::open_exports(state),
        Command::Export => {
            let name = if state.view.pane == Pane::Signals { "report.html" } else { "events.csv" };
            edit(state, EditorKind::Export, name);
        }
        Command::WidenScope => widen(state, effects),
        Command::ClearScope => go::rescope(state, Scope::all(), effects),
        Command::TimeRange => open_ranges(state),
        Command::Around => around(state, effects),
        Command::AfterChange => controls::after(state, effects),
        Command::ZoomIn => zoom(state, 0.25, effects),
        Command::ZoomOut => zoom(state, 4.0, effects),
        Command::Strands => open_strands(state, 0),
        Command::ToggleDetail => state.preview = !state.preview,
        Command::FoldAll => fold_all(state, true),
        Command::UnfoldAll => fold_all(state, false),
        Command::RawJson => {
            // A conversation has no record of its own: that of the call under the cursor.
            if state.view.call.is_none()
                && let Some(call) = state.call_under_cursor()
            {
                open_call(state, call);
            }
            if state.view.call.is_some() || state.current_detail().is_some_and(|detail| detail.page.is_some()) {
                state.view.raw = !state.view.raw;
                go::to_detail_start(state);
            } else {
                state.tell(Severity::Info, "only an exchange is shown as a conversation or as its record: 2 lists them");
            }
        }
        Command::AddSource => source::open(state),
        Command::RevealSecrets => reveal(state, effects),
        Command::Palette => open_palette(state),
        Command::Help => state.layers.push(Layer::Help(0)),
        Command::Messages => state.layers.push(Layer::Messages(state.messages.len().saturating_sub(1))),
        Command::Theme => open_themes(state),
        Command::Mouse => {
            state.mouse = !state.mouse;
            effects.push(Effect::Mouse(state.mouse));
            state.tell(Severity::Info, if state.mouse { "mouse on: the terminal's own selection needs shift now" } else { "mouse off" });
        }
        Command::Redraw => effects.push(Effect::Redraw),
        Command::Suspend => effects.push(Effect::Suspend),
        Command::Quit => {
            state.quitting = true;
            effects.extend([Effect::SaveView(state.view.save()), Effect::Quit]);
        }
        _ => {}
    }
}

fn moves(state: &mut State, command: Command, effects: &mut Vec<Effect>) -> bool {
    let by = match command {
        Command::Down => 1,
        Command::Up => -1,
        Command::PageDown | Command::Bottom => 10,
        Command::PageUp | Command::Top => -10,
        _ => 0,
    };
    let far = if matches!(command, Command::Top | Command::Bottom) { 1_000_000 } else { 1 };
    if by != 0 && !state.layers.is_empty() {
        match state.layers.last_mut() {
            Some(Layer::Menu(menu)) => menu.step(by * far),
            Some(Layer::Help(top) | Layer::Messages(top) | Layer::Text(_, top)) => *top = top.saturating_add_signed(by * far),
            _ => {}
        }
        return true;
    }
    match command {
        Command::Down | Command::Up => go::step(state, by, effects),
        Command::PageDown => go::page(state, 1, effects),
        Command::PageUp => go::page(state, -1, effects),
        Command::Top => go::to_end(state, false, effects),
        Command::Bottom => go::to_end(state, true, effects),
        Command::NextMatch => find::next(state, true, effects),
        Command::PreviousMatch => find::next(state, false, effects),
        Command::Back => go::travel(state, false, effects),
        Command::Forward => go::travel(state, true, effects),
        Command::Focus => {
            let known = match state.view.pane.shape() {
                Shape::Values(_) => state.current_profile().is_some(),
                Shape::Signals => state.current_signal_page().is_some(),
                _ => state.current_detail().is_some(),
            };
            let detail = state.view.focus == Focus::List && known;
            state.view.focus = if detail { Focus::Detail } else { Focus::List };
            state.view.open &= detail;
        }
        _ => return false,
    }
    true
}

fn shows_pane(state: &mut State, command: Command, effects: &mut Vec<Effect>) -> bool {
    let pane = match command {
        Command::Timeline => Pane::Timeline,
        Command::Prompts => Pane::Prompts,
        Command::Guardrails => Pane::Guardrails,
        Command::Signals => Pane::Signals,
        Command::Principals => Pane::Principals,
        Command::Buckets => Pane::Buckets,
        Command::Cli => Pane::Cli,
        Command::Query => Pane::Query,
        Command::Case => Pane::Case,
        Command::NextPane | Command::PreviousPane => {
            go::turn_pane(state, if command == Command::NextPane { 1 } else { Pane::ALL.len() - 1 }, effects);
            return true;
        }
        _ => return false,
    };
    go::to_pane(state, pane, effects);
    true
}

/// The pane shows a table of entities.
fn is_table(state: &State) -> bool {
    matches!(state.view.pane.shape(), Shape::Values(_))
}

fn with_selected(state: &mut State, effects: &mut Vec<Effect>, act: impl FnOnce(&mut State, &mut Vec<Effect>)) {
    if state.selected().is_some() {
        act(state, effects);
    } else {
        state.tell(Severity::Info, "no event is selected");
    }
}

/// Enter: open the row, or act on the line of the detail.
fn open(state: &mut State, effects: &mut Vec<Effect>) {
    if let Some(Layer::Help(_) | Layer::Messages(_) | Layer::Text(..)) = state.layers.last() {
        state.layers.pop();
        return;
    }
    match state.view.pane.shape() {
        Shape::Values(_) => tables::open(state, effects),
        Shape::Signals => signals::open(state, effects),
        Shape::Page | Shape::Query => {}
        Shape::Events | Shape::Exchanges | Shape::Controls if !state.view.open && !state.detail_has_focus() => {
            if state.selected().is_some() {
                state.history.push(state.view.clone());
                (state.view.open, state.view.focus, state.rested) = (true, Focus::Detail, true);
                go::to_detail_start(state);
            }
        }
        Shape::Events | Shape::Exchanges | Shape::Controls => open_line(state),
    }
}

/// Opens one call of a conversation alone, in full.
fn open_call(state: &mut State, call: crate::model::EventRef) {
    state.history.push(state.view.clone());
    state.view.was_open = state.view.open;
    (state.view.call, state.view.open, state.view.focus) = (Some(call), true, Focus::Detail);
    go::to_detail_start(state);
}

fn open_line(state: &mut State) {
    let line = state.view.detail.0;
    if state.reads_conversation() {
        let heading = |page: &crate::tui::widgets::Page| {
            let line = page.lines().get(line)?;
            Some(line.range.is_none() && page.blocks().get(line.block)?.kind == crate::tui::widgets::BlockKind::Call)
        };
        if let Some(call) = state.call_under_cursor()
            && state.current_detail().and_then(|detail| heading(detail.page.as_ref()?)) == Some(true)
        {
            return open_call(state, call);
        }
        if let Some(page) = state.detail.as_mut().and_then(|detail| detail.page.as_mut()) {
            state.view.detail.0 = page.toggle(line);
        }
        return;
    }
    let Some(Ok(tree)) = state.current_detail().map(|detail| detail.record.as_ref()) else { return };
    let Some(index) = tree.visible(&state.folded).get(line).copied() else { return };
    let Some(entry) = tree.line(index) else { return };
    if entry.children > 0 {
        if !state.folded.remove(&index) {
            state.folded.insert(index);
        }
        return;
    }
    let block = crate::tui::widgets::Block::new(crate::tui::widgets::BlockKind::Facts, tree.key(entry), tree.text(entry));
    let mut page = crate::tui::widgets::Page::new(vec![block]);
    page.layout(state.size.0.saturating_sub(8));
    state.layers.push(Layer::Text(Box::new(page), 0));
}

fn fold_all(state: &mut State, folded: bool) {
    if state.reads_conversation() {
        if let Some(page) = state.detail.as_mut().and_then(|detail| detail.page.as_mut()) {
            page.fold_all(folded);
        }
    } else if let Some(Ok(tree)) = state.current_detail().map(|detail| detail.record.as_ref()) {
        state.folded = if folded { tree.containers() } else { std::collections::BTreeSet::default() };
    }
    go::to_detail_start(state);
}

/// Esc: the top layer, then what runs, then the open detail, then the search.
fn close(state: &mut State, effects: &mut Vec<Effect>) {
    if state.layers.pop().is_some() {
        return;
    }
    if query::is_shown(state) && query::cancel(state, effects) {
        return;
    }
    for slot in [Slot::Search, Slot::Export, Slot::Jump] {
        if state.is_asking(slot) {
            needs::cancel(state, slot, effects);
            state.tell(Severity::Info, "cancelled");
            return;
        }
    }
    if live::stop(state, effects) {
        return;
    }
    if let Some(call) = state.view.call.take() {
        (state.view.raw, state.view.open, state.sought) = (false, state.view.was_open, Some(Sought::Call(call.id)));
        go::to_sought(state);
    } else if state.view.open || state.detail_has_focus() {
        (state.view.open, state.view.focus) = (false, Focus::List);
    } else if state.hits.take().is_none() {
        state.tell(Severity::Info, "nothing to close · [ goes back · q quits");
    }
}

fn open_pivots(state: &mut State, effects: &mut Vec<Effect>) {
    if is_table(state) {
        return tables::open_pivots(state);
    }
    with_selected(state, effects, |state, effects| {
        let alone = state.setup.keymap.key_of(Command::AcceptAlone, crate::tui::commands::Context::Menu).unwrap_or_default();
        let mut menu = Picker::new(format!("Pivot to (enter narrows the scope, {alone} looks at it alone)"), Vec::new());
        menu.loading = true;
        state.layers.push(Layer::Menu(menu));
        if let Some(selected) = state.selected() {
            needs::cancel(state, Slot::Pivots, effects);
            needs::ask(state, Ask::Pivots { id: selected.id, secrets: state.secrets }, effects);
        }
    });
}

fn pivot_to(state: &mut State, kind: EntityKind, effects: &mut Vec<Effect>) {
    let value = state.selected_row().map(Row::as_logged).and_then(|event| match kind {
        EntityKind::Request => event.request_id.clone(),
        _ => event.principal.as_deref().map(str::to_owned),
    });
    match value {
        Some(value) => {
            // Constraints such as an access key are known to one strand only: kept, they would hide the other strands.
            let range = if kind == EntityKind::Request { TimeRange::default() } else { state.view.scope.range };
            let scope = Scope { range, ..Scope::all() }.narrowed(crate::model::Entity::new(kind, value));
            go::rescope(state, scope, effects);
        }
        None => state.tell(Severity::Info, format!("the selected row names no {kind}")),
    }
}

fn accept(state: &mut State, alone: bool, effects: &mut Vec<Effect>) {
    let Some(Layer::Menu(menu)) = state.layers.last() else { return };
    let (choice, cursor) = (menu.selected().map(|item| item.value.clone()), menu.cursor);
    state.layers.pop();
    match choice {
        Some(Choice::Run(command)) => run(state, command, effects),
        Some(Choice::Hunt(name)) => query::choose_hunt(state, &name, effects),
        Some(Choice::NextHunt(name, values)) => query::choose_next(state, &name, &values, effects),
        Some(Choice::Past(index)) => query::choose_past(state, index, effects),
        Some(Choice::Column(column)) => query::toggle_column(state, column, cursor),
        Some(Choice::Pivot(entity)) if query::is_shown(state) => query::follow(state, entity, effects),
        Some(Choice::Pivot(entity)) => {
            let base = if alone { Scope { range: state.view.scope.range, ..Scope::all() } } else { state.view.scope.clone() };
            let scope = base.narrowed(entity);
            if scope == state.view.scope {
                state.tell(Severity::Info, "the scope is narrowed to this already");
            }
            go::rescope(state, scope, effects);
        }
        Some(Choice::Range(range)) => set_range(state, range, effects),
        Some(Choice::AskRange) => edit(state, EditorKind::Range, ""),
        Some(Choice::Strand(strand)) => {
            let mut strands = state.view.scope.strands.toggled(strand);
            if strands == StrandSet::NONE {
                strands = StrandSet::ALL;
            }
            let scope = Scope { strands, ..state.view.scope.clone() };
            go::rescope(state, scope, effects);
            open_strands(state, cursor);
        }
        Some(Choice::List(list, entity)) => {
            let has_sessions = matches!(entity.kind, EntityKind::Principal | EntityKind::Actor);
            lists::ask_reason(state, list, &entity.value, has_sessions);
        }
        Some(Choice::Lists) => lists::open_all(state),
        Some(Choice::Listed(list, value)) => lists::open_entry(state, &list, &value),
        Some(Choice::Relist(list, value)) => lists::relist(state, &list, &value),
        Some(Choice::Unlist(list, value)) => lists::unlist(state, &list, &value, effects),
        Some(Choice::ExportTable) => tables::open_export(state),
        Some(Choice::ExportEvents) => edit(state, EditorKind::Export, "events.csv"),
        Some(Choice::Order(by)) => tables::order(state, by),
        Some(Choice::Theme(name)) => effects.push(Effect::Theme(name.to_owned())),
        Some(Choice::Live(wanted)) => live::send(state, wanted, effects),
        Some(Choice::AskAgreed) => abroad::ask(state, true, effects),
        Some(Choice::Group(index)) => abroad::turn_group(state, index, cursor, effects),
        Some(Choice::AddGroups) => source::open_form(state),
        Some(Choice::AddFiles) => source::open_path(state),
        Some(Choice::Leave) | None => {}
    }
}

fn set_range(state: &mut State, range: TimeRange, effects: &mut Vec<Effect>) {
    let scope = Scope { range, ..state.view.scope.clone() };
    go::rescope(state, scope, effects);
}

fn widen(state: &mut State, effects: &mut Vec<Effect>) {
    let mut scope = state.view.scope.clone();
    if scope.text.take().is_none() && scope.fields.pop().is_none() && scope.entities.pop().is_none() {
        if scope.range.is_open() && scope.strands == StrandSet::ALL {
            state.tell(Severity::Info, "the scope is everything");
            return;
        }
        if scope.strands == StrandSet::ALL {
            scope.range = TimeRange::default();
        }
        scope.strands = StrandSet::ALL;
    }
    go::rescope(state, scope, effects);
}

fn around(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(at) = state.selected().and_then(crate::model::EventRef::time) else {
        return state.tell(Severity::Info, "the selected row has no time");
    };
    let quarter = 15 * 60 * 1000;
    let range = TimeRange { since: Some(at.plus_millis(-quarter / 2)), until: Some(at.plus_millis(quarter / 2)) };
    let mut view = View { pane: Pane::Timeline, scope: Scope { range, ..Scope::all() }, ..View::default() };
    view.set_position(Position { at: state.selected(), ..Position::default() });
    go::leave_for(state, view, effects);
}

fn zoom(state: &mut State, factor: f64, effects: &mut Vec<Effect>) {
    let histogram = &state.list.histogram;
    let width = histogram.step.saturating_mul(histogram.bins.len() as i64);
    let Some(centre) = state.selected().and_then(crate::model::EventRef::time).map(Timestamp::as_millis) else { return };
    let current = state.view.scope.range;
    let width = match (current.since, current.until) {
        (Some(since), Some(until)) => until.as_millis() - since.as_millis(),
        _ => width,
    };
    let half = ((width as f64 * factor) as i64 / 2).max(500);
    let all = state.case.span.is_some_and(|(first, last)| centre - half <= first.as_millis() && centre + half > last.as_millis());
    let range = if all || width == 0 {
        TimeRange::default()
    } else {
        TimeRange { since: Some(Timestamp::from_millis(centre - half)), until: Some(Timestamp::from_millis(centre + half)) }
    };
    set_range(state, range, effects);
}

/// Opens a line or lines to write in.
pub fn edit(state: &mut State, kind: EditorKind, text: &str) {
    state.layers.push(Layer::Editor(Box::new(Editor::new(kind, text))));
}

/// Enter in an editor: the text is taken, or what is wrong with it is said and the editor stays.
pub fn keep_text(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(Layer::Editor(editor)) = state.layers.pop() else { return };
    let text = editor.text();
    let trimmed = text.trim();
    let wrong = match editor.kind {
        EditorKind::Search => search(state, trimmed, effects).err(),
        EditorKind::Filter | EditorKind::Names => filter(state, trimmed, effects).err(),
        EditorKind::Range => match range_in_words(trimmed, state.now) {
            Ok(range) => {
                set_range(state, range, effects);
                None
            }
            Err(wrong) => Some(wrong),
        },
        EditorKind::Path => source::read(state, trimmed, effects).err(),
        EditorKind::Tag => {
            marks::change(state, effects, |mark| mark.tags = trimmed.split_whitespace().map(str::to_owned).collect());
            None
        }
        EditorKind::Note => {
            marks::change(state, effects, |mark| trimmed.clone_into(&mut mark.note));
            None
        }
        EditorKind::Judgement => {
            signals::keep_note(state, trimmed, effects);
            None
        }
        EditorKind::CaseNote => {
            if !trimmed.is_empty() {
                effects.push(Effect::AddNote(trimmed.to_owned()));
                state.case.revision = u64::MAX;
            }
            None
        }
        EditorKind::ExportTable => {
            tables::export(state, trimmed, effects);
            None
        }
        EditorKind::Export => {
            if query::is_shown(state) {
                return query::export(state, trimmed, effects);
            }
            let (pane, scope) = (state.view.pane, state.view.scope.clone());
            let lead = signals::lead_of(state);
            needs::ask(state, Ask::Export { pane, scope, path: trimmed.to_owned(), lead, now: state.now, secrets: state.secrets }, effects);
            None
        }
    };
    if wrong.is_some() {
        state.layers.push(Layer::Editor(Box::new(Editor { wrong, ..*editor })));
    }
}

fn filter_in_force(scope: &Scope) -> String {
    let fields = || scope.fields.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    scope.text.clone().map_or_else(fields, |text| text.pattern)
}

/// A pattern, or conditions on derived fields: those begin with `x.`, which in a pattern would be said with a backslash.
fn filter(state: &mut State, text: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    if text.starts_with("x.") {
        let scope = Scope { fields: parse_field_filters(text)?, ..state.view.scope.clone() };
        go::rescope(state, scope, effects);
        return Ok(());
    }
    if let Some(name) = field_without_x(text) {
        return Err(format!("did you mean {name}? for the text itself write ({})", name.trim_start_matches("x.")));
    }
    if is_table(state) {
        tables::name(state, text);
        return Ok(());
    }
    if text.is_empty() && !state.view.scope.fields.is_empty() {
        let scope = Scope { fields: Vec::new(), text: None, ..state.view.scope.clone() };
        go::rescope(state, scope, effects);
        return Ok(());
    }
    let filter = if text.is_empty() { None } else { pattern(text).map(|_| Some(TextFilter { pattern: text.to_owned() }))? };
    let scope = Scope { text: filter, ..state.view.scope.clone() };
    go::rescope(state, scope, effects);
    Ok(())
}

fn range_in_words(text: &str, now: Timestamp) -> Result<TimeRange, String> {
    if text.is_empty() || text == "all" {
        return Ok(TimeRange::default());
    }
    let Some((since, until)) = text.split_once("..") else {
        return Ok(TimeRange { since: Some(parse_when(text, now)?), until: None });
    };
    let end = |text: &str| if text.trim().is_empty() { Ok(None) } else { parse_when(text, now).map(Some) };
    let range = TimeRange { since: end(since)?, until: end(until)? };
    match (range.since, range.until) {
        (Some(since), Some(until)) if since >= until => Err("the range ends before it begins".to_owned()),
        _ => Ok(range),
    }
}

fn open_palette(state: &mut State) {
    let items = TABLE
        .iter()
        .filter(|entry| entry.command != Command::Accept)
        .map(|entry| Item {
            lead: entry.name.to_owned(),
            text: entry.doc.to_owned(),
            tail: state.setup.keymap.keys_of(entry.command).first().cloned().unwrap_or_default(),
            value: Choice::Run(entry.command),
        })
        .collect();
    state.layers.push(Layer::Menu(Picker::new("Commands", items)));
}

fn open_themes(state: &mut State) {
    let items = theme::EMBEDDED.map(|(name, _)| Item { lead: String::new(), text: name.to_owned(), tail: String::new(), value: Choice::Theme(name) });
    state.layers.push(Layer::Menu(Picker::new("Theme", items.into())));
}

fn open_strands(state: &mut State, cursor: usize) {
    let item = |strand: Strand| {
        let on = if state.view.scope.strands.contains(strand) { "[x]" } else { "[ ]" };
        let count = state.case.events.get(strand as usize).copied().unwrap_or(0);
        Item { lead: on.to_owned(), text: strand.name().to_owned(), tail: crate::tui::render::grouped(count), value: Choice::Strand(strand) }
    };
    let mut menu = Picker::new("Strands (enter switches, esc closes)", Strand::ALL.map(item).into());
    menu.cursor = cursor;
    state.layers.push(Layer::Menu(menu));
}

fn open_ranges(state: &mut State) {
    // Relative to the newest event: a case is often older than today.
    let end = state.case.span.map_or(state.now, |(_, last)| last.plus_millis(1));
    let hour = 3_600_000;
    let mut items =
        vec![Item { lead: String::new(), text: "everything".to_owned(), tail: String::new(), value: Choice::Range(TimeRange::default()) }];
    for (name, millis) in
        [("last 15 minutes", hour / 4), ("last hour", hour), ("last 4 hours", 4 * hour), ("last day", 24 * hour), ("last 7 days", 168 * hour)]
    {
        let since = end.plus_millis(-millis);
        let range = TimeRange { since: Some(since), until: Some(end) };
        items.push(Item { lead: String::new(), text: name.to_owned(), tail: format!("since {since}"), value: Choice::Range(range) });
    }
    if let Some(at) = state.selected().and_then(crate::model::EventRef::time) {
        for (name, millis) in [
            ("5 minutes around the selected row", hour / 24),
            ("1 hour around the selected row", hour / 2),
            ("1 day around the selected row", 12 * hour),
        ] {
            let range = TimeRange { since: Some(at.plus_millis(-millis)), until: Some(at.plus_millis(millis)) };
            items.push(Item { lead: String::new(), text: name.to_owned(), tail: String::new(), value: Choice::Range(range) });
        }
    }
    items.push(Item { lead: String::new(), text: "from … to … in words".to_owned(), tail: String::new(), value: Choice::AskRange });
    state.layers.push(Layer::Menu(Picker::new("Time range, counted from the newest event", items)));
}

/// Shows secrets, or masks them again: all that was read the other way is read anew.
fn reveal(state: &mut State, effects: &mut Vec<Effect>) {
    state.secrets = state.secrets.toggled();
    for slot in [Slot::Rows, Slot::Detail, Slot::Pivots, Slot::Values, Slot::Profile, Slot::SignalPage, Slot::Case, Slot::Echoes] {
        needs::cancel(state, slot, effects);
    }
    state.layers.retain(|layer| matches!(layer, Layer::Editor(_)));
    state.rows.clear();
    state.commands.echoes.clear();
    state.pivots.clear();
    state.case.marked.clear();
    (state.list.revision, state.case.revision) = (u64::MAX, u64::MAX);
    let key = state.setup.keymap.key_of(Command::RevealSecrets, crate::tui::commands::Context::Global).unwrap_or_default();
    state.tell(
        Severity::Warning,
        match state.secrets {
            Secrets::Revealed => format!("secrets are shown, copied and exported as logged · {key} masks them again"),
            Secrets::Masked => "secrets are masked".to_owned(),
        },
    );
}
