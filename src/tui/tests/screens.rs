//! Pictures of the screens: text and style, at both sizes, in dark, light and mono. Reviewed, never accepted in bulk.

use super::session::Session;
use crate::tui::theme::{Depth, Theme};

const VIEWS: [(&str, &str); 24] = [
    ("timeline", "jjjj"),
    ("record", "jjjj<enter>"),
    ("prompts", "2jjj"),
    ("conversation", "2/AC-610356<enter><tab>jjj"),
    ("guardrails", "3"),
    ("blind", "3Gkkkkk"),
    ("change", "3Gkkkkkk<enter>"),
    ("signals", "4jjjj"),
    ("lead", "4<enter>"),
    // A chart with its crossing.
    ("signal", "4/Far more Bedrock<enter><enter>"),
    ("principals", "5j"),
    ("principal", "5/svc-ml-reporting<enter><enter>"),
    ("buckets", "6/acme-ml-training-data<enter>"),
    ("bucket", "6/acme-ml-training-data<enter><enter>"),
    // The administrator's afternoon: the cursor on the command without an echo.
    ("cli", "7/sandbox<enter>"),
    ("query", "8"),
    ("query-typing", "8ifilter x.denied = true<alt-enter>Iflter eventName<esc>"),
    ("query-offers", "8ifilter x.tok"),
    ("query-answer", "8Hdenied-callers<enter><enter>lj"),
    ("query-form", "8Hlong-prompts<enter>many<enter>"),
    ("query-chart", "8Htokens-per-account<enter><enter>c"),
    ("pivot", "jjjjp"),
    ("palette", ":pivot"),
    ("help", "?"),
];

fn pictures(theme: &str, depth: Depth) {
    for size in [(80, 24), (120, 40)] {
        for (name, keys) in VIEWS {
            let mut session = Session::demo(size);
            session.theme = Theme::embedded(theme, depth).expect("embedded");
            session.keys(keys);
            insta::assert_snapshot!(format!("{name}-{}x{}-{theme}", size.0, size.1), session.picture());
        }
    }
}

#[test]
fn dark() {
    pictures("default", Depth::Ansi16);
}

#[test]
fn light() {
    pictures("light", Depth::Ansi16);
}

#[test]
fn mono() {
    pictures("mono", Depth::Mono);
}
