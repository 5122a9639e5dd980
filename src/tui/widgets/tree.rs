//! A record as a folding JSON tree: one line a value, over the record's own bytes.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::canvas::{Area, Canvas};
use crate::decode::json::{Kind, Tape, Value, unescape};
use crate::tui::theme::Role;

/// One value of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeLine {
    /// Nesting.
    pub depth: u16,
    /// The key's bytes, inside its quotes; empty for elements of arrays.
    pub key: (u32, u32),
    /// The value's bytes, with quotes.
    pub value: (u32, u32),
    /// What it is.
    pub kind: Kind,
    /// Children of a container.
    pub children: u32,
    /// The line after this value and everything in it.
    pub next: u32,
}

/// All lines of one record.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    bytes: Arc<[u8]>,
    lines: Vec<TreeLine>,
}

/// More lines than this are not laid out; the tree then says how many there are.
const MAX_LINES: usize = 200_000;
/// Bytes of a string that are looked at for its one-line preview.
const PREVIEW: usize = 2048;

impl Tree {
    /// The tree of a record.
    pub fn of(record: Vec<u8>) -> Self {
        let bytes: Arc<[u8]> = record.into();
        let tape = Tape::of(&bytes);
        let mut lines = Vec::new();
        let root = tape.root(&bytes);
        if root.is_object() || root.is_array() {
            children(root, 0, &mut lines);
        } else {
            lines.push(TreeLine { depth: 0, key: (0, 0), value: (0, bytes.len() as u32), kind: Kind::Missing, children: 0, next: 1 });
        }
        Self { bytes, lines }
    }

    /// The record's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Indices of the lines that are shown when these are folded.
    pub fn visible(&self, folded: &BTreeSet<usize>) -> Vec<usize> {
        let mut shown = Vec::new();
        let mut index = 0;
        while let Some(line) = self.lines.get(index) {
            shown.push(index);
            index = if folded.contains(&index) { (line.next as usize).max(index + 1) } else { index + 1 };
        }
        shown
    }

    /// Containers that are folded at first: long ones deep down.
    pub fn initially_folded(&self) -> BTreeSet<usize> {
        self.lines.iter().enumerate().filter(|(_, line)| line.depth >= 3 && line.children > 6 && line.next > 0).map(|(index, _)| index).collect()
    }

    /// Every container.
    pub fn containers(&self) -> BTreeSet<usize> {
        self.lines.iter().enumerate().filter(|(_, line)| line.children > 0).map(|(index, _)| index).collect()
    }

    /// A line.
    pub fn line(&self, index: usize) -> Option<&TreeLine> {
        self.lines.get(index)
    }

    /// A line's key.
    pub fn key(&self, line: &TreeLine) -> String {
        unescape(self.slice(line.key), true).into_owned()
    }

    /// A line's value as text: strings unescaped, all else as written.
    pub fn text(&self, line: &TreeLine) -> String {
        let raw = self.slice(line.value);
        match line.kind {
            Kind::Text => unescape(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default(), true).into_owned(),
            _ => crate::model::text_from_bytes(raw).into_owned(),
        }
    }

    fn slice(&self, (start, end): (u32, u32)) -> &[u8] {
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Draws the visible lines from `top`.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Area, visible: &[usize], folded: &BTreeSet<usize>, top: usize, cursor: Option<usize>) {
        for (row, (position, index)) in visible.iter().enumerate().skip(top).take(usize::from(area.height)).enumerate() {
            let Some(line) = self.lines.get(*index) else { continue };
            let y = area.y + row as u16;
            let mut x = area.x + 2 + line.depth * 2;
            let right = area.right();
            if line.children > 0 {
                let sign = if folded.contains(index) { canvas.glyph("▸", "+") } else { canvas.glyph("▾", "-") };
                canvas.text(x.saturating_sub(2), y, 1, sign, Role::Muted);
            }
            if line.key.1 > line.key.0 {
                x += canvas.text(x, y, right.saturating_sub(x), &self.key(line), Role::JsonKey);
                x += canvas.text(x, y, right.saturating_sub(x), ": ", Role::Muted);
            }
            let (text, role) = self.preview(line);
            canvas.text(x, y, right.saturating_sub(x), &text, role);
            if cursor == Some(position) {
                canvas.tint(Area::new(area.x, y, 2, 1), Role::Selected);
            }
        }
    }

    fn preview(&self, line: &TreeLine) -> (String, Role) {
        let raw = self.slice(line.value);
        match line.kind {
            Kind::Text => {
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                (unescape(inner.get(..PREVIEW).unwrap_or(inner), true).into_owned(), Role::JsonText)
            }
            Kind::Array => (format!("[{}]", line.children), Role::Muted),
            Kind::Object => (format!("{{{}}}", line.children), Role::Muted),
            _ => (crate::model::text_from_bytes(raw.get(..PREVIEW).unwrap_or(raw)).into_owned(), Role::JsonNumber),
        }
    }
}

/// The depth of the tape is bounded (`Tape::MAX_DEPTH`), so this recursion is too.
fn children(parent: Value<'_>, depth: u16, lines: &mut Vec<TreeLine>) {
    for (key, value) in parent.entries() {
        let range = key.range();
        push(value, (range.start as u32, range.end as u32), depth, lines);
    }
    for value in parent.items() {
        push(value, (0, 0), depth, lines);
    }
}

fn push(value: Value<'_>, key: (u32, u32), depth: u16, lines: &mut Vec<TreeLine>) {
    if lines.len() >= MAX_LINES {
        return;
    }
    let range = value.range();
    let index = lines.len();
    let count = value.len() as u32;
    lines.push(TreeLine { depth, key, value: (range.start as u32, range.end as u32), kind: value.kind(), children: count, next: 0 });
    children(value, depth + 1, lines);
    let next = lines.len() as u32;
    if let Some(line) = lines.get_mut(index) {
        line.next = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_hide_what_is_inside() {
        let tree = Tree::of(br#"{"a":{"b":1,"c":[2,3]},"d":"x\ny"}"#.to_vec());
        assert_eq!(tree.visible(&BTreeSet::new()).len(), 6);
        assert_eq!(tree.visible(&BTreeSet::from([0])), [0, 5]);
        let line = tree.line(5).expect("a line");
        assert_eq!((tree.key(line), tree.text(line)), ("d".to_owned(), "x\ny".to_owned()));
    }

    #[test]
    fn anything_has_a_tree() {
        for bytes in [&b""[..], b"not json", b"[1,2", b"{\"a\":"] {
            let tree = Tree::of(bytes.to_vec());
            let _ = tree.visible(&BTreeSet::new());
        }
    }
}
