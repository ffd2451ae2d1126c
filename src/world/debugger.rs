//! Stops a debugger before the step that fails.

/// The step that decides a replayed execution is made next, by the thread that is here. Under a debugger the
/// program stops; the frames above are of the user's code.
#[inline(never)]
pub fn before_the_failing_step() {
    if is_traced() {
        breakpoint();
    }
}

/// Whether a debugger is attached, as far as the system tells.
fn is_traced() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

fn breakpoint() {
    // SAFETY: a trap that the debugger, which is there, takes; it changes no register and no memory.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::asm!("int3");
    }
    // SAFETY: as above; the debugger goes on behind it.
    #[cfg(target_arch = "aarch64")]
    unsafe {
        std::arch::asm!("brk #0xf000");
    }
}
