//! What a query is made of before it means anything: tokens and their places.

use std::fmt;

/// A stretch of the query, in bytes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// From one byte to before another.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the start of this one to the end of a later one.
    #[must_use]
    pub fn to(self, later: Self) -> Self {
        Self { start: self.start, end: later.end.max(self.end) }
    }

    /// The text at this place; empty where there is none.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or_default()
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// What kind of thing a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A bare name, command, function or keyword: `fields`, `@timestamp`, `userIdentity.arn`.
    Word,
    /// A name with backticks or an index: `` `detail-type` ``, `` j.`user.id` ``, `list[0]`.
    Path,
    /// A string in either quote, with its quotes.
    Text,
    /// A regular expression with its slashes.
    Regex,
    /// `10`, `99.9`
    Number,
    /// `5m`
    Period,
    /// From `#` to the end of the line.
    Comment,
    /// `|`
    Pipe,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenList,
    /// `]`
    CloseList,
    /// `{`
    OpenMap,
    /// `}`
    CloseMap,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/` between two values.
    Slash,
    /// `%`
    Percent,
    /// `^`
    Caret,
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `=~`
    Matches,
    /// `!`
    Bang,
    /// Something that is no token; the lexer says why.
    Broken,
    /// The end of the query.
    End,
}

impl TokenKind {
    /// How an error calls it when it was expected.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Word | Self::Path => "a name",
            Self::Text => "a string",
            Self::Regex => "a regular expression",
            Self::Number => "a number",
            Self::Period => "a period such as 5m",
            Self::Comment => "a comment",
            Self::Pipe => "|",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::Open => "(",
            Self::Close => ")",
            Self::OpenList => "[",
            Self::CloseList => "]",
            Self::OpenMap => "{",
            Self::CloseMap => "}",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Star => "*",
            Self::Slash => "/",
            Self::Percent => "%",
            Self::Caret => "^",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Matches => "=~",
            Self::Bang => "!",
            Self::Broken => "nothing",
            Self::End => "the end of the query",
        }
    }
}

/// A token: what it is and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

impl Token {
    /// Is it this bare word, in any case?
    pub fn is_word(self, text: &str, word: &str) -> bool {
        self.kind == TokenKind::Word && self.span.of(text).eq_ignore_ascii_case(word)
    }
}

/// Words that are never a bare name within an expression.
pub(super) const RESERVED: [&str; 11] = ["and", "or", "not", "in", "like", "as", "by", "asc", "desc", "true", "false"];

/// Is this word reserved in expressions?
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}
