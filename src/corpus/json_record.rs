//! One line of JSONL: is it a JSON object, and where do its fields stand?
//!
//! A single pass checks the whole record against RFC 8259 and notes the top-level fields as byte
//! ranges; nothing is built or copied, so that the other fields can pass through as they stand.
//! It accepts what `serde_json` accepts (a property test and a fuzz target compare them).

use std::ops::Range;

/// A top-level field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The key without its quotation marks, escapes kept.
    pub key: Range<usize>,
    /// Whether the key holds escapes.
    pub key_escaped: bool,
    /// The value; strings with their quotation marks.
    pub value: Range<usize>,
    /// What the value is.
    pub kind: ValueKind,
}

/// What a value is, as far as labelling must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A string, with or without escapes.
    String {
        /// Whether it must be unescaped.
        escaped: bool,
    },
    /// `null`.
    Null,
    /// A number or a truth value.
    Scalar,
    /// An array or an object.
    Nested,
}

/// Why a line is no JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Byte of the record where reading stopped.
    pub at: usize,
    /// What was expected there.
    pub what: &'static str,
}

/// Reads records; keeps its buffers from one record to the next.
#[derive(Clone, Debug, Default)]
pub struct RecordScanner {
    /// The fields of the last record, in its order.
    pub fields: Vec<Field>,
    nesting: Vec<u8>,
}

impl RecordScanner {
    /// Checks `record` and notes its fields in `self.fields`.
    ///
    /// Returns the byte after the last field's value, or after the opening brace of an empty object:
    /// the place where further fields can be put in.
    ///
    /// # Errors
    /// [`Fault`] where the record is not exactly one JSON object.
    pub fn scan(&mut self, record: &str) -> Result<usize, Fault> {
        self.fields.clear();
        let mut cursor = Cursor { bytes: record.as_bytes(), at: 0, nesting: &mut self.nesting };
        cursor.space();
        cursor.expect(b'{', "a JSON object `{…}`")?;
        let end = cursor.fields(&mut self.fields)?;
        cursor.space();
        if cursor.at < cursor.bytes.len() { cursor.fault("the end of the line after the object") } else { Ok(end) }
    }
}

/// The characters of a JSON string without its quotation marks; `None` for an unpaired surrogate.
pub fn unescape(inner: &str, out: &mut String) -> Option<()> {
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..at)?);
        rest = unescape_one(rest.get(at + 1..)?, out)?;
    }
    out.push_str(rest);
    Some(())
}

fn unescape_one<'a>(rest: &'a str, out: &mut String) -> Option<&'a str> {
    let letter = *rest.as_bytes().first()?;
    let tail = rest.get(1..)?;
    out.push(match letter {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unescape_unit(tail, out),
        other => char::from(other),
    });
    Some(tail)
}

fn unescape_unit<'a>(rest: &'a str, out: &mut String) -> Option<&'a str> {
    let unit = |text: &str| u32::from_str_radix(text.get(..4)?, 16).ok();
    let first = unit(rest)?;
    let tail = rest.get(4..)?;
    if let Some(letter) = char::from_u32(first) {
        out.push(letter);
        return Some(tail);
    }
    let low = tail.strip_prefix("\\u").and_then(unit).filter(|unit| (0xdc00..0xe000).contains(unit))?;
    let high = (0xd800..0xdc00).contains(&first).then_some(first)?;
    out.push(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?);
    tail.get(6..)
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Opening brackets of the values that are not closed yet.
    nesting: &'a mut Vec<u8>,
}

impl Cursor<'_> {
    fn fault<T>(&self, what: &'static str) -> Result<T, Fault> {
        Err(Fault { at: self.at, what })
    }

    #[inline]
    fn peek(&self) -> u8 {
        // NUL is valid nowhere outside strings, so it can stand for the end.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.peek() != byte {
            return self.fault(what);
        }
        self.at += 1;
        Ok(())
    }

    fn fields(&mut self, fields: &mut Vec<Field>) -> Result<usize, Fault> {
        let mut end = self.at;
        self.space();
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(end);
        }
        loop {
            let field = self.field()?;
            end = field.value.end;
            fields.push(field);
            self.space();
            match self.peek() {
                b',' => self.at += 1,
                b'}' => break self.at += 1,
                _ => return self.fault("`,` or `}`"),
            }
            self.space();
        }
        Ok(end)
    }

    fn field(&mut self) -> Result<Field, Fault> {
        let key_start = self.at + 1;
        let key_escaped = self.key()?;
        let key = key_start..self.at - 1;
        self.colon()?;
        let start = self.at;
        let kind = self.value()?;
        Ok(Field { key, key_escaped, value: start..self.at, kind })
    }

    fn key(&mut self) -> Result<bool, Fault> {
        if self.peek() == b'"' { self.string() } else { self.fault("a key in quotation marks") }
    }

    fn colon(&mut self) -> Result<(), Fault> {
        self.space();
        self.expect(b':', "`:`")?;
        self.space();
        Ok(())
    }

    #[inline]
    fn value(&mut self) -> Result<ValueKind, Fault> {
        match self.peek() {
            b'"' => Ok(ValueKind::String { escaped: self.string()? }),
            b'{' | b'[' => self.nested().map(|()| ValueKind::Nested),
            b'n' => self.word(b"null").map(|()| ValueKind::Null),
            _ => self.scalar().map(|()| ValueKind::Scalar),
        }
    }

    fn scalar(&mut self) -> Result<(), Fault> {
        match self.peek() {
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.fault("a value"),
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), Fault> {
        if !self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return self.fault("null, true or false");
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        self.at += usize::from(self.peek() == b'-');
        if self.peek() == b'0' {
            self.at += 1
        } else {
            self.digits()?
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), b'+' | b'-'));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { self.fault("a digit") } else { Ok(()) }
    }

    /// From the opening to past the closing quotation mark; returns whether there were escapes.
    #[inline]
    fn string(&mut self) -> Result<bool, Fault> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at = plain_end(self.bytes, self.at);
            match self.bytes.get(self.at) {
                Some(b'"') => break self.at += 1,
                Some(b'\\') => self.escape()?,
                Some(_) => return self.fault("no control character in a string"),
                None => return self.fault("the closing quotation mark of a string"),
            }
            escaped = true;
        }
        Ok(escaped)
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' if self.bytes.get(self.at + 1..self.at + 5).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => {
                self.at += 5
            }
            _ => return self.fault("an escape of JSON (\\n, \\u00e9, …)"),
        }
        Ok(())
    }

    /// A whole array or object, without recursion: depth is bounded by the record's length alone.
    fn nested(&mut self) -> Result<(), Fault> {
        self.nesting.clear();
        loop {
            let opened = self.peek();
            if matches!(opened, b'{' | b'[') {
                self.at += 1;
                self.nesting.push(opened);
                self.space();
                if self.peek() != closing(opened) {
                    self.member_start()?;
                    continue;
                }
            } else {
                self.value()?;
            }
            if self.close()? {
                return Ok(());
            }
            self.member_start()?;
        }
    }

    /// Past closing brackets to the next member; `true` when all are closed.
    fn close(&mut self) -> Result<bool, Fault> {
        while let Some(&opened) = self.nesting.last() {
            self.space();
            let found = self.peek();
            if found == closing(opened) {
                self.at += 1;
                self.nesting.pop();
            } else if found == b',' {
                self.at += 1;
                self.space();
                return Ok(false);
            } else {
                return self.fault("`,` or a closing bracket");
            }
        }
        Ok(true)
    }

    fn member_start(&mut self) -> Result<(), Fault> {
        if self.nesting.last() == Some(&b'{') {
            self.key()?;
            self.colon()?;
        }
        Ok(())
    }
}

fn closing(opened: u8) -> u8 {
    if opened == b'{' { b'}' } else { b']' }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The first `"`, `\` or control character at or after `at`, eight bytes at a time
/// (Mycroft's zero-byte test; borrows only spoil bytes above the first hit).
#[inline]
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(Ok(eight)) = bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(eight);
        let quote = word ^ (ONES * u64::from(b'"'));
        let slash = word ^ (ONES * u64::from(b'\\'));
        let hits =
            (quote.wrapping_sub(ONES) & !quote) | (slash.wrapping_sub(ONES) & !slash) | (word.wrapping_sub(ONES * 0x20) & !word);
        if hits & HIGHS != 0 {
            return at + (hits & HIGHS).trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|&byte| byte != b'"' && byte != b'\\' && byte >= 0x20) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(record: &str) -> Result<Vec<(String, String)>, Fault> {
        let mut scanner = RecordScanner::default();
        scanner.scan(record)?;
        let piece = |range: &Range<usize>| record[range.clone()].to_owned();
        Ok(scanner.fields.iter().map(|f| (piece(&f.key), piece(&f.value))).collect())
    }

    #[test]
    fn fields_are_found_as_they_stand() {
        let found = scan(r#" { "a" : 1.50 ,"b":[{"c":"]}"},[]],"d\n":"x\"y","":null } "#).unwrap();
        let pairs: Vec<(&str, &str)> = found.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("a", "1.50"), ("b", r#"[{"c":"]}"},[]]"#), ("d\\n", r#""x\"y""#), ("", "null")]);
    }

    #[test]
    fn the_place_for_further_fields_follows_the_last_value() {
        let mut scanner = RecordScanner::default();
        assert_eq!(scanner.scan(r#"{"a":1 }"#), Ok(6));
        assert_eq!(scanner.scan("{ }"), Ok(1));
    }

    #[test]
    fn faults_say_where_and_what() {
        assert_eq!(scan(r#"{"a":01}"#).unwrap_err(), Fault { at: 6, what: "`,` or `}`" });
        assert_eq!(scan("[1]").unwrap_err().what, "a JSON object `{…}`");
        assert_eq!(scan(r#"{"a":1}x"#).unwrap_err().at, 7);
        assert_eq!(scan("{\"a\":\"b\tc\"}").unwrap_err().what, "no control character in a string");
    }

    #[test]
    fn escapes_become_characters() {
        let plain = |text: &str| {
            let mut out = String::new();
            unescape(text, &mut out).map(|()| out)
        };
        assert_eq!(plain(r#"a\"\\\/\n\u00e9\ud83d\ude00z"#).as_deref(), Some("a\"\\/\né😀z"));
        assert_eq!(plain(r"\ud83d"), None);
        assert_eq!(plain(r"\ud83d\u0041"), None);
        assert_eq!(plain(r"\ude00"), None);
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1 << 20), "]".repeat(1 << 20));
        assert!(scan(&deep).is_ok());
    }

    fn is_object(record: &str) -> bool {
        record.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{')
            && serde_json::from_str::<serde::de::IgnoredAny>(record).is_ok()
    }

    proptest! {
        #[test]
        fn accepts_what_serde_accepts(record in r#"[ {}\[\]:,"\\a-fu0-9.eE+\-ntl\x1f]{0,24}"#) {
            let record = format!("{{{record}}}");
            prop_assert_eq!(scan(&record).is_ok(), is_object(&record), "{}", record);
        }

        #[test]
        fn accepts_objects_one_byte_off(value in json(), at in 0usize..200, byte in 0u8..128) {
            let mut bytes = format!("{{\"k\":{value}, \"l\" : {value}}}").into_bytes();
            let at = at % bytes.len();
            if bytes[at].is_ascii() { bytes[at] = byte; }
            if let Ok(record) = String::from_utf8(bytes) {
                prop_assert_eq!(scan(&record).is_ok(), is_object(&record), "{}", record);
            }
        }

        #[test]
        fn unescapes_as_serde_does(text in any::<String>()) {
            let quoted = serde_json::to_string(&text).unwrap();
            let mut out = String::new();
            prop_assert_eq!(unescape(&quoted[1..quoted.len() - 1], &mut out), Some(()));
            prop_assert_eq!(out, text);
        }
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec((any::<String>(), inner), 0..4)
                    .prop_map(|m| serde_json::Value::Object(m.into_iter().collect())),
            ]
        })
    }
}
