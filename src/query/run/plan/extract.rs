//! `parse`.

use super::super::error::RunError;
use super::super::expr::wrong;
use super::super::stage::{Csv, Fold, LOGFMT, Logfmt, Match, glob};
use super::Planner;
use crate::query::compare::{Searched, compile};
use crate::query::ql::ast::{Extraction, Parse, group_names};

impl Planner<'_> {
    pub(super) fn parse(&mut self, told: &Parse) -> Result<(), RunError> {
        let of = match &told.field {
            Some(field) => self.field(field)?,
            None => self.names.system("@message"),
        };
        self.is_filters = false;
        let mut give = |name: &str| {
            let slot = self.names.give(name);
            self.names.add(name, slot);
            slot
        };
        let (pattern, groups, multi, span) = match &told.extraction {
            Extraction::Glob { pattern, names } => {
                let groups = names.iter().enumerate().map(|(at, name)| (at + 1, give(&name.text))).collect();
                (glob(&pattern.value), groups, false, pattern.span)
            }
            Extraction::Regex { pattern, names, multi } => {
                let regex = compile(&pattern.value).map_err(|error| wrong(pattern.span, error.to_string()))?;
                let mut unnamed = names.iter();
                let mut groups = Vec::new();
                let own = group_names(&pattern.value);
                for (at, name) in regex.capture_names().enumerate().skip(1) {
                    let name = match name {
                        Some(name) => own.iter().find(|own| **own == name).map_or(name, |own| *own),
                        None => match unnamed.next() {
                            Some(name) => &name.text,
                            None => continue,
                        },
                    };
                    groups.push((at, give(name)));
                }
                (pattern.value.clone(), groups, *multi, pattern.span)
            }
            Extraction::Csv(names) => {
                let slots = names.iter().map(|name| give(&name.text)).collect();
                self.push(Csv { of, slots });
                return Ok(());
            }
            Extraction::Logfmt(name) => {
                let slot = give(&name.text);
                let regex = compile(LOGFMT).map_err(|error| wrong(name.span, error.to_string()))?;
                self.push(Logfmt { of, slot, regex });
                return Ok(());
            }
            Extraction::Xml { path, .. } => return Err(wrong(path.span, "XML cannot be taken apart in this version")),
        };
        let regex = compile(&pattern).map_err(|error| wrong(span, error.to_string()))?;
        self.push(Match { of, regex: Searched::of(regex), groups, multi, fold: Fold::default() });
        Ok(())
    }
}
