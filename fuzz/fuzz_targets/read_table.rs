//! Parquet and Arrow files of any bytes: an error at worst.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../checks.rs"]
mod checks;

/// Panics of the readers that become errors go on; all others abort.
fn pass_by_caught_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let abort = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !demarche::corpus::is_reading_table() {
                abort(panic);
            }
        }));
    });
}

fuzz_target!(|data: &[u8]| {
    pass_by_caught_panics();
    checks::read_table(data);
});
