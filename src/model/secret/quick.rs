//! The quick look at bytes, text or the inside of a JSON string: may they hold a secret? Asked of every text, and of prose
//! answered no at the speed of memory.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use regex::bytes::Regex;

use super::{lone, patterns::build};
use crate::model::{each_thread, from_on, letters_and, long_run};

each_thread! {
    /// What has no long run of letters in it: passwords in addresses, `Basic` credentials; and tag characters, which spell
    /// anything.
    static SHORT: Option<Regex> =
        build(r#"://[^\s/:@"'<>]*:[^\s/@"'<>\\]+(?:@|\z|…)|Basic[\s\\]+[A-Za-z0-9]|\xF3\xA0[\x80\x81]|\\u[dD][bB]40"#);
}

each_thread! {
    /// What every other pattern holds, as literals that begin with letters rare in prose, and few enough in each expression
    /// for bytes to be searched at the speed of memory.
    static LONG: Vec<Regex> = {
        let signs = [
            r"AKIA[A-Z0-9]{16}|ASIA[A-Z0-9]{16}|ABIA[A-Z0-9]{16}|ABSK[A-Za-z0-9+]|bedrock-api-key-|PRIVATE KEY|eyJ[A-Za-z0-9_-]{7}|IQoJb3JpZ2lu|woGZXIvYXdz|QoGZXIvYXdz|woDYXdz|QoDYXdz",
            r"gh[opsur]_[A-Za-z0-9]|github_pat_|glpat-|xox|xapp-|k_live_|k_test_|AIza[A-Za-z0-9_-]{16}|hf_[A-Za-z0-9]{16}|npm_[A-Za-z0-9]{16}|SG\.[A-Za-z0-9_-]{8}|sk-[A-Za-z0-9_-]{6}",
            r#"tAccessK|t_[aA]ccess_|t-[aA]ccess-|t Access K|T[_ -]ACCESS|s key[\\"'`*\s:=>,|<\[]|s_secret_k|S_SECRET_K|sSecretK"#,
            r"nToken|n_[tT]oken|n-[tT]oken|n Token|N[_ -]TOKEN|y-[tT]oken|Y-TOKEN|[bB]earer[\s\\]|BEARER[\s\\]|mz-[sS]ignature|Signature=",
        ];
        signs.iter().filter_map(|signs| build(signs)).collect()
    };
}

/// Letters in a row that all of those have, unless the text is cut off behind them.
const FEWEST: usize = 16;
/// Bytes before a word at the end of a text in which its name stands: the longest that may lie between them is sixty
/// characters, written as escapes.
const NAMED: usize = 1024;
/// Where the text that was cut off is told.
static CUT: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| ["…", "u2026"].map(Finder::new));

/// May there be one? Never no when there is one.
pub fn may_hold(bytes: &[u8]) -> bool {
    holds_short(bytes)
        || if holds_run(bytes) || CUT.iter().any(|cut| cut.find(bytes).is_some()) {
            holds_long(bytes) || lone::may_hold(bytes)
        } else {
            holds_long(end(bytes))
        }
}

/// May one of the patterns match? Never no when one does.
pub(super) fn is_signed(bytes: &[u8]) -> bool {
    holds_short(bytes) || holds_long(bytes)
}

fn holds_short(bytes: &[u8]) -> bool {
    SHORT.with(|signs| signs.as_ref().is_some_and(|signs| signs.is_match(bytes)))
}

fn holds_long(bytes: &[u8]) -> bool {
    LONG.with(|signs| signs.iter().any(|signs| signs.is_match(bytes)))
}

/// A letter of a token, or a part of the escape of one.
const fn is_letter(byte: u8) -> bool {
    const LETTERS: [bool; 256] = letters_and(b"+/=_%-.~\\");
    LETTERS[byte as usize]
}

/// Enough letters in a row, of which the escape of a line break is none.
fn holds_run(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(start) = long_run(rest, FEWEST, from_on::<b'%'>, is_letter) {
        let run = rest.get(start..).unwrap_or_default();
        let mut length = 0;
        for (at, byte) in run.iter().enumerate().take_while(|(_, byte)| is_letter(**byte)) {
            // What is escaped in a token are solidus and sign, once or several times.
            let breaks = *byte == b'\\' && !matches!(run.get(at + 1), Some(b'/' | b'u' | b'\\'));
            length = if breaks { 0 } else { length + 1 };
            if length >= FEWEST {
                return true;
            }
        }
        rest = run.get(run.iter().take_while(|byte| is_letter(**byte)).count()..).unwrap_or_default();
    }
    false
}

/// The last word of a text, the blanks before it, and what may be its name.
fn end(bytes: &[u8]) -> &[u8] {
    let word = bytes.iter().rev().take_while(|byte| is_letter(**byte)).count();
    let before = bytes.get(..bytes.len().saturating_sub(word)).unwrap_or_default();
    let blank = before.iter().rev().take_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'n' | b'r' | b't')).count();
    bytes.get(bytes.len().saturating_sub(word + blank + NAMED)..).unwrap_or_default()
}
