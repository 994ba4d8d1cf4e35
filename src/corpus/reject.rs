//! Records that cannot be labelled: where they stand, why, and their bytes.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::chunks::KEPT_BYTES;

/// A rejected record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reject {
    /// Lines of the piece before it.
    pub(crate) lines_before: u64,
    /// Byte of the (decompressed) input where it starts; `None` for a row of a table.
    pub(crate) offset: Option<u64>,
    /// What was found and what was expected.
    pub(crate) reason: String,
    /// The record without its line break; of long ones the beginning.
    pub(crate) bytes: Vec<u8>,
}

impl Reject {
    /// A rejected record, its bytes cut to what is kept.
    pub(crate) fn new(lines_before: u64, offset: Option<u64>, reason: String, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        Self { lines_before, offset, reason, bytes: bytes.get(..KEPT_BYTES).unwrap_or(bytes).to_vec() }
    }

    /// Appends the line for the rejects file: `raw` holds the bytes, `raw_base64` bytes that are no UTF-8.
    pub(crate) fn write(&self, file: &str, line: u64, out: &mut Vec<u8>) {
        let mut row = match self.offset {
            Some(offset) => json!({"file": file, "line": line, "byte": offset, "reason": self.reason}),
            None => json!({"file": file, "row": line, "reason": self.reason}),
        };
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => row["raw"] = text.into(),
            Err(_) => row["raw_base64"] = STANDARD.encode(&self.bytes).into(),
        }
        out.extend_from_slice(row.to_string().as_bytes());
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_in_either_form() {
        let mut out = Vec::new();
        Reject::new(0, Some(7), "no \"text\"".into(), "{é}\n".as_bytes()).write("a.jsonl", 2, &mut out);
        Reject::new(0, Some(9), "x".into(), b"\xff").write("a.jsonl", 3, &mut out);
        let expected = "{\"file\":\"a.jsonl\",\"line\":2,\"byte\":7,\"reason\":\"no \\\"text\\\"\",\"raw\":\"{é}\"}\n\
                        {\"file\":\"a.jsonl\",\"line\":3,\"byte\":9,\"reason\":\"x\",\"raw_base64\":\"/w==\"}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
