//! How much was looked at, counted in test builds: what a test can say of cost without a clock.

#[cfg(test)]
thread_local! {
    static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// So many bytes are looked at. Nothing outside of tests.
#[inline]
pub(crate) fn looked_at(bytes: usize) {
    #[cfg(test)]
    LOOKED_AT.set(LOOKED_AT.get() + bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

/// How many bytes this thread looks at, where that is counted.
#[cfg(test)]
pub(crate) fn of(work: impl FnOnce()) -> usize {
    let before = LOOKED_AT.get();
    work();
    LOOKED_AT.get() - before
}
