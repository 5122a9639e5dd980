//! The pieces screens are made of. Only [`canvas`] touches the terminal's cells; everything else draws through it.

mod canvas;
mod histogram;
mod reader;
mod spark;
mod tree;

pub use canvas::{Area, Canvas, centred};
pub use histogram::{Histogram, draw_histogram, strand_role};
pub use reader::{Block, BlockKind, Page};
pub use spark::spark;
pub use tree::Tree;
