//! A report through a template: the embedded one, or the user's own.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::Incident;
use super::quoting;
use super::words::Words;

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Markdown.
    Markdown,
    /// HTML, one file that needs nothing else.
    Html,
}

impl Form {
    /// Its embedded template, and the name of a file that stands in for it.
    pub const fn template(self) -> (&'static str, &'static str) {
        match self {
            Self::Markdown => ("report.md", include_str!("../templates/report.md")),
            Self::Html => ("report.html", include_str!("../templates/report.html")),
        }
    }
}

/// Steps a template may take: a report of the largest size takes a fiftieth of it. A template that never ends is stopped.
const FUEL: u64 = 50_000_000;

/// Renders a report; `own` is the text of a user's template.
///
/// # Errors
/// A sentence: what is wrong with the template, and at which line.
pub fn render(incident: &Incident, form: Form, own: Option<&str>) -> Result<String, String> {
    let (name, embedded) = form.template();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(|error| wrong(&error))?);
    environment.set_auto_escape_callback(move |_| if form == Form::Html { AutoEscape::Html } else { AutoEscape::None });
    environment.add_filter("md", |text: String| quoting::escaped(&text));
    environment.add_filter("span", |text: String| quoting::span(&text));
    environment.add_filter("fence", |text: String| quoting::fence(&text));
    environment.add_filter("words", move |words: Serde<Vec<Said>>| match form {
        Form::Markdown => Value::from(quoting::sentence(&sentence(&words.0))),
        Form::Html => Value::from_safe_string(html(&sentence(&words.0))),
    });
    environment.add_template(name, own.unwrap_or(embedded)).map_err(|error| wrong(&error))?;
    let template = environment.get_template(name).map_err(|error| wrong(&error))?;
    template.render(Serde(incident)).map_err(|error| wrong(&error))
}

/// A piece of a sentence as it comes back from the template.
#[derive(serde::Deserialize)]
struct Said {
    text: String,
    logged: bool,
}

fn sentence(words: &[Said]) -> Words {
    words.iter().fold(Words::default(), |words, piece| if piece.logged { words.value(&piece.text) } else { words.say(&piece.text) })
}

fn html(words: &Words) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;");
    let piece = |piece: &super::words::Piece| if piece.logged { format!("<code>{}</code>", escape(&piece.text)) } else { escape(&piece.text) };
    words.0.iter().map(piece).collect()
}

fn wrong(error: &minijinja::Error) -> String {
    let place = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    format!("the template {}{place}: {why}", error.name().unwrap_or("of the report"))
}
