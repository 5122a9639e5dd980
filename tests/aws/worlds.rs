//! Logs that several tests look at.

use std::sync::{Arc, LazyLock};

use crate::server::seed::{Crowd, demo_lines, invocations};
use crate::server::world::World;

/// 2026-11-10T12:00:00Z
pub const NOON: i64 = 1_794_312_000_000;

static DEMO: LazyLock<Arc<World>> = LazyLock::new(|| Arc::new(World::of(demo_lines(1_500))));

/// The demo's evidence. Shared: do not change it.
pub fn demo() -> Arc<World> {
    Arc::clone(&DEMO)
}

/// 90 invocations over a minute and a half, one a second, then 40 in one second.
pub fn spike() -> World {
    World::of(vec![invocations(NOON, NOON + 90_000, 130, Crowd { size: 40, at: NOON + 100_000, share: 4 })])
}
