//! A stop for panics of the readers of columnar formats.
//!
//! Both readers index and assert where damaged files lead them out of bounds. Lengths are checked before they are believed
//! (a failed allocation cannot be caught); whatever else goes wrong in a reader becomes an error here.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a reader whose panics become errors, so that a panic hook need not tell of them.
pub fn is_reading() -> bool {
    READING.get()
}

/// What `read` returns.
///
/// # Errors
/// In words, where it panics. What it was reading must not be used any more.
pub(super) fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let before = READING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    READING.set(before);
    result.unwrap_or_else(|_| Err("the file is damaged: its content contradicts itself".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert_eq!(guarded(|| Ok(7)), Ok(7));
        let found = guarded::<u8>(|| {
            assert!(is_reading());
            panic!("index out of bounds")
        });
        assert_eq!(found, Err("the file is damaged: its content contradicts itself".into()));
        assert!(!is_reading());
    }
}
