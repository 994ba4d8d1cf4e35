//! The split of our own articles: which are test everywhere.

use sha1::{Digest, Sha1};

/// Whether the article of this id is test in every task: SHA-1 of its id, as a number, is divisible by 5.
pub fn is_test(id: &str) -> bool {
    // 256 leaves 1 when divided by 5, so the digits to base 256 can be summed.
    Sha1::digest(id.as_bytes()).iter().map(|&byte| u32::from(byte)).sum::<u32>() % 5 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_in_five() {
        // int(hashlib.sha1(b"ca-001").hexdigest(), 16) % 5, and of the two after it
        assert_eq!(["ca-001", "ca-002", "ca-003", "ca-004", "ca-005"].map(is_test), EXPECTED);
    }

    const EXPECTED: [bool; 5] = [false, false, false, false, true];
}
