//! A JSON writer that appends to a buffer. The demo writes gigabytes: building values first would cost more than all else.

/// Appends JSON to a buffer and keeps the commas right. It trusts its caller to close what was opened.
pub(super) struct Json<'a> {
    out: &'a mut Vec<u8>,
    comma: bool,
}

impl<'a> Json<'a> {
    /// Writes one document at the end of the buffer.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, comma: false }
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    fn open(&mut self, bracket: u8) -> &mut Self {
        self.separate();
        self.out.push(bracket);
        self.comma = false;
        self
    }

    fn close(&mut self, bracket: u8) -> &mut Self {
        self.out.push(bracket);
        self.comma = true;
        self
    }

    pub(super) fn object(&mut self) -> &mut Self {
        self.open(b'{')
    }

    pub(super) fn end_object(&mut self) -> &mut Self {
        self.close(b'}')
    }

    pub(super) fn array(&mut self) -> &mut Self {
        self.open(b'[')
    }

    pub(super) fn end_array(&mut self) -> &mut Self {
        self.close(b']')
    }

    /// A key; our own, so never in need of escapes.
    pub(super) fn key(&mut self, key: &str) -> &mut Self {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        self.out.push(b'"');
        escape(text, self.out);
        self.out.push(b'"');
        self
    }

    /// A string whose inside is already escaped: the only way to write a lone surrogate.
    pub(super) fn escaped(&mut self, inside: &str) -> &mut Self {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(inside.as_bytes());
        self.out.push(b'"');
        self
    }

    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        self.separate();
        push_number(number, self.out);
        self
    }

    /// A value that is JSON already.
    pub(super) fn raw(&mut self, json: &[u8]) -> &mut Self {
        self.separate();
        self.out.extend_from_slice(json);
        self
    }

    pub(super) fn field(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key).text(text)
    }

    pub(super) fn field_number(&mut self, key: &str, number: u64) -> &mut Self {
        self.key(key).number(number)
    }

    pub(super) fn field_raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key).raw(json.as_bytes())
    }

    pub(super) fn field_bool(&mut self, key: &str, value: bool) -> &mut Self {
        self.field_raw(key, if value { "true" } else { "false" })
    }
}

/// The text as the inside of a JSON string.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\') {
        let (plain, tail) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut chars = tail.chars();
        match chars.next() {
            Some('\n') => out.extend_from_slice(b"\\n"),
            Some('\t') => out.extend_from_slice(b"\\t"),
            Some('\r') => out.extend_from_slice(b"\\r"),
            Some('"') => out.extend_from_slice(b"\\\""),
            Some('\\') => out.extend_from_slice(b"\\\\"),
            Some(control) => out.extend_from_slice(format!("\\u{:04x}", u32::from(control)).as_bytes()),
            None => {}
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
}

/// Decimal digits without the detour over a `String`.
pub(super) fn push_number(mut number: u64, out: &mut Vec<u8>) {
    let start = out.len();
    loop {
        out.push(b'0' + (number % 10) as u8);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_escapes() {
        let mut out = Vec::new();
        let mut json = Json::new(&mut out);
        json.object().field("a", "x\"\n\u{1b}é").key("b").array().number(0).number(120).object().end_object().end_array().field_bool("c", true);
        json.key("d").escaped("\\ud800").end_object();
        assert_eq!(String::from_utf8(out).unwrap(), r#"{"a":"x\"\n\u001bé","b":[0,120,{}],"c":true,"d":"\ud800"}"#);
    }
}
