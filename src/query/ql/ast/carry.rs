//! Which fields' values the columns of an answer hold: of `coalesce(a, b) as who` those of `a` or `b`. What a function makes of
//! a value is no value of the field any more.

use std::collections::BTreeMap;

use super::{Arguments, Expr, ExprKind, Item, Query, StageKind};

/// Functions that hand a value on as it is, or a list of such.
const HAND_ON: [&str; 8] = ["coalesce", "values", "latest", "earliest", "min", "max", "sortsfirst", "sortslast"];

impl Query {
    /// By the name of each column that was given a name: the fields of events whose values it holds. A column that is not
    /// named here is the field of its own name.
    pub fn carried(&self, query_text: &str) -> BTreeMap<String, Vec<String>> {
        let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let resolved = |known: &BTreeMap<String, Vec<String>>, name: String| known.get(&name).cloned().unwrap_or_else(|| vec![name]);
        for stage in &self.stages {
            match &stage.kind {
                StageKind::Fields(items) | StageKind::Display(items) => name(items.iter(), query_text, &mut known),
                StageKind::Stats(stats) => name(stats.items.iter().chain(&stats.by), query_text, &mut known),
                StageKind::Unnest { field, into } => {
                    let fields = resolved(&known, field.flat());
                    known.insert(into.text.clone(), fields);
                }
                StageKind::Autoregress(told) => {
                    if let Some(alias) = &told.alias {
                        let fields = resolved(&known, told.field.flat());
                        known.insert(alias.text.clone(), fields);
                    }
                }
                // Names that other commands give are of parts of values.
                _ => known.extend(stage.gives().into_iter().map(|given| (given.text.clone(), Vec::new()))),
            }
        }
        known
    }
}

/// Names what items give. All of a command see what was there before it.
fn name<'q>(items: impl Iterator<Item = &'q Item>, query_text: &str, known: &mut BTreeMap<String, Vec<String>>) {
    let given: Vec<(String, Vec<String>)> = items.map(|item| (item.column(query_text), fields_of(&item.expr, known))).collect();
    known.extend(given);
}

fn fields_of(expr: &Expr, known: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    match &expr.kind {
        ExprKind::Field(field) => {
            let name = field.flat();
            known.get(&name).cloned().unwrap_or_else(|| vec![name])
        }
        ExprKind::Call(call) => {
            let letters: String = call.name.chars().filter(|letter| *letter != '_').collect::<String>().to_lowercase();
            match &call.arguments {
                Arguments::List(values) if HAND_ON.contains(&letters.as_str()) => values.iter().flat_map(|value| fields_of(value, known)).collect(),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::query::ql::parse;

    #[test]
    fn columns_hold_the_values_of_fields_that_were_handed_on() {
        let text = "fields coalesce(a.b, c) as who, concat(a, b) as both, strlen(d) | stats values(who) as all, count_distinct(who) as n, latest(e) as last by f, bin(1h) as t | fields all as everybody";
        let carried = parse(text).expect("a query").carried(text);
        let of = |name: &str| carried.get(name).map(|fields| fields.join(" "));
        for (name, fields) in [
            ("who", "a.b c"),
            ("both", ""),
            ("strlen(d)", ""),
            ("all", "a.b c"),
            ("n", ""),
            ("last", "e"),
            ("f", "f"),
            ("t", ""),
            ("everybody", "a.b c"),
        ] {
            assert_eq!(of(name).as_deref(), Some(fields), "{name}");
        }
        let text = "parse @message \"id=*\" as eventName | unnest x.tools into tool | sort a | autoregress a as before";
        let carried = parse(text).expect("a query").carried(text);
        assert_eq!((carried["eventName"].len(), carried["tool"].join(" ").as_str(), carried["before"].join(" ").as_str()), (0, "x.tools", "a"));
    }
}
