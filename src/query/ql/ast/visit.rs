//! Looking through a tree without knowing all its forms: which values, fields and names it has.

use super::{Arguments, Expr, ExprKind, Extraction, Field, FillTarget, Name, Query, Set, Stage, StageKind};

impl Expr {
    /// Shows this value and all within it, outer ones first; not those of sub-queries.
    pub fn visit<'q>(&'q self, see: &mut dyn FnMut(&'q Expr)) {
        see(self);
        self.parts().into_iter().for_each(|part| part.visit(see));
    }

    /// The values this one is made of.
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Bool(_) | ExprKind::Period(_) | ExprKind::Field(_) => Vec::new(),
            ExprKind::List(values) | ExprKind::And(values) | ExprKind::Or(values) => values.iter().collect(),
            ExprKind::Call(call) => match &call.arguments {
                Arguments::Star => Vec::new(),
                Arguments::List(values) => values.iter().collect(),
            },
            ExprKind::Negate(inner) | ExprKind::Not(inner) => vec![inner],
            ExprKind::Arithmetic { first, rest } => std::iter::once(&**first).chain(rest.iter().map(|(_, value)| value)).collect(),
            ExprKind::Power(left, right) | ExprKind::Compare(_, left, right) => vec![left, right],
            ExprKind::Like { value, .. } => vec![value],
            ExprKind::In { value, set, .. } => match set {
                Set::List(values) => std::iter::once(&**value).chain(values).collect(),
                Set::Query(_) => vec![value],
            },
        }
    }

    /// The field, when this is nothing else.
    pub fn as_field(&self) -> Option<&Field> {
        match &self.kind {
            ExprKind::Field(field) => Some(field),
            _ => None,
        }
    }
}

impl Stage {
    /// The values and conditions it is told, in order; not those of sub-queries.
    pub fn exprs(&self) -> Vec<&Expr> {
        match &self.kind {
            StageKind::Fields(items) | StageKind::Display(items) => items.iter().map(|item| &item.expr).collect(),
            StageKind::Filter(expr) | StageKind::Pattern(expr) => vec![expr],
            StageKind::Stats(stats) => stats.items.iter().chain(&stats.by).map(|item| &item.expr).collect(),
            StageKind::RelevantFields(told) => vec![&told.condition],
            _ => Vec::new(),
        }
    }

    /// The fields it reads, in order; not those of sub-queries.
    pub fn reads(&self) -> Vec<&Field> {
        let mut fields: Vec<&Field> = match &self.kind {
            StageKind::FilterIndex(told) => vec![&told.field],
            StageKind::Parse(told) => told.field.iter().collect(),
            StageKind::Json(told) => vec![&told.field],
            StageKind::Sort(keys) => keys.iter().map(|key| &key.field).collect(),
            StageKind::Dedup(fields) | StageKind::CountFrequent(fields) => fields.iter().collect(),
            StageKind::Unnest { field, .. } | StageKind::Expand(field) | StageKind::Accum { field, .. } => vec![field],
            StageKind::Lookup(told) => told.matches.iter().filter_map(|pair| pair.field.as_ref()).collect(),
            StageKind::CidrLookup(told) => vec![&told.field],
            StageKind::Join(told) => vec![&told.left_key, &told.right_key],
            StageKind::RelevantFields(told) => told.fields.iter().collect(),
            StageKind::AddTotals(told) => told.fields.iter().collect(),
            StageKind::Autoregress(told) => vec![&told.field],
            StageKind::FillMissing(fills) => fills.iter().map(|fill| &fill.field).collect(),
            StageKind::FillDown(targets) => targets
                .iter()
                .filter_map(|target| match target {
                    FillTarget::Field(field) => Some(field),
                    FillTarget::Wildcard(_) => None,
                })
                .collect(),
            StageKind::Outlier(told) => told.fields.iter().collect(),
            StageKind::Sessionize(told) => told.fields.iter().collect(),
            _ => Vec::new(),
        };
        for expr in self.exprs() {
            expr.visit(&mut |expr| fields.extend(expr.as_field()));
        }
        fields
    }

    /// The names it gives, in order; groups of a regular expression have no node of their own.
    pub fn gives(&self) -> Vec<&Name> {
        match &self.kind {
            StageKind::Fields(items) | StageKind::Display(items) => items.iter().filter_map(|item| item.alias.as_ref()).collect(),
            StageKind::Stats(stats) => stats.items.iter().chain(&stats.by).filter_map(|item| item.alias.as_ref()).collect(),
            StageKind::Parse(told) => match &told.extraction {
                Extraction::Glob { names, .. } | Extraction::Regex { names, .. } | Extraction::Csv(names) => names.iter().collect(),
                Extraction::Logfmt(name) | Extraction::Xml { name, .. } => vec![name],
            },
            StageKind::Json(told) => vec![&told.alias],
            StageKind::Unnest { into, .. } => vec![into],
            StageKind::Accum { alias, .. } => alias.iter().collect(),
            StageKind::Autoregress(told) => told.alias.iter().collect(),
            StageKind::Sessionize(told) => told.alias.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The queries within it.
    pub fn queries(&self) -> Vec<&Query> {
        let mut queries: Vec<&Query> = match &self.kind {
            StageKind::Join(told) => vec![&told.query],
            StageKind::AppendCols(told) => vec![&told.query],
            _ => Vec::new(),
        };
        for expr in self.exprs() {
            expr.visit(&mut |expr| {
                if let ExprKind::In { set: Set::Query(query), .. } = &expr.kind {
                    queries.push(query);
                }
            });
        }
        queries
    }
}

/// The names a regular expression gives its groups, in order: `(?<name>…)` and `(?P<name>…)`.
pub fn group_names(pattern: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        rest = match letter {
            '\\' => after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default(),
            '(' if !in_class => {
                let named = after.strip_prefix("?P<").or_else(|| after.strip_prefix("?<"));
                let name = named.filter(|named| !named.starts_with(['=', '!'])).and_then(|named| named.split_once('>'));
                names.extend(name.map(|(name, _)| name));
                after
            }
            '[' => {
                in_class = true;
                after
            }
            ']' => {
                in_class = false;
                after
            }
            _ => after,
        };
    }
    names
}
