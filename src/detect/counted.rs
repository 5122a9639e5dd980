//! A baseline out of counts that somebody else made: the small result of a query that AWS answers from thirty days of history
//! (`stats earliest, count by actor, action, hour`), instead of the history itself.

use super::load::RuleSet;
use super::rule::{Aggregate, How};
use super::sigma::{Field, Look, Selector};
use crate::case::{Learnt, LearntRow};
use crate::decode;
use crate::model::Timestamp;

/// How often an actor did something in an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Who, as `x.actor`.
    pub actor: String,
    /// The event source, with its domain or without.
    pub service: String,
    /// What.
    pub action: String,
    /// The beginning of the hour …
    pub hour: Timestamp,
    /// … the first time in it …
    pub earliest: Timestamp,
    /// … and how often.
    pub count: u64,
}

/// What counts teach a set of rules, and the titles of rules with a memory that need more than they say: those learn nothing from them.
pub fn learnt_from_counts(set: &RuleSet, name: &str, rows: &[Counted]) -> (Learnt, Vec<String>) {
    let mut learnt = Learnt {
        name: name.to_owned(),
        since: rows.iter().map(|row| row.earliest).min(),
        until: rows.iter().map(|row| row.hour.plus_millis(3_599_999)).max(),
        events: rows.iter().map(|row| row.count).sum(),
        rows: Vec::new(),
    };
    let mut beyond = Vec::new();
    for rule in &set.rules {
        let Some(selector) = &rule.selector else { continue };
        let id = rule.uuid.clone().unwrap_or_else(|| rule.title.clone());
        let (group_by, value) = match &rule.how {
            How::FirstSeen(how) => (&how.group_by, how.value.as_slice()),
            How::Outlier(how) if how.aggregate == Aggregate::Count => (&how.group_by, &[][..]),
            How::Outlier(_) => {
                beyond.push(rule.title.clone());
                continue;
            }
            How::Match | How::Together(_) => continue,
        };
        let mut is_beyond = false;
        for row in rows {
            let seen = Seen(row);
            let texts = |fields: &[String]| fields.iter().map(|field| seen.text(field)).collect::<Option<Vec<String>>>();
            match (holds(selector, &seen), texts(group_by), texts(value)) {
                (Some(false), _, _) => {}
                (Some(true), Some(group), Some(value)) => {
                    let value = (!value.is_empty()).then(|| value.join(super::view::BETWEEN));
                    let first = if value.is_some() { row.earliest } else { row.hour };
                    let last = row.hour.plus_millis(3_599_999);
                    learnt.rows.push(LearntRow { rule: id.clone(), group, value, first, last, amount: row.count as f64 });
                }
                _ => is_beyond = true,
            }
        }
        if is_beyond {
            beyond.push(rule.title.clone());
        }
    }
    (learnt, beyond)
}

fn holds(selector: &Selector, seen: &Seen<'_>) -> Option<bool> {
    selector.holds(&mut |at| {
        let leaf = selector.leaves().get(at)?;
        let is_known = !leaf.fields.is_empty() && leaf.fields.iter().all(|field| seen.field(field).is_some());
        is_known.then(|| leaf.holds(seen))
    })
}

/// A count as an event of which little is known.
struct Seen<'r>(&'r Counted);

impl Seen<'_> {
    fn service(&self) -> &str {
        self.0.service.strip_suffix(".amazonaws.com").unwrap_or(&self.0.service)
    }

    fn text(&self, field: &str) -> Option<String> {
        match self.field(field)? {
            Field::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Look for Seen<'_> {
    fn field(&self, name: &str) -> Option<Field> {
        let (service, action) = (self.service(), self.0.action.as_str());
        let text = |text: &str| Some(Field::Text(text.to_owned()));
        match name {
            "x.actor" => text(&self.0.actor),
            "x.service" => text(service),
            "x.action" | "eventName" => text(action),
            "eventSource" => Some(Field::Text(if service.contains('.') { service.to_owned() } else { format!("{service}.amazonaws.com") })),
            "x.is_bedrock" => Some(Field::Flag(decode::is_bedrock(service))),
            "x.invoke" => Some(Field::Flag(decode::is_invoke(service, action))),
            "x.agentic" => Some(Field::Flag(decode::is_agentic(service, action))),
            "x.enum" => Some(Field::Flag(decode::is_enumeration(service, action))),
            _ => None,
        }
    }

    fn any_text(&self, _: &dyn Fn(&str) -> bool) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Sources;

    #[test]
    fn counts_teach_what_they_say_and_no_more() {
        let rule = |title: &str, condition: &str, block: &str| {
            format!(
                "title: {title}\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  s: {{{condition}}}\n  condition: s\nlevel: low\n\
                 outcrop: {{{block}}}\n---\n"
            )
        };
        let text = [
            rule("first", "x.is_bedrock: true", "kind: first_seen, value: [eventName], group-by: [x.actor]"),
            rule("many", "eventName: ListFoundationModels", "kind: outlier, group-by: [x.actor]"),
            rule("model", "x.invoke: true", "kind: first_seen, value: [x.model], group-by: [x.actor]"),
        ]
        .concat();
        let set = RuleSet::load(&Sources::default().with_text("t.yml", text.trim_end_matches("---\n")), false);
        assert_eq!(set.len(), 3, "{:?}", set.problems());
        let hour = Timestamp::parse("2026-10-01T05:00:00Z").expect("a time");
        let row = |service: &str, action: &str, count| Counted {
            actor: "alice".to_owned(),
            service: service.to_owned(),
            action: action.to_owned(),
            hour,
            earliest: hour.plus_millis(7),
            count,
        };
        let rows = [row("bedrock.amazonaws.com", "ListFoundationModels", 4), row("s3", "GetObject", 9), row("bedrock", "InvokeModel", 2)];
        let (learnt, beyond) = learnt_from_counts(&set, "aws", &rows);
        let told: Vec<(&str, Option<&str>, i64)> =
            learnt.rows.iter().map(|row| (row.rule.as_str(), row.value.as_deref(), row.first.as_millis() - hour.as_millis())).collect();
        assert_eq!(told, [("first", Some("ListFoundationModels"), 7), ("first", Some("InvokeModel"), 7), ("many", None, 0)]);
        assert_eq!((beyond, learnt.events, learnt.since), (vec!["model".to_owned()], 15, Some(hour.plus_millis(7))));
    }
}
