//! `GROUP BY`: what rows are grouped by, and in which ways at once.

use sqlparser::ast::{Expr as Parsed, GroupByExpr, GroupByWithModifier};

use super::super::ast::Expr;
use super::expr::Reading;
use crate::query::ql::QueryError;

/// A row is in one group of each way; so many ways a query may ask for at once.
const MOST_SETS: usize = 64;

/// Ways to group: each by some of the keys, by their numbers.
type Sets = Vec<Vec<usize>>;

/// What makes ways of the parts behind a word.
type Ways = fn(&[Vec<usize>]) -> Sets;

impl Reading<'_> {
    /// The keys, and the ways to group by them; none when there is one way, by all of them.
    pub(super) fn grouping(&mut self, by: &GroupByExpr) -> Result<(Vec<Expr>, Sets), QueryError> {
        let GroupByExpr::Expressions(exprs, modifiers) = by else { return self.refuse(by, "GROUP BY names what to group by") };
        let mut keys = Vec::new();
        let mut sets: Sets = vec![Vec::new()];
        let mut is_plain = true;
        for expr in exprs {
            let (list, ways): (_, Ways) = match expr {
                Parsed::Rollup(list) => (list, rolled_up),
                Parsed::Cube(list) => (list, cubed),
                Parsed::GroupingSets(list) => (list, <[Vec<usize>]>::to_vec),
                plain => {
                    let key = self.key(plain, &mut keys)?;
                    for set in &mut sets {
                        set.push(key);
                    }
                    continue;
                }
            };
            is_plain = false;
            let parts = self.parts(list, &mut keys)?;
            sets = self.bounded(by, sets.iter().flat_map(|set| ways(&parts).into_iter().map(|way| [set.as_slice(), &way].concat())))?;
        }
        for modifier in modifiers {
            let each: Vec<Vec<usize>> = sets.concat().into_iter().map(|key| vec![key]).collect();
            let ways = match modifier {
                _ if !is_plain => return self.refuse(by, "WITH ROLLUP and WITH CUBE stand behind plain names"),
                GroupByWithModifier::Rollup => rolled_up(&each),
                GroupByWithModifier::Cube => cubed(&each),
                GroupByWithModifier::GroupingSets(Parsed::GroupingSets(list)) => self.parts(list, &mut keys)?,
                _ => return self.refuse(by, "AWS takes ROLLUP, CUBE and GROUPING SETS here"),
            };
            sets = self.bounded(by, ways.into_iter())?;
            is_plain = false;
        }
        // One way only is a plain GROUP BY, by nothing when it names nothing.
        Ok(if is_plain { (keys, Vec::new()) } else { in_order(keys, sets) })
    }

    fn parts(&mut self, list: &[Vec<Parsed>], keys: &mut Vec<Expr>) -> Result<Vec<Vec<usize>>, QueryError> {
        list.iter().map(|part| part.iter().map(|expr| self.key(expr, keys)).collect()).collect()
    }

    /// The number of a key, which is a new one unless it was named before.
    fn key(&mut self, expr: &Parsed, keys: &mut Vec<Expr>) -> Result<usize, QueryError> {
        if let Parsed::Function(call) = expr
            && ["rollup", "cube"].iter().any(|word| call.name.to_string().eq_ignore_ascii_case(word))
        {
            return self.refuse(expr, "GROUPING SETS within one another are written out, as in GROUPING SETS ((a, b), (a), ())");
        }
        let key = self.expr(expr)?;
        Ok(keys.iter().position(|known| *known == key).unwrap_or_else(|| {
            keys.push(key);
            keys.len() - 1
        }))
    }

    fn bounded(&self, by: &GroupByExpr, sets: impl Iterator<Item = Vec<usize>>) -> Result<Sets, QueryError> {
        let sets: Sets = sets.take(MOST_SETS + 1).collect();
        if sets.len() > MOST_SETS {
            return self.refuse(by, format!("this groups in more than {MOST_SETS} ways at once: name fewer, with GROUPING SETS"));
        }
        Ok(sets)
    }
}

/// `ROLLUP (a, b)`: by both, by the first, by nothing.
fn rolled_up(parts: &[Vec<usize>]) -> Sets {
    (0..=parts.len()).rev().map(|count| parts.iter().take(count).flatten().copied().collect()).collect()
}

/// `CUBE (a, b)`: by each choice of them. More than are allowed are not made.
fn cubed(parts: &[Vec<usize>]) -> Sets {
    let mut sets: Sets = vec![Vec::new()];
    for part in parts {
        let with: Sets = sets.iter().map(|set| [set.as_slice(), part].concat()).collect();
        sets = with.into_iter().zip(sets).flat_map(|(with, without)| [with, without]).take(2 * MOST_SETS).collect();
    }
    sets
}

/// Keys in the order in which the ways name them, so that a query that is printed is read as the same one.
fn in_order(keys: Vec<Expr>, mut sets: Sets) -> (Vec<Expr>, Sets) {
    let mut order: Vec<usize> = Vec::new();
    for set in &mut sets {
        // Known ones first: those come first when it is printed.
        set.sort_by_key(|key| order.iter().position(|known| known == key).unwrap_or(usize::MAX));
        for key in set.iter_mut() {
            let at = order.iter().position(|known| known == key);
            *key = at.unwrap_or_else(|| {
                order.push(*key);
                order.len() - 1
            });
        }
        set.sort_unstable();
        set.dedup();
    }
    let mut keys: Vec<Option<Expr>> = keys.into_iter().map(Some).collect();
    let keys: Vec<Expr> = order.iter().filter_map(|key| keys.get_mut(*key)?.take()).collect();
    let sets = if keys.is_empty() && sets.len() == 1 { Vec::new() } else { sets };
    (keys, sets)
}
