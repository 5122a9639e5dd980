//! Log groups that were found: which of them are to be fetched, and for how much.

use crate::tui::oracle::{AddedSource, FoundGroup, SourceWish};

/// How far choosing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// They are looked for.
    Looking,
    /// They are chosen.
    Choosing,
    /// Their price is asked for.
    Pricing,
    /// It is known.
    Priced,
}

/// The list of log groups.
#[derive(Clone, Debug)]
pub struct Groups {
    /// What is wanted.
    pub wish: SourceWish,
    /// The form it came from, to go back to.
    pub form: Box<super::Form>,
    /// What was found.
    pub found: Vec<FoundGroup>,
    /// What is not well with the sites.
    pub troubles: Vec<String>,
    /// The selected one.
    pub at: usize,
    /// How far it is.
    pub stage: Stage,
}

impl Groups {
    /// They are being looked for.
    pub const fn new(wish: SourceWish, form: Box<super::Form>) -> Self {
        Self { wish, form, found: Vec::new(), troubles: Vec::new(), at: 0, stage: Stage::Looking }
    }

    /// Moves the cursor.
    pub fn step(&mut self, by: isize) {
        self.at = self.at.saturating_add_signed(by).min(self.found.len().saturating_sub(1));
    }

    /// Chooses the selected group, or not any more.
    pub fn turn(&mut self) {
        if let Some(group) = self.found.get_mut(self.at) {
            group.is_chosen = !group.is_chosen;
            self.unpriced();
        }
    }

    /// Chooses all groups, or none when all are.
    pub fn turn_all(&mut self) {
        let all = self.found.iter().all(|group| group.is_chosen);
        self.found.iter_mut().for_each(|group| group.is_chosen = !all);
        self.unpriced();
    }

    /// What was chosen is another choice: its price is not known.
    fn unpriced(&mut self) {
        if self.stage == Stage::Priced {
            self.stage = Stage::Choosing;
        }
    }

    /// Those that are chosen.
    pub fn chosen(&self) -> impl Iterator<Item = &FoundGroup> {
        self.found.iter().filter(|group| group.is_chosen)
    }

    /// Bytes that AWS would scan for what is missing, and whether that is all that is known of it.
    pub fn bytes(&self) -> (f64, bool) {
        let missing = || self.chosen().filter_map(|group| group.missing);
        let known = missing().filter_map(|(_, bytes)| bytes).sum();
        (known, missing().all(|(seconds, bytes)| seconds == 0 || bytes.is_some()))
    }

    /// All that is chosen is in the case already.
    pub fn is_all_there(&self) -> bool {
        self.chosen().all(|group| group.missing.is_some_and(|(seconds, _)| seconds == 0))
    }

    /// What is to be fetched.
    pub fn added(&self, is_agreed: bool) -> AddedSource {
        let named = |group: &FoundGroup| (group.site.clone(), group.group.clone());
        AddedSource {
            chosen: self.chosen().map(named).collect(),
            listed: self.found.iter().map(named).collect(),
            span: self.wish.span,
            usd: self.wish.usd,
            is_agreed,
        }
    }
}
