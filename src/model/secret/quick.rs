//! The quick look at bytes, text or the inside of a JSON string: may they hold a secret? Asked of every text, and of prose
//! answered no at the speed of memory.

use regex::bytes::Regex;

use super::{lone, patterns::build};
use crate::model::{Letters, each_thread, spelled_runs};

each_thread! {
    /// What has no long run of letters in it: passwords in addresses, `Basic` credentials; tag characters, which spell
    /// anything; and where a text says that it was cut off.
    static SHORT: Option<Regex> =
        build(r#"://[^\s/:@"'<>]*:[^\s/@"'<>\\]+(?:@|\z|…)|Basic[\s\\]+[A-Za-z0-9]|\xF3\xA0[\x80\x81]|\\u[dD][bB]40|…|\\u2026"#);
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
/// And the fewest that are left of one that is told at a cut.
const FEWEST_CUT: usize = 5;
/// Bytes before a word at the end of a text in which its name stands: the longest that may lie between them is sixty
/// characters, written as escapes.
const NAMED: usize = 1024;

/// May there be one? Never no when there is one.
pub fn may_hold(bytes: &[u8]) -> bool {
    may_hold_with(bytes, || holds_run(bytes))
}

/// The same, where others too ask whether the bytes hold a run of letters as long as a token: see [`holds_run`].
pub fn may_hold_with(bytes: &[u8], holds_run: impl FnOnce() -> bool) -> bool {
    match short(bytes) {
        Short::Held => true,
        Short::None if !holds_run() => {
            let end = end(bytes);
            !end.is_empty() && holds_long(end)
        }
        Short::None | Short::Cut => holds_long(bytes) || lone::may_hold(bytes),
    }
}

/// May one of the patterns match? Never no when one does.
pub(super) fn is_signed(bytes: &[u8]) -> bool {
    short(bytes) == Short::Held || holds_long(bytes)
}

#[derive(PartialEq)]
enum Short {
    None,
    /// The text was cut off somewhere: a secret may be shorter there.
    Cut,
    Held,
}

fn short(bytes: &[u8]) -> Short {
    SHORT.with(|signs| {
        let Some(signs) = signs else { return Short::Held };
        let (mut held, mut at) = (Short::None, 0);
        while let Some(sign) = signs.find_at(bytes, at) {
            if !matches!(sign.as_bytes(), b"\xE2\x80\xA6" | br"\u2026") {
                return Short::Held;
            }
            (held, at) = (Short::Cut, sign.end());
        }
        held
    })
}

fn holds_long(bytes: &[u8]) -> bool {
    LONG.with(|signs| signs.iter().any(|signs| signs.is_match(bytes)))
}

/// Letters of a token, and parts of the escape of one.
static LETTERS: Letters = Letters::and(b"+/=_%-.~\\");

/// Is there a run of letters in them as long as most credentials have, spelled as it may be in a JSON string? So many letters
/// of base64 in a row are one, too.
pub fn holds_run(bytes: &[u8]) -> bool {
    spelled_runs::<b'%'>(bytes, FEWEST, &LETTERS).next().is_some()
}

/// The last word of a text, the blanks before it, and what may be its name; nothing when the word is no beginning of a
/// secret: too short, or plain. Of small letters alone only the digits of a signature may be.
fn end(bytes: &[u8]) -> &[u8] {
    let length = bytes.iter().rev().take_while(|byte| LETTERS.have(**byte)).count();
    let (before, word) = bytes.split_at_checked(bytes.len().saturating_sub(length)).unwrap_or_default();
    let tells = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'/' | b'=' | b'%' | b'_' | b'-' | b'\\');
    let is_random = word.iter().any(tells) || word.iter().skip(1).any(u8::is_ascii_uppercase) || word.iter().all(u8::is_ascii_hexdigit);
    if length < FEWEST_CUT || !is_random {
        return b"";
    }
    let blank = before.iter().rev().take_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'\\' | b'n' | b'r' | b't')).count();
    bytes.get(before.len().saturating_sub(blank + NAMED)..).unwrap_or_default()
}
