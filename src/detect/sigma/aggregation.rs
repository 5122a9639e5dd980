//! The old form of thresholds, `condition: selection | count(field) by group > 10` with a `timeframe`: read as the plain rule and the
//! correlation that it means.

/// What the end of an old condition says.
#[derive(Debug, PartialEq, Eq)]
struct Counting<'t> {
    /// Different values of it; without one, events.
    field: Option<&'t str>,
    group_by: Vec<&'t str>,
    operator: &'static str,
    limit: u64,
}

/// The text with each document of the old form as two of the new one; every line of the old text stays where it was. `None` when
/// nothing is of the old form, or not of one that can be told in the new.
pub(super) fn rewritten(text: &str) -> Option<String> {
    let mut rewritten = String::with_capacity(text.len() + 400);
    let mut added = String::new();
    for document in documents(text) {
        match of_document(document) {
            Some((plain, correlation)) => {
                rewritten.push_str(&plain);
                added.push_str(&correlation);
            }
            None => rewritten.push_str(document),
        }
    }
    if added.is_empty() {
        return None;
    }
    if !rewritten.ends_with('\n') {
        rewritten.push('\n');
    }
    Some(rewritten + &added)
}

/// The documents of a file, each with the line that begins it.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.get(1..)?.find("\n---").map_or(rest.len(), |at| at + 2);
        let (document, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(document)
    })
}

/// The plain rule of a document and the correlation that counts it.
fn of_document(document: &str) -> Option<(String, String)> {
    let value = |line: &str, key: &str| line.trim_start().strip_prefix(key)?.strip_prefix(':').map(|value| bare(value).to_owned());
    let top = |key: &str| document.lines().find_map(|line| value(line, key).filter(|_| !line.starts_with(' ')));
    let (title, level) = (top("title")?, top("level").unwrap_or_else(|| "medium".to_owned()));
    let timespan = document.lines().find_map(|line| value(line, "timeframe"))?;
    let condition = document.lines().find_map(|line| value(line, "condition").filter(|value| value.contains('|')))?;
    let (selection, counting) = condition.split_once('|')?;
    let counting = counting_of(counting)?;
    let id = top("id");
    let name = top("name").or_else(|| id.clone()).unwrap_or_else(|| title.clone());
    let mut plain = String::with_capacity(document.len());
    for line in document.split_inclusive('\n') {
        let (indent, end) = (line.len() - line.trim_start().len(), if line.ends_with('\n') { "\n" } else { "" });
        let indent = line.get(..indent).unwrap_or_default();
        if value(line, "condition").is_some_and(|value| value == condition) {
            plain.push_str(&format!("{indent}condition: {}{end}", quoted(selection.trim())));
        } else if value(line, "timeframe").is_some() || indent.is_empty() && value(line, "id").is_some() && top("name").is_some() {
            plain.push_str(&format!("{indent}# told by the correlation{end}"));
        } else if indent.is_empty() && value(line, "id").is_some() {
            plain.push_str(&format!("name: {}{end}", quoted(&name)));
        } else {
            plain.push_str(line);
        }
    }
    let kind = if counting.field.is_some() { "value_count" } else { "event_count" };
    let field = counting.field.map(|field| format!(", field: {}", quoted(field))).unwrap_or_default();
    let group: Vec<String> = counting.group_by.iter().map(|field| quoted(field)).collect();
    let counted = counting.field.map_or_else(|| "times".to_owned(), |field| format!("different {field}"));
    let of: Vec<String> = counting.group_by.iter().map(|field| format!("{field} {{{field}}}")).collect();
    let plain_title = title.replace(['{', '}'], "");
    let summary = format!("{plain_title}: {{count}} {counted} within {{window}}{}{}", if of.is_empty() { "" } else { ", " }, of.join(", "));
    // What everybody did together is nobody's.
    let entity = if of.is_empty() { ", entity: [x.account]" } else { "" };
    let correlation = format!(
        "---\ntitle: {}\n{}correlation:\n  type: {kind}\n  rules: [{}]\n  group-by: [{}]\n  timespan: {timespan}\n  condition: {{{}: {}{field}}}\nlevel: {level}\n\
         outcrop: {{summary: {}{entity}}}\n",
        quoted(&title),
        id.map(|id| format!("id: {}\n", quoted(&id))).unwrap_or_default(),
        quoted(&name),
        group.join(", "),
        counting.operator,
        counting.limit,
        quoted(&summary),
    );
    Some((plain, correlation))
}

/// A value of a line, without a remark behind it and without quotes around it.
fn bare(value: &str) -> &str {
    let value = value.trim();
    let is_quoted = value.starts_with(['\'', '"']);
    let value = if is_quoted { value } else { value.split(" #").next().unwrap_or(value).trim_end() };
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).unwrap_or(value)
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `count(field) by one, two > 10`.
fn counting_of(text: &str) -> Option<Counting<'_>> {
    let rest = text.trim().strip_prefix("count")?.trim_start().strip_prefix('(')?;
    let (field, rest) = rest.split_once(')')?;
    let at = rest.find(['<', '>', '='])?;
    let (group, comparison) = rest.split_at_checked(at)?;
    let group_by = match group.trim().strip_prefix("by ") {
        Some(fields) => fields.split(',').map(str::trim).filter(|field| !field.is_empty()).collect(),
        None if group.trim().is_empty() => Vec::new(),
        None => return None,
    };
    let (operator, limit) = [(">=", "gte"), ("<=", "lte"), ("==", "eq"), (">", "gt"), ("<", "lt"), ("=", "eq")]
        .into_iter()
        .find_map(|(sign, word)| Some((word, comparison.strip_prefix(sign)?)))?;
    let is_plain = |field: &&str| field.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let counting = Counting { field: Some(field.trim()).filter(|field| !field.is_empty()), group_by, operator, limit: limit.trim().parse().ok()? };
    counting.field.iter().chain(&counting.group_by).all(is_plain).then_some(counting)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "title: Many\nid: 1\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    eventName: A\n  \
                       timeframe: 10m\n  condition: selection | count(userName) by sourceIPAddress, awsRegion >= 5\nlevel: high\n";

    #[test]
    fn the_old_form_is_two_documents() {
        let expected = "title: Many\nname: '1'\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  selection:\n    eventName: A\n  \
                        # told by the correlation\n  condition: 'selection'\nlevel: high\n---\ntitle: 'Many'\nid: '1'\ncorrelation:\n  type: value_count\n  \
                        rules: ['1']\n  group-by: ['sourceIPAddress', 'awsRegion']\n  timespan: 10m\n  condition: {gte: 5, field: 'userName'}\nlevel: high\n\
                        outcrop: {summary: 'Many: {count} different userName within {window}, sourceIPAddress {sourceIPAddress}, awsRegion {awsRegion}'}\n";
        assert_eq!(rewritten(OLD).as_deref(), Some(expected));
        let named = OLD.replace("id: 1", "id: 1\nname: many").replace(" by sourceIPAddress, awsRegion", "");
        let named = rewritten(&named).unwrap_or_default();
        assert!(named.starts_with("title: Many\n# told by the correlation\nname: many\n") && named.contains("\nid: '1'\n"), "{named}");
        assert!(named.contains("rules: ['many']") && named.ends_with("within {window}', entity: [x.account]}\n"), "{named}");
        let both = format!("title: First\ndetection:\n  condition: a\n---\n{OLD}");
        assert!(rewritten(&both).is_some_and(|text| text.starts_with("title: First\ndetection:\n  condition: a\n---\ntitle: Many\n")));
    }

    #[test]
    fn what_cannot_be_told_stays_as_it_is() {
        for condition in
            ["selection", "selection | sum(bytes) by user > 10", "selection | near other", "selection | count() by user", "a | count() > b"]
        {
            let text = OLD.replace("selection | count(userName) by sourceIPAddress, awsRegion >= 5", condition);
            assert_eq!(rewritten(&text), None, "{condition}");
        }
        assert_eq!(rewritten(&OLD.replace("  timeframe: 10m\n", "")), None, "no length of time");
    }

    #[test]
    fn ends_of_conditions() {
        let told = |text| counting_of(text).map(|found| (found.field, found.group_by, found.operator, found.limit));
        assert_eq!(told(" count() > 10"), Some((None, vec![], "gt", 10)));
        assert_eq!(told("count( a.b ) by c>3"), Some((Some("a.b"), vec!["c"], "gt", 3)));
        assert_eq!(told("count() by c = 3"), Some((None, vec!["c"], "eq", 3)));
        assert_eq!(told("count() by c > -3"), None);
        assert_eq!(told("count(a' b) > 3"), None);
    }
}
