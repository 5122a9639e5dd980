//! Values that each thread has a copy of.

/// A value that is made once, and copied by each thread that uses it. Regular expressions keep scratch memory, and lend it to
/// one thread without asking; others wait for each other, or make their own at each search.
macro_rules! each_thread {
    ($(#[$doc:meta])* static $name:ident: $type:ty = $made:expr;) => {
        thread_local! {
            $(#[$doc])*
            static $name: $type = {
                static MADE: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $made);
                MADE.clone()
            };
        }
    };
}

pub(crate) use each_thread;
