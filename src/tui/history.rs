//! Back and forward: whole views.

use super::view::View;

/// Views before and after the one shown. Bounded.
#[derive(Clone, Debug, Default)]
pub struct History {
    back: Vec<View>,
    forward: Vec<View>,
}

const LIMIT: usize = 200;

impl History {
    /// Remembers a view that is about to be left for a new one.
    pub fn push(&mut self, view: View) {
        self.forward.clear();
        if self.back.last() != Some(&view) {
            self.back.push(view);
        }
        if self.back.len() > LIMIT {
            self.back.remove(0);
        }
    }

    /// The view before; `current` can be come back to.
    pub fn back(&mut self, current: &View) -> Option<View> {
        let view = self.back.pop()?;
        self.forward.push(current.clone());
        Some(view)
    }

    /// The view after.
    pub fn forward(&mut self, current: &View) -> Option<View> {
        let view = self.forward.pop()?;
        self.back.push(current.clone());
        Some(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::view::Pane;

    #[test]
    fn there_and_back_again() {
        let view = |pane| View { pane, ..View::default() };
        let mut history = History::default();
        history.push(view(Pane::Timeline));
        history.push(view(Pane::Prompts));
        let current = view(Pane::Case);
        let before = history.back(&current).expect("one");
        assert_eq!(before.pane, Pane::Prompts);
        assert_eq!(history.forward(&before).map(|view| view.pane), Some(Pane::Case));
        assert_eq!(history.back(&current).and_then(|view| history.back(&view)).map(|view| view.pane), Some(Pane::Timeline));
        assert_eq!(history.back(&current), None);
        history.push(view(Pane::Cli));
        assert_eq!(history.forward(&current), None);
    }
}
