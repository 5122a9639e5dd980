//! `lookup`, `cidrlookup`: which columns of which table are put beside a row.

use std::sync::Arc;

use hashbrown::HashMap;

use super::super::error::RunError;
use super::super::expr::{Node, wrong};
use super::super::stage::{Finder, Lookup, Shown};
use super::Planner;
use crate::case::Reader;
use crate::query::lookup::{LookupTable, Networks};
use crate::query::ql::QueryError;
use crate::query::ql::ast::{CidrLookup as Within, Field, Lookup as Told, Name, OutputColumn, Stage, StageKind, Step};

/// The tables that a query names.
pub(in crate::query::run) type LookupTables = HashMap<String, Arc<LookupTable>>;

/// Reads the tables that commands name out of the case.
pub(in crate::query::run) fn lookup_tables(reader: &mut Reader, stages: &[Stage]) -> Result<LookupTables, RunError> {
    let mut tables = LookupTables::new();
    for stage in stages {
        let (StageKind::Lookup(Told { table, .. }) | StageKind::CidrLookup(Within { table, .. })) = &stage.kind else { continue };
        let Some(csv) = reader.lookup_table(&table.text)? else { return Err(unknown(reader, table)?.into()) };
        let read =
            LookupTable::read(&csv).map_err(|why| wrong(table.span, format!("the table `{}` of this case cannot be read: {why}", table.text)))?;
        tables.insert(table.text.clone(), Arc::new(read));
    }
    Ok(tables)
}

fn unknown(reader: &mut Reader, table: &Name) -> Result<QueryError, RunError> {
    let name = &table.text;
    let known = reader.lookup_tables()?;
    let message =
        format!("this case has no table `{name}`: `outcrop tables {name} FILE.csv` puts one in; AWS knows the tables that were uploaded there");
    Ok(QueryError { span: table.span, message, expected: Vec::new(), suggestion: nearest(name, &known) })
}

fn nearest(name: &str, known: &[String]) -> Option<String> {
    let near = known.iter().map(|known| (strsim::osa_distance(name, known), known)).min().filter(|(distance, _)| *distance <= 2);
    near.map(|(_, known)| known.clone())
}

impl Planner<'_> {
    pub(super) fn lookup(&mut self, told: &Told) -> Result<(), RunError> {
        let table = self.table(&told.table)?;
        let (mut keys, mut columns) = (Vec::new(), Vec::new());
        for pair in &told.matches {
            columns.push(column(&table, &told.table, &pair.column)?);
            let own = field_of(&pair.column);
            keys.push(self.field(pair.field.as_ref().unwrap_or(&own))?);
        }
        let finder = Finder::equal(keys, &columns, &table);
        self.look_up(&told.table, table, finder, told.only_new, &told.output)
    }

    pub(super) fn cidr_lookup(&mut self, told: &Within) -> Result<(), RunError> {
        let table = self.table(&told.table)?;
        let networks = match &told.column {
            Some(name) => column(&table, &told.table, name)?,
            // AWS does not say which column is meant.
            None => table.column(&told.field.flat()).or_else(|| table.column_of_networks()).ok_or_else(|| {
                let message = format!("which column of `{}` has the networks? Say so, as in `{} as cidr`", told.table.text, told.field.flat());
                wrong(told.field.span, message)
            })?,
        };
        let finder = Finder::Within { address: self.field(&told.field)?, networks: Networks::of(&table, networks) };
        self.look_up(&told.table, table, finder, told.only_new, &told.output)
    }

    fn table(&self, name: &Name) -> Result<Arc<LookupTable>, RunError> {
        self.tables.get(&name.text).cloned().ok_or_else(|| wrong(name.span, format!("this case has no table `{}`", name.text)))
    }

    fn look_up(&mut self, name: &Name, table: Arc<LookupTable>, finder: Finder, only_new: bool, output: &[OutputColumn]) -> Result<(), RunError> {
        let mut found: Vec<(usize, Option<Node>, &str)> = Vec::new();
        for told in output {
            let shown = told.alias.as_ref().unwrap_or(&told.column);
            let before = if only_new { Some(self.field(&field_of(shown))?) } else { None };
            found.push((column(&table, name, &told.column)?, before, &shown.text));
        }
        // Names are given only now: each column is looked up with the fields as they were before.
        let shown = found.into_iter().map(|(column, before, name)| Shown { column, before, slot: self.replace(name) }).collect();
        self.is_filters = false;
        self.push(Lookup { name: name.text.clone(), table, finder, shown });
        Ok(())
    }
}

fn column(table: &LookupTable, name: &Name, column: &Name) -> Result<usize, RunError> {
    table.column(&column.text).ok_or_else(|| {
        let message = format!("the table `{}` has no column `{}`; it has {}", name.text, column.text, table.columns.join(", "));
        QueryError { span: column.span, message, expected: Vec::new(), suggestion: nearest(&column.text, &table.columns) }.into()
    })
}

/// The field of this name.
fn field_of(name: &Name) -> Field {
    Field { steps: name.text.split('.').map(|part| Step::Member(part.to_owned())).collect(), span: name.span }
}
