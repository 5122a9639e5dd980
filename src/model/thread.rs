//! By what an exchange finds the one it continues: keys of what was said, small enough to keep for a million of them.
//!
//! A call repeats the history of the calls before it. A *round* is what the user side said and what was answered. The key of
//! a call's own round is found again in the history of the calls that continue it.

/// The keys of one round; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RoundKeys {
    /// Of what the user side said and the answer.
    pub pair: u64,
    /// Of the answer alone, when it is long enough to tell one from another: many applications put into the history what
    /// the user typed, not the prompt that was made of it.
    pub answer: u64,
}

/// The keys of one exchange. They hold the principal: nobody continues what another one began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadKeys {
    /// What a later call repeats of this one.
    pub own: RoundKeys,
    /// What this call repeats of earlier ones, the newest round first; at most [`ThreadKeys::DEPTH`].
    pub before: Vec<RoundKeys>,
}

impl ThreadKeys {
    /// Rounds of the history that are looked at: when the newest was answered by a call that the logs lack, an older one helps.
    pub const DEPTH: usize = 4;

    /// Neither can it be continued nor does it continue anything.
    pub fn is_empty(&self) -> bool {
        self.own == RoundKeys::default() && self.before.is_empty()
    }
}

/// The keys of an exchange and its place in time, as stitching takes them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRow {
    /// Its event's row number.
    pub event: u32,
    /// When, in milliseconds; 0 when the record names no time.
    pub millis: i64,
    /// Tells calls of the same instant apart, the same in every case: the first bytes of the record's digest.
    pub tie: u64,
    /// Its keys.
    pub keys: ThreadKeys,
}

/// One exchange continues another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// Row number of the event that continues.
    pub child: u32,
    /// Row number of the event that is continued; 0 takes an earlier link back.
    pub parent: u32,
}
