//! Long text made of blocks, wrapped once per width, drawn a window at a time. Lines keep byte ranges into the blocks'
//! text; widths are measured on the safe form, since marks are wider than what they stand for.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::canvas::{Area, Canvas};
use crate::model::{SafeText, hidden_name, tag_letter};
use crate::tui::theme::Role;

/// What a block is, which decides its title's look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Facts about the whole.
    Facts,
    /// The heading of one call of a conversation.
    Call,
    /// A system prompt.
    System,
    /// What the user side said.
    User,
    /// What the model said.
    Assistant,
    /// The model's reasoning.
    Reasoning,
    /// A tool call or its result.
    Tool,
    /// What a guardrail did, hidden content, things that could not be read.
    Warning,
    /// A note of the analyst.
    Note,
}

impl BlockKind {
    const fn role(self) -> Role {
        match self {
            Self::Facts => Role::Strong,
            Self::Call => Role::Title,
            Self::System => Role::System,
            Self::User => Role::User,
            Self::Assistant => Role::Assistant,
            Self::Reasoning => Role::Reasoning,
            Self::Tool => Role::Tool,
            Self::Warning => Role::Warning,
            Self::Note => Role::Marked,
        }
    }

    const fn text_role(self) -> Role {
        match self {
            Self::Reasoning => Role::Reasoning,
            _ => Role::Text,
        }
    }
}

/// A titled piece of text. Untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Its title.
    pub title: String,
    /// Its text, as logged.
    pub text: String,
    /// Only the title is shown.
    pub folded: bool,
}

impl Block {
    /// An unfolded block.
    pub fn new(kind: BlockKind, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, title: title.into(), text: text.into(), folded: false }
    }

    /// The same, folded.
    #[must_use]
    pub fn folded(mut self) -> Self {
        self.folded = true;
        self
    }
}

/// One line on the screen: a block's title, or a range of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which block.
    pub block: usize,
    /// The bytes of the block's text; `None` for the title line.
    pub range: Option<(usize, usize)>,
}

/// Blocks laid out for a width.
#[derive(Clone, Debug, Default)]
pub struct Page {
    blocks: Vec<Block>,
    lines: Vec<Line>,
    width: u16,
}

const INDENT: u16 = 2;

impl Page {
    /// Blocks, not laid out yet.
    pub fn new(blocks: Vec<Block>) -> Self {
        Self { blocks, lines: Vec::new(), width: 0 }
    }

    /// Lays the blocks out for a width; does nothing when it is laid out for it already.
    pub fn layout(&mut self, width: u16) {
        if self.width == width && !self.lines.is_empty() {
            return;
        }
        self.width = width;
        self.lines.clear();
        let room = usize::from(width.saturating_sub(INDENT).max(8));
        for (index, block) in self.blocks.iter().enumerate() {
            self.lines.push(Line { block: index, range: None });
            if !block.folded && !block.text.is_empty() {
                wrap(&block.text, room, &mut |start, end| self.lines.push(Line { block: index, range: Some((start, end)) }));
            }
        }
    }

    /// All lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The width it is laid out for.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Takes over from the same page laid out otherwise: its folds, and the place of one of its lines here.
    pub fn resume(&mut self, before: &Self, line: usize) -> usize {
        // Titles, not texts: secrets may be masked in one and not in the other.
        if self.blocks.iter().map(|block| &block.title).eq(before.blocks.iter().map(|block| &block.title)) {
            for (block, old) in self.blocks.iter_mut().zip(&before.blocks) {
                block.folded = old.folded;
            }
            self.again();
        }
        let Some(Line { block, range }) = before.lines.get(line).copied() else { return 0 };
        let start = range.map_or(0, |(start, _)| start + 1);
        let reached = |line: &Line| (line.block, line.range.map_or(0, |(start, _)| start + 1)) <= (block, start);
        self.lines.partition_point(reached).saturating_sub(1)
    }

    /// The blocks.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Folds or unfolds the block of a line; gives the line its title stands on afterwards.
    pub fn toggle(&mut self, line: usize) -> usize {
        let Some(block) = self.lines.get(line).map(|line| line.block) else { return line };
        if let Some(block) = self.blocks.get_mut(block) {
            block.folded = !block.folded;
        }
        self.again();
        self.lines.iter().position(|line| line.block == block).unwrap_or(0)
    }

    /// Folds or unfolds everything.
    pub fn fold_all(&mut self, folded: bool) {
        for block in &mut self.blocks {
            block.folded = folded;
        }
        self.again();
    }

    fn again(&mut self) {
        self.lines.clear();
        self.layout(self.width);
    }

    /// The text of a line, as logged.
    pub fn text_of(&self, line: Line) -> &str {
        let Some(block) = self.blocks.get(line.block) else { return "" };
        match line.range {
            Some((start, end)) => block.text.get(start..end).unwrap_or_default(),
            None => &block.title,
        }
    }

    /// Draws lines from `top`; `cursor` is the selected one when the view has the focus.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Area, top: usize, cursor: Option<usize>) {
        for (row, (index, line)) in self.lines.iter().enumerate().skip(top).take(usize::from(area.height)).enumerate() {
            let y = area.y + row as u16;
            let Some(block) = self.blocks.get(line.block) else { continue };
            if line.range.is_some() {
                canvas.text(area.x + INDENT, y, area.width.saturating_sub(INDENT), self.text_of(*line), block.kind.text_role());
            } else {
                let sign = if block.text.is_empty() {
                    " "
                } else if block.folded {
                    canvas.glyph("▸", "+")
                } else {
                    canvas.glyph("▾", "-")
                };
                canvas.text(area.x, y, 1, sign, Role::Muted);
                let used = canvas.text(area.x + INDENT, y, area.width.saturating_sub(INDENT), &block.title, block.kind.role());
                if block.folded {
                    let first = block.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
                    let left = area.width.saturating_sub(INDENT + used + 2);
                    canvas.text(area.x + INDENT + used + 2, y, left, first, Role::Muted);
                }
            }
            if cursor == Some(index) {
                canvas.tint(Area::new(area.x, y, 2, 1), Role::Selected);
            }
        }
    }
}

/// Cuts text into lines of at most `room` cells, at blanks where there are any; gives byte ranges.
fn wrap(text: &str, room: usize, line: &mut dyn FnMut(usize, usize)) {
    let mut start = 0;
    for paragraph in text.split('\n') {
        let visible = paragraph.strip_suffix('\r').unwrap_or(paragraph);
        wrap_paragraph(visible, start, room, line);
        start += paragraph.len() + 1;
    }
}

fn wrap_paragraph(text: &str, offset: usize, room: usize, line: &mut dyn FnMut(usize, usize)) {
    if text.len() <= room && text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_control()) {
        return line(offset, offset + text.len());
    }
    let (mut from, mut used, mut blank) = (0, 0, None);
    let mut tags = false;
    for (at, grapheme) in text.grapheme_indices(true).flat_map(|(at, grapheme)| pieces(at, grapheme)) {
        let tag = grapheme.chars().next().is_some_and(|character| tag_letter(character).is_some());
        // A run of tag characters is one mark; each further letter of it is one cell.
        let goes_on = std::mem::replace(&mut tags, tag) && tag;
        let plain = grapheme.len() == 1 && (b' '..0x7f).contains(grapheme.as_bytes().first().unwrap_or(&0));
        let mut cells = if goes_on || plain { 1 } else { SafeText::new(grapheme).as_str().width() };
        while used + cells > room && at > from {
            let end = blank.filter(|end| *end > from).unwrap_or(at);
            line(offset + from, offset + end);
            from = end;
            used = SafeText::new(text.get(from..at).unwrap_or_default()).as_str().width();
            blank = None;
            if goes_on && from == at {
                // The mark begins again on the new line.
                cells = SafeText::new(grapheme).as_str().width();
            }
        }
        used += cells;
        if grapheme == " " {
            blank = Some(at + 1);
        }
    }
    line(offset + from, offset + text.len());
}

/// What a reader sees as one character; hidden characters that ride on it are pieces of their own, since each is shown.
fn pieces(at: usize, grapheme: &str) -> impl Iterator<Item = (usize, &str)> {
    let rides = grapheme.chars().any(|character| hidden_name(character).is_some());
    let split = rides.then(|| {
        grapheme.char_indices().map(move |(offset, character)| (at + offset, grapheme.get(offset..offset + character.len_utf8()).unwrap_or_default()))
    });
    let whole = (!rides).then_some((at, grapheme));
    split.into_iter().flatten().chain(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, room: usize) -> Vec<&str> {
        let mut lines = Vec::new();
        wrap(text, room, &mut |start, end| lines.push(text.get(start..end).expect("on boundaries")));
        lines
    }

    #[test]
    fn a_long_hidden_word_is_shown_to_its_end() {
        // Ten letters as tag characters: ‹t:reply only› is fourteen cells, and four cells stand before it.
        let hidden = |word: &str| word.chars().map(|letter| char::from_u32(0xe0000 + letter as u32).expect("a tag")).collect::<String>();
        let text = format!("why?{}", hidden("reply only"));
        assert_eq!(wrapped(&text, 24), [text.as_str()]);
        // why?‹t:repl› and ‹t:y only›
        assert_eq!(wrapped(&text, 12).iter().map(|line| line.chars().count()).collect::<Vec<_>>(), [8, 6]);
        // The mark begins again on each line, which takes four of its cells.
        let text = format!("why?{}", hidden(&"a".repeat(40)));
        let lines = wrapped(&text, 12);
        assert_eq!(lines.concat(), text);
        assert!(lines.iter().all(|line| SafeText::new(line).as_str().width() <= 12), "{lines:?}");
        assert_eq!(lines.iter().map(|line| line.chars().count()).collect::<Vec<_>>(), [8, 8, 8, 8, 8, 4]);
    }

    #[test]
    fn another_width_keeps_folds_and_the_place() {
        let blocks =
            || vec![Block::new(BlockKind::User, "user", "one two three four five six seven"), Block::new(BlockKind::Assistant, "answer", "eight")];
        let (mut wide, mut narrow) = (Page::new(blocks()), Page::new(blocks()));
        wide.layout(80);
        narrow.layout(12);
        let five = narrow.lines().iter().position(|line| narrow.text_of(*line).contains("five")).expect("a line");
        assert_eq!(wide.resume(&narrow, five), 1);
        assert_eq!(wide.toggle(2), 2);
        assert_eq!(narrow.resume(&wide, 2), narrow.lines().len() - 1);
        assert!(narrow.blocks()[1].folded);
    }

    #[test]
    fn wraps_at_blanks_and_keeps_every_byte() {
        assert_eq!(wrapped("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("a\n\nb\r\nc", 8), ["a", "", "b", "c"]);
        assert_eq!(wrapped("世界世界", 4), ["世界", "世界"]);
        // A mark is wider than the character it stands for: ‹ZWSP› takes six cells.
        assert_eq!(wrapped("ab\u{200b}cd", 8), ["ab\u{200b}", "cd"]);
        // Tag characters ride on the character before them, and wrap all the same: ‹t:abcd› is eight cells.
        assert_eq!(wrapped("x\u{e0061}\u{e0062}\u{e0063}\u{e0064}", 8), ["x\u{e0061}\u{e0062}\u{e0063}", "\u{e0064}"]);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_wider_than_the_room(text in "\\PC{0,200}", room in 10usize..40) {
            for line in wrapped(&text, room) {
                let one = line.graphemes(true).count() <= 1;
                proptest::prop_assert!(one || SafeText::new(line.trim_end()).as_str().width() <= room, "{line:?}");
            }
        }
    }

    #[test]
    fn folding_hides_text_and_keeps_titles() {
        let mut page = Page::new(vec![Block::new(BlockKind::User, "user", "one\ntwo"), Block::new(BlockKind::Assistant, "model", "three")]);
        page.layout(40);
        assert_eq!(page.lines().len(), 5);
        assert_eq!(page.toggle(1), 0);
        assert_eq!(page.lines().len(), 3);
        page.fold_all(true);
        assert_eq!(page.lines().len(), 2);
    }
}
