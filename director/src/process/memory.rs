//! Memory is given back.
#![allow(unsafe_code, reason = "glibc's malloc_trim has no safe binding")]

/// Gives back what reading a configuration took and is free now: glibc keeps free memory that has
/// something in use above it, and that is mostly text of the file between the routers made from it.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: malloc_trim(3) takes a number and no pointer; it touches only memory that the allocator
    // has as free, under the allocator's own locks, and is safe to call from any thread at any time.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}
