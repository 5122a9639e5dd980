//! Themes: TOML files that give each *role* a style. Call sites name roles, never colours; meaning never rests on
//! colour alone. The embedded themes use the terminal's own sixteen colours, so they work everywhere.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// Names and texts of the embedded themes; the first is used unless another is asked for.
pub const EMBEDDED: [(&str, &str); 4] = [
    ("default", include_str!("../../themes/default.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
];

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None: bold, underline and reverse only.
    Mono,
    /// The sixteen named colours.
    Ansi16,
    /// The 256-colour palette.
    Ansi256,
    /// 24 bits.
    #[default]
    True,
}

impl Depth {
    /// What the environment says: `NO_COLOR` (when not empty) and `TERM=dumb` mean none, `COLORTERM=truecolor` 24 bits,
    /// `TERM` naming 256 colours or a terminal of today 256, anything else sixteen.
    pub fn of_environment() -> Self {
        let term = std::env::var("TERM").unwrap_or_default();
        if anstyle_query::no_color() || term == "dumb" {
            Self::Mono
        } else if anstyle_query::truecolor() {
            Self::True
        } else if term.contains("256") || ["xterm-kitty", "alacritty", "foot", "xterm-ghostty"].iter().any(|known| term.starts_with(known)) {
            Self::Ansi256
        } else {
            Self::Ansi16
        }
    }

    const fn shows(self, color: Color) -> bool {
        match color {
            Color::Rgb(..) => matches!(self, Self::True),
            Color::Indexed(index) if index >= 16 => matches!(self, Self::True | Self::Ansi256),
            _ => !matches!(self, Self::Mono),
        }
    }
}

macro_rules! roles {
    ($($variant:ident $name:literal)+) => {
        /// What a piece of the screen means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role {
            $(
                #[doc = concat!("`", $name, "` in theme files.")]
                $variant
            ),+
        }

        impl Role {
            /// All roles.
            pub const ALL: &[Role] = &[$(Role::$variant),+];

            /// The name in a theme file.
            pub const fn name(self) -> &'static str {
                match self { $(Role::$variant => $name),+ }
            }
        }
    };
}

roles! {
    Text "text"
    Muted "muted"
    Strong "strong"
    Title "title"
    Tab "tab"
    TabActive "tab-active"
    Selected "selected"
    SelectedIdle "selected-idle"
    Rule "rule"
    Header "header"
    HintKey "hint-key"
    Hint "hint"
    Match "match"
    HiddenChar "hidden-char"
    Ok "ok"
    Denied "denied"
    Error "error"
    Warning "warning"
    Entity "entity"
    Marked "marked"
    Management "strand-management"
    Data "strand-data"
    Invocation "strand-invocation"
    Endpoint "strand-endpoint"
    Network "strand-network"
    Span "strand-span"
    User "role-user"
    Assistant "role-assistant"
    Reasoning "role-reasoning"
    Tool "role-tool"
    System "role-system"
    JsonKey "json-key"
    JsonText "json-text"
    JsonNumber "json-number"
    Popup "popup"
}

/// What is wrong with a theme file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("theme {file}: {what}")]
pub struct ThemeError {
    /// File or embedded name.
    pub file: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    fg: Option<Color>,
    bg: Option<Color>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    italic: bool,
    #[serde(default)]
    underline: bool,
    #[serde(default)]
    reverse: bool,
}

/// A style for each role.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Its name.
    pub name: String,
    styles: Vec<Style>,
}

impl Theme {
    /// An embedded theme, fitted to the terminal's colours.
    ///
    /// # Errors
    /// The names there are, when there is none of this name.
    pub fn embedded(name: &str, depth: Depth) -> Result<Self, ThemeError> {
        let name = if depth == Depth::Mono { "mono" } else { name };
        let (name, text) = EMBEDDED.iter().find(|(known, _)| *known == name).ok_or_else(|| ThemeError {
            file: name.to_owned(),
            what: format!("there is no theme of this name: use {}", EMBEDDED.map(|(name, _)| name).join(", ")),
        })?;
        Self::parse(name, text, depth)
    }

    /// Reads a theme file. Roles it leaves out look like plain text; colours the terminal has not are left out.
    ///
    /// # Errors
    /// Unknown roles and misspelt properties, with their place.
    pub fn parse(file: &str, text: &str, depth: Depth) -> Result<Self, ThemeError> {
        let wrong = |what: String| ThemeError { file: file.to_owned(), what };
        let looks: BTreeMap<String, Look> = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        if let Some(unknown) = looks.keys().find(|name| !Role::ALL.iter().any(|role| role.name() == name.as_str())) {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            return Err(wrong(format!("there is no role “{unknown}”: use one of {}", known.join(" "))));
        }
        let styles = Role::ALL.iter().map(|role| looks.get(role.name()).map_or_else(Style::default, |look| style(look, depth))).collect();
        Ok(Self { name: file.to_owned(), styles })
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}

fn style(look: &Look, depth: Depth) -> Style {
    let shown = |color: Option<Color>| color.filter(|color| depth.shows(*color));
    let mut style = Style { fg: shown(look.fg), bg: shown(look.bg), ..Style::default() };
    // A background that cannot be shown must still set the text apart.
    let lost_background = look.bg.is_some() && style.bg.is_none();
    for (on, modifier) in [
        (look.bold, Modifier::BOLD),
        (look.dim, Modifier::DIM),
        (look.italic, Modifier::ITALIC),
        (look.underline, Modifier::UNDERLINED),
        (look.reverse || lost_background, Modifier::REVERSED),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    style
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_themes_give_every_role_a_look() {
        for (name, text) in EMBEDDED {
            Theme::embedded(name, Depth::True).unwrap_or_else(|wrong| panic!("{wrong}"));
            let looks: BTreeMap<String, Look> = toml::from_str(text).expect("parses");
            for role in Role::ALL {
                assert!(looks.contains_key(role.name()), "{name} has no {}", role.name());
            }
        }
    }

    #[test]
    fn no_colour_reaches_a_mono_terminal() {
        for (name, _) in EMBEDDED {
            let theme = Theme::embedded(name, Depth::Mono).expect("embedded");
            for role in Role::ALL {
                let style = theme.style(*role);
                assert_eq!((style.fg, style.bg), (None, None), "{name} {}", role.name());
            }
            assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert!(Theme::parse("mine", "txt = {}", Depth::True).unwrap_err().what.starts_with("there is no role “txt”"));
        assert!(Theme::parse("mine", "text = { fgg = \"red\" }", Depth::True).unwrap_err().what.contains("fgg"));
        assert!(Theme::parse("mine", "text = { fg = \"reddish\" }", Depth::True).is_err());
    }
}
