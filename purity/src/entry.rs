//! Where the C library starts the program.

/// The C library calls the symbol `main`.
///
/// Safety of the unmangled name: nothing else in a program without std defines `main`, and the
/// signature is one that C allows for it.
#[allow(unsafe_code, reason = "exporting the name that the C library calls is an unsafe attribute")]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn main() -> i32 {
    match super::run() {
        Some(()) => 0,
        None => 1,
    }
}
