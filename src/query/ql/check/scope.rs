//! Names: which are there when a command is reached, and which may not be given again.

use std::collections::{HashMap, HashSet};

use super::super::ast::{Call, Expr, ExprKind, Extraction, Field, Item, Name, Query, Stage, StageKind, Stats, group_names};
use super::super::token::Span;
use super::Findings;
use super::order::{has_call, is_binned};

/// Where a name comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Every event has it.
    System,
    /// Given by `as`.
    Given,
    /// Taken out of a text.
    Parsed,
    /// A map or list out of `jsonParse`.
    Json,
    /// A list out of `split`.
    Parts,
}

impl Origin {
    fn of(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Call(Call { name, .. }) if name == "jsonParse" => Self::Json,
            ExprKind::Call(Call { name, .. }) if name == "split" => Self::Parts,
            _ => Self::Given,
        }
    }
}

const SYSTEM: [&str; 6] = ["@timestamp", "@message", "@logStream", "@log", "@ingestionTime", "@ptr"];

/// How many columns a note names.
const MOST_NAMED: usize = 12;

struct Scope<'f> {
    names: HashMap<String, Origin>,
    /// After `stats` there is nothing but its columns.
    only: Option<HashSet<String>>,
    /// There was a `stats` before; with bins?
    aggregated: Option<bool>,
    findings: &'f mut Findings,
}

pub(super) fn rules(query: &Query, findings: &mut Findings) {
    let names = SYSTEM.iter().map(|name| ((*name).to_owned(), Origin::System)).collect();
    let mut scope = Scope { names, only: None, aggregated: None, findings };
    for stage in &query.stages {
        scope.stage(stage);
        if matches!(stage.kind, StageKind::Stats(_)) {
            scope.aggregated = Some(is_binned(stage) || scope.aggregated == Some(true));
        }
    }
}

impl Scope<'_> {
    fn stage(&mut self, stage: &Stage) {
        if !matches!(stage.kind, StageKind::Stats(_) | StageKind::Join(_)) {
            stage.reads().into_iter().for_each(|field| self.read(field));
        }
        match &stage.kind {
            StageKind::Fields(items) => self.fields(items),
            StageKind::Display(items) => self.items(items),
            StageKind::Stats(stats) => self.stats(stats),
            StageKind::Parse(parse) => {
                for name in stage.gives() {
                    self.give(name, Origin::Parsed);
                }
                if let Extraction::Regex { pattern, names, .. } = &parse.extraction {
                    // The guide gives a group its own name once more, behind `as`.
                    for name in group_names(&pattern.value).into_iter().filter(|own| !names.iter().any(|name| name.text == *own)) {
                        self.give_text(name, pattern.span, Origin::Parsed);
                    }
                }
            }
            StageKind::Dedup(fields) => fields.iter().for_each(|field| self.whole(field, "dedup")),
            StageKind::Sort(keys) => keys.iter().for_each(|key| self.whole(&key.field, "sort")),
            StageKind::Pattern(expr) => {
                expr.as_field().into_iter().for_each(|field| self.whole(field, "pattern"));
                self.forget();
            }
            StageKind::Unnest { field, into } => {
                if self.origin(field) == Some(Origin::Parts) {
                    self.findings.error(field.span, "`unnest` takes a list out of jsonParse; AWS refuses one out of split");
                }
                self.give(into, Origin::Given);
            }
            StageKind::Expand(field) => {
                if self.origin(field) == Some(Origin::Parts) {
                    self.findings.note(field.span, "`expand` leaves a list out of split as it is; it takes one out of jsonParse");
                }
            }
            StageKind::RelevantFields(told) => {
                for field in &told.fields {
                    if self.origin(field) == Some(Origin::Parsed) {
                        self.findings.error(field.span, "`relevantfields` does not weigh fields out of `parse`");
                    }
                }
                self.forget();
            }
            StageKind::CountFrequent(fields) => {
                let mut columns: HashSet<String> = fields.iter().map(Field::flat).collect();
                columns.insert("_approxcount".to_owned());
                self.only(columns);
            }
            StageKind::Lookup(told) => self.add(told.output.iter().map(|column| column.alias.as_ref().unwrap_or(&column.column))),
            StageKind::CidrLookup(told) => self.add(told.output.iter().map(|column| column.alias.as_ref().unwrap_or(&column.column))),
            // What these add has names that are not in the query.
            StageKind::Join(_)
            | StageKind::AppendCols(_)
            | StageKind::Diff(_)
            | StageKind::Anomaly
            | StageKind::LogCompare(_)
            | StageKind::Outlier(_)
            | StageKind::AddTotals(_)
            | StageKind::Autoregress(_)
            | StageKind::Sessionize(_) => self.forget(),
            _ => stage.gives().into_iter().for_each(|name| self.give(name, Origin::Given)),
        }
    }

    fn origin(&self, field: &Field) -> Option<Origin> {
        if field.steps.len() > 1 { None } else { self.names.get(field.root()).copied() }
    }

    fn give(&mut self, name: &Name, origin: Origin) {
        self.give_text(&name.text, name.span, origin);
    }

    fn give_text(&mut self, name: &str, span: Span, origin: Origin) {
        if self.names.contains_key(name) {
            self.findings.error(span, format!("`{name}` is already defined: a name can be given only once"));
        }
        self.insert(name, origin);
    }

    fn insert(&mut self, name: &str, origin: Origin) {
        self.names.insert(name.to_owned(), origin);
        if let Some(only) = &mut self.only {
            only.insert(name.to_owned());
        }
    }

    /// Columns of a table may write over fields.
    fn add<'n>(&mut self, names: impl Iterator<Item = &'n Name>) {
        names.for_each(|name| self.insert(&name.text, Origin::Given));
    }

    fn only(&mut self, columns: HashSet<String>) {
        self.names = columns.iter().map(|name| (name.clone(), Origin::Given)).collect();
        self.only = Some(columns);
    }

    fn forget(&mut self) {
        self.only = None;
    }

    fn read(&mut self, field: &Field) {
        if let Some(gone) = self.gone(field) {
            self.findings.note(field.span, gone);
        }
    }

    /// Why a field is not there any more.
    fn gone(&self, field: &Field) -> Option<String> {
        let only = self.only.as_ref().filter(|_| !self.findings.is_full())?;
        let flat = field.flat();
        if only.contains(&flat) || only.contains(field.root()) {
            return None;
        }
        let mut left: Vec<&str> = only.iter().map(String::as_str).collect();
        left.sort_unstable();
        left.truncate(MOST_NAMED);
        let more = if only.len() > left.len() { ", …" } else { "" };
        let left = if left.is_empty() { "nothing with a name".to_owned() } else { left.join(", ") + more };
        Some(format!("`{flat}` is gone: the `stats` above left {left}"))
    }

    /// Commands that cannot put maps and lists in order.
    fn whole(&mut self, field: &Field, command: &str) {
        if matches!(self.origin(field), Some(Origin::Json | Origin::Parts)) {
            self.findings.error(field.span, format!("`{}` is a map or list, which `{command}` does not take", field.flat()));
        }
    }

    fn fields(&mut self, items: &[Item]) {
        let made_here: HashSet<&str> = items
            .iter()
            .filter(|item| Origin::of(&item.expr) == Origin::Json)
            .filter_map(|item| item.alias.as_ref().map(|alias| alias.text.as_str()))
            .collect();
        for item in items {
            item.expr.visit(&mut |expr| {
                if let Some(field) = expr.as_field().filter(|field| field.steps.len() > 1 && made_here.contains(field.root())) {
                    let root = field.root();
                    let message = format!("a member of `{root}` can be read only in the next command: put it into a `fields` of its own");
                    self.findings.error(field.span, message);
                }
            });
            if let (Some(field), None) = (item.expr.as_field(), &item.alias)
                && self.origin(field) == Some(Origin::Parsed)
            {
                let name = field.flat();
                self.findings.note(field.span, format!("AWS may say that `{name}` is already defined: list what `parse` took out with `display`"));
            }
        }
        self.items(items);
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            let Some(alias) = &item.alias else { continue };
            if item.expr.as_field().is_some_and(|field| field.flat() == alias.text) && !self.names.contains_key(&alias.text) {
                self.findings.error(alias.span, format!("`{}` is the field's own name: a name given must be new", alias.text));
            }
            self.give(alias, Origin::of(&item.expr));
        }
    }

    fn stats(&mut self, stats: &Stats) {
        // What `by` defines and earlier items of the same command may be used within it.
        let own: HashSet<&str> =
            stats.items.iter().chain(&stats.by).filter_map(|item| item.alias.as_ref().map(|alias| alias.text.as_str())).collect();
        let mut columns = HashSet::new();
        for item in stats.items.iter().chain(&stats.by) {
            item.expr.visit(&mut |expr| {
                if let Some(field) = expr.as_field() {
                    if let Some(gone) = self.gone(field).filter(|_| !own.contains(field.flat().as_str())) {
                        self.findings.error(field.span, gone);
                    }
                    self.whole(field, "stats");
                }
            });
            if let Some(binned) = self.aggregated.filter(|_| has_call(&item.expr, "bin")) {
                let earlier = if binned { "the bins above" } else { "a time, as max(@timestamp)," };
                let message =
                    format!("`bin` means @timestamp, which the `stats` above has not left: carry {earlier} as t, and write dateceil(t, 5m) here");
                self.findings.error(item.expr.span, message);
            }
            if let Some(alias) = &item.alias {
                self.give(alias, Origin::Given);
                columns.insert(alias.text.clone());
            } else if let Some(field) = item.expr.as_field() {
                columns.insert(field.flat());
            }
        }
        self.only(columns);
    }
}
