//! The state of every control at a moment: the last change before it that did happen.

use std::collections::BTreeMap;

use crate::model::{Control, ControlState, Controls, Place, Timestamp};

/// The states at a moment, or at the end of the evidence. In order of place and control. What no change tells, but its
/// traces do, is among them.
pub fn state_at(controls: &Controls, at: Option<Timestamp>) -> Vec<ControlState> {
    let mut states: BTreeMap<(Place, Control), ControlState> = BTreeMap::new();
    let reached = |time: Option<Timestamp>| at.is_none_or(|at| time.is_some_and(|time| time < at));
    for change in controls.changes.iter().filter(|change| reached(change.time())) {
        let Some((standing, words)) = &change.state else { continue };
        let key = (change.place.clone(), change.control.clone());
        match states.get_mut(&key) {
            Some(state) if state.state == *words => {}
            Some(state) => (state.standing, state.state, state.since) = (*standing, words.clone(), change.time()),
            None => {
                let (place, control) = key.clone();
                let since = change.time();
                let state = ControlState { place, control, standing: *standing, state: words.clone(), since, unknown_before: since };
                states.insert(key, state);
            }
        }
    }
    for seen in controls.seen.iter().filter(|seen| reached(seen.since)) {
        states.entry((seen.place.clone(), seen.control.clone())).or_insert_with(|| seen.clone());
    }
    states.into_values().collect()
}
