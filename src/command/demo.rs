//! `outcrop demo`: the built-in incident, on the screen or as files.

use std::io::Write as _;

use super::cli::DemoArgs;
use super::failure::Failure;
use super::{Done, open, place};
use crate::report::{bytes, grouped};
use crate::source::{Input, demo};

/// Runs the command.
pub fn run(args: DemoArgs) -> Result<Done, Failure> {
    let plain = args.events.is_none() && args.seed.is_none();
    let mut options = demo::Options::default();
    options.events = args.events.unwrap_or(options.events);
    options.seed = args.seed.unwrap_or(options.seed);
    if let Some(folder) = &args.write {
        // Two weeks mixed in one folder would be evidence of neither, and files of a case that refers to them would change.
        if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::Error(format!("cannot write the demo to {}: it is not empty; name a new folder", folder.display())));
        }
        let bar = super::ingest::progress_bar();
        let written = demo::write(&options, folder, &mut |files| bar.set_position(files))
            .map_err(|error| Failure::Error(format!("cannot write the demo to {}: {error}", folder.display())))?;
        bar.finish_and_clear();
        let (files, events) = (grouped(written.files), grouped(written.events));
        writeln!(
            std::io::stdout().lock(),
            "{events} events in {files} files, {} ({} plain), in {}",
            bytes(written.bytes),
            bytes(written.plain_bytes),
            folder.display()
        )?;
        return Ok(Done::Complete);
    }
    let case = match &args.workbench.case {
        Some(case) => case.clone(),
        None if plain => place::cases()?.join("demo.outcrop"),
        None => place::cases()?.join(format!("demo-{}-{}.outcrop", options.events, options.seed)),
    };
    if args.fresh {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = case.clone().into_os_string();
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
    }
    let inputs: open::Inputs = Box::new(move || Box::new(demo::files(&options).map(Input::from)));
    open::open(&case, Some(inputs), args.workbench)
}
