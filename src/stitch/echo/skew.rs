//! Clocks of computers that differ from CloudTrail's: commands that all have their events at the same distance.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Asked, Echoes, TRAIL, asked, call_of};
use crate::case::{Reader, Result};
use crate::model::{Event, Name};

/// As far as the zones of two clocks can be apart, and a little.
const REACH: i64 = 27 * 60 * 60 * 1000;
/// Events looked at for one command.
const MOST: usize = 256;
/// Commands looked at of one computer.
const ENOUGH: usize = 100;
/// Distances are told apart by this.
const STEP: i64 = 60_000;
/// Fewer commands at one distance are chance.
const FEWEST: usize = 3;

/// A computer whose clock is another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skew {
    /// Which.
    pub host: Name,
    /// Its clock is so many milliseconds, in whole minutes, ahead of CloudTrail's.
    pub ahead_ms: i64,
    /// So many of its commands say so …
    pub agreeing: usize,
    /// … of so many that were looked at.
    pub commands: usize,
}

impl Echoes {
    /// The computers of these commands whose clocks differ: most of their commands have no event at their time, and most have one at
    /// one and the same distance of five minutes or more.
    ///
    /// # Errors
    /// The case could not be read.
    pub fn skews(&mut self, reader: &mut Reader, commands: &[Event]) -> Result<Vec<Skew>> {
        self.look_again(reader)?;
        let mut by_host: BTreeMap<&Name, Vec<&Event>> = BTreeMap::new();
        for command in commands {
            if let Some(host) = &command.host {
                by_host.entry(host).or_default().push(command);
            }
        }
        let mut skews = Vec::new();
        for (host, commands) in by_host {
            let (mut looked_at, mut at_distance) = (0, HashMap::<i64, usize>::new());
            for command in commands.into_iter().take(ENOUGH) {
                let Some(distances) = self.distances(reader, command)? else { continue };
                looked_at += 1;
                for distance in distances {
                    *at_distance.entry(distance).or_default() += 1;
                }
            }
            // Of several that as many say the nearest.
            let best = at_distance.iter().max_by_key(|(distance, count)| (**count, -distance.abs()));
            let at_its_time = at_distance.get(&0).copied().unwrap_or(0);
            if let Some((distance, agreeing)) = best
                && distance.abs() >= 5
                && *agreeing >= FEWEST
                && agreeing * 10 >= looked_at * 7
                && at_its_time * 10 <= looked_at * 3
            {
                skews.push(Skew { host: host.clone(), ahead_ms: -distance * STEP, agreeing: *agreeing, commands: looked_at });
            }
        }
        Ok(skews)
    }

    /// In minutes, how much later than a command events of its name are; `None` of what makes no call.
    fn distances(&mut self, reader: &mut Reader, command: &Event) -> Result<Option<HashSet<i64>>> {
        let Some((call, at)) = call_of(command).zip(command.time) else { return Ok(None) };
        let Asked::Any(names) = asked(&call) else { return Ok(None) };
        let actions = self.actions(reader, &names)?;
        let near = reader.near(at, REACH, TRAIL, &actions, MOST)?;
        Ok(Some(near.iter().map(|event| (event.millis - at.as_millis() + STEP / 2).div_euclid(STEP)).collect()))
    }
}
