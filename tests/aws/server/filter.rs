//! Filter patterns of `FilterLogEvents` and Live Tail, as far as the client writes them: terms, exclusions, alternatives, phrases.

/// A pattern.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    /// Reads one. What is not known is refused: a server that lets everything through would prove nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pattern = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (kind, term) = match rest.chars().next() {
                Some(sign @ ('?' | '-')) => (sign, &rest[1..]),
                Some('{' | '[' | '%') => return Err(format!("this test server does not read the filter pattern {text}")),
                _ => (' ', rest),
            };
            let (term, after) = match term.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("Invalid filter pattern: {text}"))?,
                None => term.split_once(char::is_whitespace).unwrap_or((term, "")),
            };
            match kind {
                '?' => pattern.any.push(term.to_owned()),
                '-' => pattern.none.push(term.to_owned()),
                _ => pattern.all.push(term.to_owned()),
            }
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    /// Does it hold for a message?
    pub fn holds(&self, message: &str) -> bool {
        self.all.iter().all(|term| message.contains(term))
            && (self.any.is_empty() || self.any.iter().any(|term| message.contains(term)))
            && !self.none.iter().any(|term| message.contains(term))
    }
}
