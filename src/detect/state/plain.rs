//! Rules that fire for each record: repeats of a group collapse.

use super::{At, Draft, Groups};

/// What a rule selected, by the group its repeats collapse by.
#[derive(Default)]
pub(in crate::detect) struct Plain {
    pub(in crate::detect) groups: Groups<At>,
}

impl Plain {
    /// What each group that changed fires now.
    pub(in crate::detect) fn fire(&mut self, collapse_ms: i64, each: &mut dyn FnMut(u32, Vec<Draft>)) {
        self.groups.changed(|group, items| {
            let runs = items.chunk_by(|one, next| collapse_ms > 0 && next.millis.saturating_sub(one.millis) <= collapse_ms);
            let drafts = runs.filter_map(|run| {
                let first = run.first()?;
                let mut draft = Draft::of(group, *first, run);
                draft.firings = run.len() as u64;
                // Whatever names a rule of this kind is fed by what it selects.
                draft.emitted.clear();
                Some(draft)
            });
            each(group, drafts.collect());
        });
    }
}
