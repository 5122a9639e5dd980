//! What people say to models in the demo, as tables by topic. Everything in them is invented.
//!
//! A word in braces is filled in: `{order}`, `{product}`, `{name}` … An unknown word stays as it is, so code may hold braces.

pub(super) mod agent;
pub(super) mod code;
pub(super) mod documents;
pub(super) mod support;

use std::fmt::Write;

use super::draw::Draw;

const NAMES: &[&str] =
    &["Ines", "Jonas", "Mirela", "Theo", "Saga", "Kofi", "Lena", "Rafael", "Aino", "Dmitri", "Noor", "Pauline", "Ewan", "Chiara", "Yusuf", "Hanne"];
const CITIES: &[&str] =
    &["Uppsala", "Porto", "Ghent", "Tartu", "Leeds", "Graz", "Aarhus", "Lyon", "Boise", "Tacoma", "Halifax", "Girona", "Turku", "Bergen"];
const PRODUCTS: &[&str] = &[
    "Ridgeline 2 tent",
    "Fjell down jacket",
    "Trailhead 45 backpack",
    "Ember gas stove",
    "Cairn trekking poles",
    "Lowland hiking boots",
    "Nordlys head torch",
    "Drift inflatable mat",
    "Harbour dry bag 20 l",
    "Summit rain shell",
    "Basin cooking set",
    "Tarn water filter",
];
const MONTHS: &[&str] = &["August", "September", "October", "November"];
const TABLES: &[&str] = &["orders", "order_lines", "shipments", "returns", "inventory_daily", "support_tickets", "price_history", "store_visits"];
const COLUMNS: &[&str] = &["net_amount", "quantity", "shipped_at", "reason_code", "warehouse_id", "channel", "discount_pct", "first_reply_minutes"];

/// Appends the template with its words filled in.
pub(super) fn fill(template: &str, draw: &mut Draw, out: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let word = after.split_once('}');
        match word {
            Some((word, tail)) if fill_word(word, draw, out) => rest = tail,
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}

/// False when the word is none of ours.
fn fill_word(word: &str, draw: &mut Draw, out: &mut String) -> bool {
    let written = match word {
        "name" => out.write_str(draw.pick(NAMES)),
        "city" => out.write_str(draw.pick(CITIES)),
        "product" => out.write_str(draw.pick(PRODUCTS)),
        "table" => out.write_str(draw.pick(TABLES)),
        "column" => out.write_str(draw.pick(COLUMNS)),
        "order" => write!(out, "AC-{}", draw.between(204_000, 989_999)),
        "date" => write!(out, "{} {}", draw.between(1, 29), draw.pick(MONTHS)),
        "amount" => write!(out, "{}.{:02}", draw.between(12, 640), draw.below(100)),
        "percent" => write!(out, "{}.{}", draw.between(1, 38), draw.below(10)),
        "number" => write!(out, "{}", draw.between(3, 4_800)),
        "days" => write!(out, "{}", draw.between(2, 15)),
        "quarter" => write!(out, "Q{}", draw.between(1, 5)),
        _ => Err(std::fmt::Error),
    };
    written.is_ok()
}

/// The template with its words filled in.
pub(super) fn filled(template: &str, draw: &mut Draw) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    fill(template, draw, &mut out);
    out
}

/// Sentences of the table until the text is that long, in paragraphs.
pub(super) fn prose(table: &[&str], length: usize, draw: &mut Draw, out: &mut String) {
    let until = out.len() + length;
    let mut sentence = 0_u32;
    while out.len() < until {
        fill(draw.pick(table), draw, out);
        sentence += 1;
        out.push_str(if sentence.is_multiple_of(6) { "\n\n" } else { " " });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_and_code_is_left_alone() {
        let mut draw = Draw::new(1);
        assert_eq!(filled("fn main() { let x = {y}; }", &mut draw), "fn main() { let x = {y}; }");
        let text = filled("{order}|{days}", &mut draw);
        let (order, days) = text.split_once('|').unwrap();
        assert!(order.starts_with("AC-") && days.parse::<u32>().is_ok(), "{text}");
        assert_eq!(filled("{", &mut draw), "{");
    }

    #[test]
    fn no_table_holds_a_misspelt_word() {
        let tables: Vec<&[&str]> = vec![
            support::QUESTIONS,
            support::FOLLOW_UPS,
            support::ARTICLES,
            support::ANSWERS,
            support::CLOSINGS,
            documents::SENTENCES,
            documents::CATALOGUE,
            documents::FINDINGS,
            code::SQL_QUESTIONS,
            code::SQL_ANSWERS,
            agent::REQUESTS,
        ];
        let mut draw = Draw::new(2);
        for line in tables.into_iter().flatten() {
            let text = filled(line, &mut draw);
            assert!(!text.contains('{'), "{text}");
        }
    }
}
