//! Keymap files: TOML, one table a context, key sequences to command names. The built-in ones are embedded; a user's
//! file in the configuration folder is merged over them. `noop` takes a binding away.

use std::collections::BTreeMap;

use super::commands::{Command, Context};
use super::keys::Key;

/// Names and texts of the embedded keymaps; the first is used unless another is asked for.
pub const EMBEDDED: [(&str, &str); 3] = [
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
];

/// What is wrong with a keymap file, and where.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("keymap {file}, [{table}] {key}: {what}")]
pub struct KeymapError {
    /// File or embedded name.
    pub file: String,
    /// Table.
    pub table: String,
    /// Key sequence.
    pub key: String,
    /// What is wrong and what to write instead.
    pub what: String,
}

/// The meaning of keys, by context.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    bindings: Vec<(Context, Vec<Key>, Command)>,
}

/// What a sequence of keys means so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// A command.
    Command(Command),
    /// The beginning of a longer sequence.
    Pending,
    /// Nothing.
    None,
}

impl Keymap {
    /// An embedded keymap by name.
    ///
    /// # Errors
    /// The names there are, when there is none of this name.
    pub fn embedded(name: &str) -> Result<Self, KeymapError> {
        let Some((name, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) else {
            let names = EMBEDDED.map(|(name, _)| name).join(", ");
            return Err(error(name, "", "", format!("there is no keymap of this name: use {names}")));
        };
        let mut map = Self::default();
        map.merge(name, text)?;
        Ok(map)
    }

    /// Merges a file over this map.
    ///
    /// # Errors
    /// The first thing wrong, with its place and the remedy; the map then keeps what was merged before.
    pub fn merge(&mut self, file: &str, text: &str) -> Result<(), KeymapError> {
        let tables: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(text).map_err(|wrong| error(file, "", "", wrong.to_string().trim_end().to_owned()))?;
        for (table, bindings) in &tables {
            let context = Context::ALL
                .into_iter()
                .find(|context| context.name() == table)
                .ok_or_else(|| error(file, table, "", format!("no such table: use one of {}", Context::ALL.map(Context::name).join(" "))))?;
            for (sequence, name) in bindings {
                let at = |what: String| error(file, table, sequence, what);
                let keys: Vec<Key> = sequence.split(' ').map(str::parse).collect::<Result<_, _>>().map_err(at)?;
                self.bindings.retain(|(other, bound, _)| *other != context || *bound != keys);
                if name == "noop" {
                    continue;
                }
                let command: Command = name.parse().map_err(at)?;
                if context != Context::Global && !context.chain().iter().any(|context| command.entry().contexts.contains(context)) {
                    let tables: Vec<&str> = command.entry().contexts.iter().map(|context| context.name()).collect();
                    return Err(at(format!("{name} has no meaning here: bind it in [{}]", tables.join("] or ["))));
                }
                let clash = self.bindings.iter().find(|(other, bound, _)| *other == context && (bound.starts_with(&keys) || keys.starts_with(bound)));
                if let Some((_, bound, _)) = clash {
                    return Err(at(format!("it is the beginning of “{}” or the other way round: change one of them", show(bound))));
                }
                self.bindings.push((context, keys, command));
            }
        }
        Ok(())
    }

    /// What the keys mean in a context: looked up along its [`Context::chain`].
    pub fn lookup(&self, context: Context, keys: &[Key]) -> Lookup {
        for context in context.chain() {
            let mut pending = false;
            for (_, bound, command) in self.bindings.iter().filter(|(other, ..)| other == context) {
                if bound == keys {
                    return Lookup::Command(*command);
                }
                pending |= bound.starts_with(keys);
            }
            if pending {
                return Lookup::Pending;
            }
        }
        Lookup::None
    }

    /// The shortest key sequence of a command in a context (or global), for hints and help.
    pub fn key_of(&self, command: Command, context: Context) -> Option<String> {
        let of = |wanted: Context| {
            self.bindings
                .iter()
                .filter(|(other, _, bound)| *other == wanted && *bound == command)
                .map(|(_, keys, _)| show(keys))
                .min_by_key(String::len)
        };
        context.chain().iter().find_map(|context| of(*context))
    }

    /// Every key sequence of a command, whatever the context.
    pub fn keys_of(&self, command: Command) -> Vec<String> {
        let mut all: Vec<String> = self.bindings.iter().filter(|(.., bound)| *bound == command).map(|(_, keys, _)| show(keys)).collect();
        all.sort_by_key(|keys| (keys.len(), keys.clone()));
        all.dedup();
        all
    }

    /// What may follow a pending sequence, for the hint line.
    pub fn continuations(&self, context: Context, keys: &[Key]) -> Vec<(String, Command)> {
        self.bindings
            .iter()
            .filter(|(other, bound, _)| context.chain().contains(other) && bound.len() > keys.len() && bound.starts_with(keys))
            .map(|(_, bound, command)| (show(bound.get(keys.len()..).unwrap_or_default()), *command))
            .collect()
    }
}

/// The reference page of all commands and their keys in every embedded keymap, as Markdown.
///
/// # Errors
/// An embedded keymap is not sound.
pub fn keys_document() -> Result<String, KeymapError> {
    let maps = EMBEDDED.map(|(name, _)| Keymap::embedded(name));
    let mut text = String::from(
        "# Keys and commands\n\nMade from the command table; do not edit. A file `keymap.toml` in the configuration folder is merged over the keymap.\n\n",
    );
    text.push_str("| command | default | vim | emacs | what it does |\n|---|---|---|---|---|\n");
    for entry in super::commands::TABLE {
        let mut cells = vec![format!("`{}`", entry.name)];
        for map in &maps {
            let map = map.as_ref().map_err(Clone::clone)?;
            let keys: Vec<String> = map.keys_of(entry.command).iter().map(|keys| format!("`{keys}`")).collect();
            cells.push(keys.join(" "));
        }
        cells.push(entry.doc.to_owned());
        text.push_str("| ");
        text.push_str(&cells.join(" | "));
        text.push_str(" |\n");
    }
    text.push_str("\n## Flags\n\nThe letters in the list of the Prompts pane, from the gravest.\n\n| letter | what it means |\n|---|---|\n");
    for (_, letter, words) in crate::report::FLAGS {
        text.push_str(&format!("| `{letter}` | {words} |\n"));
    }
    Ok(text)
}

fn show(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

fn error(file: &str, table: &str, key: &str, what: String) -> KeymapError {
    KeymapError { file: file.to_owned(), table: table.to_owned(), key: key.to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::commands::TABLE;

    #[test]
    fn embedded_keymaps_are_sound_and_reach_every_command_worth_a_key() {
        for (name, _) in EMBEDDED {
            let map = Keymap::embedded(name).unwrap_or_else(|wrong| panic!("{wrong}"));
            for entry in TABLE.iter().filter(|entry| !entry.hint.is_empty()) {
                assert!(!map.keys_of(entry.command).is_empty(), "{name}: {} is hinted but has no key", entry.name);
            }
        }
    }

    #[test]
    fn files_merge_and_unbind() {
        let mut map = Keymap::embedded("default").expect("embedded");
        map.merge("mine", "[list]\n\"z z\" = \"top\"\nb = \"noop\"").expect("sound");
        let key = |text: &str| text.parse::<Key>().expect("a key");
        assert_eq!(map.lookup(Context::List, &[key("z")]), Lookup::Pending);
        assert_eq!(map.lookup(Context::List, &[key("z"), key("z")]), Lookup::Command(Command::Top));
        assert_eq!(map.lookup(Context::List, &[key("b")]), Lookup::None);
        assert_eq!(map.lookup(Context::List, &[key("q")]), Lookup::Command(Command::Quit));
    }

    #[test]
    fn mistakes_name_file_key_and_remedy() {
        for (text, expected) in [
            ("[list]\nx = \"fly\"", "keymap mine, [list] x: there is no command “fly”"),
            ("[lists]\nx = \"top\"", "keymap mine, [lists] : no such table: use one of global query list detail menu"),
            ("[menu]\nx = \"mark\"", "keymap mine, [menu] x: mark has no meaning here: bind it in [list] or [detail]"),
            (
                "[list]\nx = \"top\"\n\"x y\" = \"bottom\"",
                "keymap mine, [list] x y: it is the beginning of “x” or the other way round: change one of them",
            ),
        ] {
            assert_eq!(Keymap::default().merge("mine", text).map_err(|wrong| wrong.to_string()), Err(expected.to_owned()));
        }
        assert!(Keymap::default().merge("mine", "[list]\nx = 3").is_err());
    }
}
