//! Bytes to text: what is no text is named and refused, older encodings are recognised.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// A decoded text.
pub(super) struct Decoded {
    /// The text.
    pub(super) text: String,
    /// Whether it differs from the bytes.
    pub(super) changed: bool,
    /// What the reader should know.
    pub(super) notes: Vec<String>,
}

/// Decodes `bytes`; the error says what they are and what to do.
pub(super) fn decode(bytes: Vec<u8>) -> Result<Decoded, String> {
    if bytes.starts_with(b"%PDF-") {
        return Err("is a PDF document; extract its text first, for example with pdftotext".into());
    }
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        return Ok(convert(&bytes[mark..], encoding, "its byte order mark"));
    }
    match String::from_utf8(bytes) {
        Ok(text) if !looks_binary(text.as_bytes()) => Ok(unchanged(text)),
        Ok(text) => decode_other(text.as_bytes()),
        Err(error) => decode_other(error.as_bytes()),
    }
}

fn unchanged(text: String) -> Decoded {
    let nuls = memchr::memchr_iter(0, text.as_bytes()).count();
    let notes = if nuls > 0 { vec![format!("holds {nuls} NUL bytes, kept as they are")] } else { Vec::new() };
    Decoded { text, changed: false, notes }
}

fn decode_other(bytes: &[u8]) -> Result<Decoded, String> {
    if let Some(encoding) = utf16_without_mark(bytes) {
        return Ok(convert(bytes, encoding, "the pattern of its bytes"));
    }
    if let Some(kind) = infer::get(bytes) {
        return Err(format!("is no text but {}; give its text instead", kind.mime_type()));
    }
    if looks_binary(bytes) {
        return Err("is binary data; give plain text, Markdown or HTML".into());
    }
    let mut detector = chardetng::EncodingDetector::new();
    detector.feed(bytes, true);
    Ok(convert(bytes, detector.guess(None, false), "its characters"))
}

fn convert(bytes: &[u8], encoding: &'static Encoding, evidence: &str) -> Decoded {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let mut notes = Vec::new();
    if encoding != UTF_8 {
        notes.push(format!("decoded from {}, judged by {evidence}", encoding.name()));
    }
    if broken {
        notes.push("some bytes could not be decoded and became U+FFFD".into());
    }
    Decoded { text: text.into_owned(), changed: true, notes }
}

/// Bytes on which a guess rests.
const SAMPLE: usize = 64 * 1024;

/// Mostly Latin text in UTF-16 has a NUL in every other byte.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE) & !1];
    let nuls = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd, half) = (nuls(0), nuls(1), sample.len() / 2);
    let mostly = |many: usize, few: usize| half > 3 && many * 10 > half * 7 && few * 20 < half;
    if mostly(odd, even) {
        Some(UTF_16LE)
    } else if mostly(even, odd) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// More than one byte in ten is a control character that no text has.
fn looks_binary(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let control = |b: &&u8| **b < 32 && !matches!(**b, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    sample.iter().filter(control).count() * 10 > sample.len()
}
