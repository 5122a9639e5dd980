//! The stacked histogram of a scope: strands over time, denied calls marked, labelled axis.

use super::canvas::{Area, Canvas};
use crate::model::{EventRef, Strand, Timestamp};
use crate::tui::theme::Role;

/// Counts over time: one bin a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// First instant of the first bin, milliseconds.
    pub from: i64,
    /// Width of a bin, milliseconds; at least 1.
    pub step: i64,
    /// Events by strand in each bin.
    pub bins: Vec<[u32; 6]>,
    /// Denied events in each bin.
    pub denied: Vec<u32>,
}

impl Histogram {
    /// Counts references (sorted by time) into so many bins over their own span. References without a time are left out.
    pub fn of(refs: &[EventRef], bins: usize) -> Self {
        let first = refs.partition_point(|event| event.millis == 0);
        let timed = refs.get(first..).unwrap_or_default();
        let (Some(start), Some(end)) = (timed.first(), timed.last()) else { return Self::default() };
        let step = ((end.millis - start.millis) / bins.max(1) as i64 + 1).max(1);
        let mut histogram = Self { from: start.millis, step, bins: vec![[0; 6]; bins], denied: vec![0; bins] };
        for event in timed {
            let index = ((event.millis - start.millis) / step) as usize;
            if let Some(count) = histogram.bins.get_mut(index).and_then(|bin| bin.get_mut(event.strand() as usize)) {
                *count += 1;
            }
            if event.outcome() == crate::model::Outcome::Denied
                && let Some(count) = histogram.denied.get_mut(index)
            {
                *count += 1;
            }
        }
        histogram
    }

    /// The bin of an instant.
    pub fn bin_of(&self, millis: i64) -> Option<usize> {
        let index = (millis - self.from).checked_div_euclid(self.step)?;
        usize::try_from(index).ok().filter(|index| *index < self.bins.len())
    }
}

/// The role of a strand's colour.
pub const fn strand_role(strand: Strand) -> Role {
    match strand {
        Strand::Management => Role::Management,
        Strand::Data => Role::Data,
        Strand::Invocation => Role::Invocation,
        Strand::Endpoint => Role::Endpoint,
        Strand::Network => Role::Network,
        Strand::Span => Role::Span,
    }
}

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII: [&str; 9] = [" ", ".", ".", ":", ":", "+", "+", "#", "#"];

/// Draws the histogram: bars above, below them a row with `▲` under the cursor, `◆` where signals fired and `!` where calls were denied, and at
/// the bottom the times (one row for both where there is little room). Heights are on a square-root scale, so that one
/// event beside ten thousand is still seen.
pub fn draw_histogram(canvas: &mut Canvas<'_>, area: Area, histogram: &Histogram, signals: &[u16], cursor: Option<Timestamp>) {
    if area.height < 2 || histogram.bins.is_empty() {
        return;
    }
    let bar_rows = if area.height >= 4 { area.height - 2 } else { area.height - 1 };
    let top = histogram.bins.iter().map(|bin| bin.iter().sum::<u32>()).max().unwrap_or(0).max(1);
    let levels = u32::from(bar_rows) * 8;
    let glyphs = if canvas.is_ascii() { &ASCII } else { &EIGHTHS };
    for (column, bin) in histogram.bins.iter().enumerate().take(usize::from(area.width)) {
        let total: u32 = bin.iter().sum();
        if total == 0 {
            continue;
        }
        let height = (((f64::from(total) / f64::from(top)).sqrt() * f64::from(levels)).round() as u32).clamp(1, levels);
        let stack = stack_of(bin, total, height);
        for row in 0..bar_rows {
            let (low, high) = (u32::from(row) * 8, u32::from(row) * 8 + 8);
            let Some(bottom) = role_at(&stack, low) else { break };
            let boundary = (low..high).find(|level| role_at(&stack, *level) != Some(bottom)).unwrap_or(high);
            let above = role_at(&stack, boundary).filter(|_| boundary < high);
            let glyph = glyphs.get((boundary - low) as usize).copied().unwrap_or(" ");
            canvas.bar_cell(area.x + column as u16, area.y + bar_rows - 1 - row, glyph, bottom, above.filter(|_| !canvas.is_ascii()));
        }
    }
    let signs = signs(histogram, signals, cursor, area.width);
    let shared = bar_rows + 1 == area.height;
    for (column, text) in times(histogram, area.width, if shared { &signs } else { &[] }) {
        canvas.text(area.x + column, area.bottom() - 1, 12, &text, Role::Muted);
    }
    for (column, sign) in signs {
        let (sign, role) = match sign {
            Sign::Denied => ("!", Role::Denied),
            Sign::Signal => (canvas.glyph("◆", "*"), Role::Warning),
            Sign::Cursor => (canvas.glyph("▲", "^"), Role::Strong),
        };
        canvas.text(area.x + column, area.y + bar_rows, 1, sign, role);
    }
}

/// The strands of a bar from the bottom up, each with the level it reaches.
fn stack_of(bin: &[u32; 6], total: u32, height: u32) -> Vec<(Role, u32)> {
    let mut reached = 0;
    let mut stack: Vec<(Role, u32)> = Vec::new();
    for (strand, count) in Strand::ALL.into_iter().zip(bin) {
        if *count > 0 {
            reached += count;
            let level = (u64::from(reached) * u64::from(height) / u64::from(total)) as u32;
            stack.push((strand_role(strand), level.max(stack.last().map_or(1, |(_, below)| *below))));
        }
    }
    stack
}

fn role_at(stack: &[(Role, u32)], level: u32) -> Option<Role> {
    stack.iter().find(|(_, reached)| level < *reached).map(|(role, _)| *role)
}

/// Times and the columns they begin in; none where a sign would stand in its midst.
fn times(histogram: &Histogram, width: u16, signs: &[(u16, Sign)]) -> Vec<(u16, String)> {
    let span = histogram.step.saturating_mul(histogram.bins.len() as i64);
    let format = if span > 300 * 86_400_000 {
        "%Y-%m-%d"
    } else if span > 2 * 86_400_000 {
        "%m-%d %H:%M"
    } else if span > 120_000 {
        "%H:%M"
    } else {
        "%H:%M:%S"
    };
    let time = |column: u16| Timestamp::from_millis(histogram.from + histogram.step * i64::from(column)).to_jiff().strftime(format).to_string();
    let labels = (0..width.saturating_sub(11)).step_by(24).map(|column| (column, time(column)));
    labels.filter(|(column, text)| !signs.iter().any(|(sign, _)| (*column..=column + text.len() as u16).contains(sign))).collect()
}

/// What a sign below the bars says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// Calls were denied.
    Denied,
    /// A signal fired.
    Signal,
    /// The selected row.
    Cursor,
}

/// Columns with a sign; where several fall on one the last counts.
fn signs(histogram: &Histogram, signals: &[u16], cursor: Option<Timestamp>, width: u16) -> Vec<(u16, Sign)> {
    let denied = histogram.denied.iter().enumerate().filter(|(_, count)| **count > 0).map(|(column, _)| (column as u16, Sign::Denied));
    let signals = signals.iter().map(|column| (*column, Sign::Signal));
    let here = cursor.and_then(|at| histogram.bin_of(at.as_millis())).map(|column| (column as u16, Sign::Cursor));
    denied.chain(signals).chain(here).filter(|(column, _)| *column < width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventId, Outcome};

    #[test]
    fn counts_by_strand_and_denied() {
        let event = |millis, strand, outcome| EventRef::new(Some(Timestamp::from_millis(millis)), EventId(millis as u32), strand, outcome, false);
        let refs = [
            EventRef::new(None, EventId(0), Strand::Management, Outcome::Ok, true),
            event(1000, Strand::Management, Outcome::Ok),
            event(1010, Strand::Data, Outcome::Denied),
            event(1999, Strand::Invocation, Outcome::Ok),
        ];
        let histogram = Histogram::of(&refs, 10);
        assert_eq!((histogram.from, histogram.step, histogram.bins.len()), (1000, 100, 10));
        assert_eq!(histogram.bins[0], [1, 1, 0, 0, 0, 0]);
        assert_eq!(histogram.bins[9], [0, 0, 1, 0, 0, 0]);
        assert_eq!(histogram.denied.iter().sum::<u32>(), 1);
        assert_eq!((histogram.bin_of(1050), histogram.bin_of(999), histogram.bin_of(5000)), (Some(0), None, None));
        assert_eq!(Histogram::of(&[], 10), Histogram::default());
    }

    #[test]
    fn signs_and_times_do_not_share_columns() {
        let event = |millis, outcome| EventRef::new(Some(Timestamp::from_millis(millis)), EventId(millis as u32), Strand::Management, outcome, false);
        let histogram = Histogram::of(&[event(60_000, Outcome::Ok), event(1_540_000, Outcome::Denied), event(3_600_000, Outcome::Ok)], 60);
        // One minute a column: the denied call stands in column 25, the cursor in column 0, where times would stand too.
        let signs = signs(&histogram, &[], Some(Timestamp::from_millis(60_000)), 60);
        assert_eq!(signs, [(25, Sign::Denied), (0, Sign::Cursor)]);
        let labels = |signs: &[(u16, Sign)]| times(&histogram, 60, signs).into_iter().map(|(column, _)| column).collect::<Vec<_>>();
        assert_eq!(labels(&signs), [48]);
        assert_eq!(labels(&[]), [0, 24, 48]);
    }

    #[test]
    fn a_single_event_is_seen_beside_many() {
        assert_eq!(stack_of(&[1, 0, 0, 0, 0, 0], 1, 1), [(Role::Management, 1)]);
        assert_eq!(stack_of(&[1, 0, 1, 0, 0, 0], 2, 8), [(Role::Management, 4), (Role::Invocation, 8)]);
    }
}
