//! Names of a query: each one that is in force has a slot in every row; a name that nobody gave is a field of the event.

use hashbrown::HashMap;

use super::error::RunError;
use super::expr::Node;
use super::field::Base;
use crate::query::ql::QueryError;
use crate::query::ql::ast::{Field, Stage, StageKind, Step};
use crate::query::sql::ast::{ExprKind as SqlKind, Query as SqlQuery};
use crate::query::value::Value;

/// A column of the answer: its title and its slot.
pub(super) type Column = (String, usize);

/// The names in force at a place of the query.
#[derive(Debug)]
pub(super) struct Names {
    given: HashMap<String, usize>,
    base: HashMap<String, usize>,
    /// The event's fields that the query reads, by slot.
    pub(super) bases: Vec<(usize, Base)>,
    /// Are the event's own fields still there? After `stats` they are not.
    pub(super) is_open: bool,
    /// What was chosen by `fields`, `display`, `stats` …; nothing was when it is none.
    pub(super) columns: Option<Vec<Column>>,
    /// What other commands have added.
    pub(super) added: Vec<Column>,
    /// What a `join` calls this query's events.
    pub(super) left: Option<String>,
    /// How many slots a row has.
    pub(super) slots: usize,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { given: HashMap::new(), base: HashMap::new(), bases: Vec::new(), is_open: true, columns: None, added: Vec::new(), left: None, slots: 0 }
    }

    /// What a field means here.
    pub(super) fn resolve(&mut self, field: &Field) -> Result<Node, RunError> {
        if let (Some(left), [_, own @ ..]) = (&self.left, field.steps.as_slice())
            && !own.is_empty()
            && field.root() == left
        {
            return self.resolve(&Field { steps: own.to_vec(), span: field.span });
        }
        let flat = field.flat();
        if let Some(slot) = self.given.get(&flat) {
            return Ok(Node::Slot(*slot));
        }
        // A way into a map or list that was given a name.
        for count in (1..field.steps.len()).rev() {
            let (first, rest) = field.steps.split_at_checked(count).unwrap_or_default();
            let name = Field { steps: first.to_vec(), span: field.span }.flat();
            if let Some(slot) = self.given.get(&name) {
                return Ok(Node::Part(Box::new(Node::Slot(*slot)), rest.to_vec()));
            }
        }
        if !self.is_open {
            return Ok(Node::Const(Value::Missing));
        }
        if let Some(slot) = self.base.get(&flat) {
            return Ok(Node::Slot(*slot));
        }
        let base =
            Base::of(&flat, &field.steps).map_err(|message| QueryError { span: field.span, message, expected: Vec::new(), suggestion: None })?;
        Ok(Node::Slot(self.base_slot(flat, base)))
    }

    /// The slot of a field of the event.
    pub(super) fn base_slot(&mut self, name: String, base: Base) -> usize {
        if let Some(slot) = self.base.get(&name) {
            return *slot;
        }
        let slot = self.slot();
        self.base.insert(name, slot);
        self.bases.push((slot, base));
        slot
    }

    /// The slot of a field of the event that is known to be one, such as `@timestamp`.
    pub(super) fn system(&mut self, name: &str) -> Node {
        if let Some(slot) = self.given.get(name) {
            return Node::Slot(*slot);
        }
        match Base::of(name, &[Step::Member(name.to_owned())]) {
            Ok(base) if self.is_open => Node::Slot(self.base_slot(name.to_owned(), base)),
            _ => Node::Const(Value::Missing),
        }
    }

    /// Gives a name, which hides an older one.
    pub(super) fn give(&mut self, name: &str) -> usize {
        let slot = self.slot();
        self.given.insert(name.to_owned(), slot);
        slot
    }

    /// A place without a name.
    pub(super) fn slot(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }

    /// From here on there are only these.
    pub(super) fn only(&mut self, columns: Vec<Column>) {
        self.given = columns.iter().cloned().collect();
        self.is_open = false;
        self.columns = Some(columns);
        self.added.clear();
    }

    /// Adds a column that the answer shows.
    pub(super) fn show(&mut self, name: &str, slot: usize) {
        let columns = self.columns.get_or_insert_default();
        columns.retain(|(known, _)| known != name);
        columns.push((name.to_owned(), slot));
    }

    /// Adds a column that a command other than `fields` has made: shown at the end.
    pub(super) fn add(&mut self, name: &str, slot: usize) {
        self.added.retain(|(known, _)| known != name);
        self.added.push((name.to_owned(), slot));
    }

    /// The names that were given, by slot.
    pub(super) fn given(&self) -> impl Iterator<Item = (&str, usize)> {
        self.given.iter().map(|(name, slot)| (name.as_str(), *slot))
    }

    /// The columns of the answer.
    pub(super) fn answer_columns(&mut self) -> Vec<Column> {
        let mut columns = match self.columns.take() {
            Some(columns) => columns,
            None => ["@timestamp", "@message"]
                .into_iter()
                .filter_map(|name| match self.system(name) {
                    Node::Slot(slot) => Some((name.to_owned(), slot)),
                    _ => None,
                })
                .collect(),
        };
        for (name, slot) in std::mem::take(&mut self.added) {
            if !columns.iter().any(|(known, _)| *known == name) {
                columns.push((name, slot));
            }
        }
        columns
    }
}

/// By column: the last names of the fields that its values may come from. Of what was worked out that is any field of the query.
pub(super) fn origins(columns: &[Column], bases: &[(usize, Base)], stages: &[Stage]) -> Vec<Vec<String>> {
    let mut all: Vec<String> = Vec::new();
    for stage in stages {
        for field in stage.reads() {
            all.extend(field.steps.iter().rev().find_map(|step| if let Step::Member(name) = step { Some(name.clone()) } else { None }));
        }
        if let StageKind::Json(told) = &stage.kind {
            all.extend(told.path.value.rsplit('.').next().map(str::to_owned));
        }
    }
    all.sort_unstable();
    all.dedup();
    let own = |(name, slot): &Column| {
        if bases.iter().any(|(known, _)| known == slot) { vec![name.rsplit('.').next().unwrap_or(name).to_owned()] } else { all.clone() }
    };
    columns.iter().map(own).collect()
}

/// The last names of the fields that a query in SQL reads, also within the paths of `get_json_object`.
pub(super) fn sql_fields(query: &SqlQuery) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    query.visit(&mut |expr| match &expr.kind {
        SqlKind::Field(steps) => {
            all.extend(steps.iter().rev().find_map(|step| if let Step::Member(name) = step { Some(name.clone()) } else { None }));
        }
        SqlKind::Call(call) if call.name.contains("json") => {
            let texts = call.args.iter().filter_map(|arg| if let SqlKind::Literal(Value::Text(text)) = &arg.kind { Some(text) } else { None });
            all.extend(texts.filter_map(|text| text.rsplit('.').next().map(str::to_owned)));
        }
        SqlKind::At(_, key) => {
            if let SqlKind::Literal(Value::Text(text)) = &key.kind {
                all.push(text.to_string());
            }
        }
        _ => {}
    });
    all.sort_unstable();
    all.dedup();
    all
}

/// [`origins`] of a query in SQL that reads these fields.
pub(super) fn sql_origins(columns: &[Column], bases: &[(usize, Base)], fields: &[String]) -> Vec<Vec<String>> {
    let own = |(name, slot): &Column| match bases.iter().find(|(known, _)| known == slot) {
        Some((_, Base::Path(steps))) => {
            steps.iter().filter_map(|step| if let Step::Member(name) = step { Some(name.clone()) } else { None }).next_back().into_iter().collect()
        }
        Some(_) => vec![name.rsplit('.').next().unwrap_or(name).to_owned()],
        None => fields.to_vec(),
    };
    columns.iter().map(own).collect()
}
