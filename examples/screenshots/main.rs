//! Takes the pictures of `screenshots/`: starts the real program on the built-in incident, presses keys, waits for a text on
//! the screen (never for a time) and writes what is seen as SVG. `screenshots/make` runs it. Where AWS is asked, the server of the tests
//! stands for it.

#[expect(dead_code, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "it is the server of the tests, which use the rest of it")]
#[path = "../../tests/aws/server/mod.rs"]
mod server;
mod svg;
mod terminal;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use server::seed::demo_lines;
use server::world::World;
use server::{Options, Server};
use terminal::Terminal;

/// A picture: how to get there, and what tells that one has arrived.
struct Scene {
    name: &'static str,
    size: (u16, u16),
    theme: &'static str,
    /// Keys to press, and the text to wait for after them.
    steps: &'static [(&'static str, &'static str)],
}

const LARGE: (u16, u16) = (120, 40);
const SMALL: (u16, u16) = (80, 24);
// `\r` is Enter and `\x13` ctrl-s, as a terminal sends them.
const TO_THE_DENIED_CALL: (&str, &str) = ("/specified model\r", "access to the model with");
const KEY_SCOPE: [(&str, &str); 2] = [("p", "user-agent"), ("key\r", "key AKIALEAK")];

const SCENES: &[Scene] = &[
    Scene { name: "timeline", size: LARGE, theme: "default", steps: &[TO_THE_DENIED_CALL] },
    Scene { name: "timeline-light", size: LARGE, theme: "light", steps: &[TO_THE_DENIED_CALL] },
    Scene { name: "timeline-80x24", size: SMALL, theme: "default", steps: &[("/specified model\r", "/6,039")] },
    Scene { name: "pivot", size: LARGE, theme: "default", steps: &[TO_THE_DENIED_CALL, KEY_SCOPE[0]] },
    Scene { name: "key", size: LARGE, theme: "default", steps: &[TO_THE_DENIED_CALL, KEY_SCOPE[0], KEY_SCOPE[1], ("jjjjjjjj", "/115")] },
    Scene { name: "json", size: LARGE, theme: "default", steps: &[TO_THE_DENIED_CALL, ("\r", "userIdentity")] },
    Scene {
        name: "guardrails",
        size: LARGE,
        theme: "default",
        steps: &[
            TO_THE_DENIED_CALL,
            KEY_SCOPE[0],
            KEY_SCOPE[1],
            ("3", "gr4westdesk0"),
            ("jjjjjjj", "8/11"),
            ("b", "★"),
            ("nFrom here on nobody wrote down what was asked in us-west-2.\x13", "us-west-2."),
        ],
    },
    Scene {
        name: "hidden",
        size: LARGE,
        theme: "default",
        steps: &[("2", "flags"), ("freply only with the staff note\r", "staff note"), ("", "hidden")],
    },
    Scene { name: "signals", size: LARGE, theme: "default", steps: &[("4", "LEAD"), ("", "Many kinds of calls")] },
    Scene { name: "lead", size: LARGE, theme: "default", steps: &[("4", "LEAD"), ("\r", "arithmetic")] },
    Scene { name: "signal", size: LARGE, theme: "default", steps: &[("4", "LEAD"), ("/Far more Bedrock\r", "match"), ("\r", "measured by")] },
    Scene { name: "principals", size: LARGE, theme: "default", steps: &[("5", "30 principals"), ("otokens\r", "▾tokens")] },
    Scene {
        name: "principal",
        size: LARGE,
        theme: "default",
        steps: &[("5", "30 principals"), ("/svc-ml-reporting\r", "match"), ("\r", "tokens over time")],
    },
    Scene {
        name: "buckets",
        size: LARGE,
        theme: "default",
        steps: &[("6", "10 buckets"), ("oforeign\r", "▾foreign"), ("/acme-ml-training-data\r", "match")],
    },
    Scene {
        name: "case",
        size: LARGE,
        theme: "default",
        steps: &[
            TO_THE_DENIED_CALL,
            ("b", "★"),
            ("nFirst refusal: the key is tried from a new address.\x13", "note"),
            ("Tinitial-access\r", "initial-access"),
            ("9", "tags: initial-access"),
        ],
    },
    Scene {
        name: "query",
        size: LARGE,
        theme: "default",
        steps: &[
            ("8", "Ask in"),
            ("Ifilter x.denied = true\r| stats count(*) as n by x.principal, eventName, errorCode\r| sort n desc\x13", "looked at"),
        ],
    },
    Scene {
        name: "chart",
        size: LARGE,
        theme: "default",
        steps: &[("8", "Ask in"), ("H", "Hunts ("), ("tokens-per-account\r", "enter runs"), ("\r", "looked at"), ("c", "highest")],
    },
    Scene {
        name: "source",
        size: LARGE,
        theme: "default",
        steps: &[
            ("S", "Add a source"),
            ("log groups\r", "Add log groups"),
            ("\tus-east-1, us-west-2, eu-west-1\t\t2026-11-09\t2026-11-14\r", "chosen"),
            ("\r", "enter fetches"),
        ],
    },
    Scene { name: "palette", size: LARGE, theme: "default", steps: &[TO_THE_DENIED_CALL, (":", "Commands"), ("guard", "pane-guardrails")] },
];

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    // The Case pane shows where the case is: always the same place, so that pictures come out the same.
    let home = std::env::temp_dir().join("outcrop-screenshots");
    let _ = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    // So much evidence as the demo has, in the log groups into which AWS would have put it.
    let aws = Server::start(World::of(demo_lines(6_000)), Options::default());
    for scene in SCENES.iter().filter(|scene| wanted.is_empty() || wanted.iter().any(|name| name == scene.name)) {
        let file = root.join("screenshots").join(scene.name).with_extension("svg");
        let picture = take(scene, &home, &aws).with_context(|| format!("scene {}", scene.name))?;
        fs::write(&file, picture).with_context(|| format!("cannot write {}", file.display()))?;
        println!("{}", file.display());
    }
    fs::remove_dir_all(&home)?;
    Ok(())
}

fn take(scene: &Scene, home: &Path, aws: &Server) -> Result<String> {
    let mut terminal = Terminal::start(&program()?, &["demo", "--fresh", "--theme", scene.theme], home, &aws.environment(), scene.size)?;
    terminal.wait_for("new events from")?;
    // The first key press takes the message away, and with it how long reading took.
    terminal.press("g")?;
    terminal.wait_for("p pivot")?;
    // What the rules found stands on many pictures.
    terminal.wait_without("rules running")?;
    for (keys, text) in scene.steps {
        terminal.press(keys)?;
        terminal.wait_for(text)?;
    }
    let palette = if scene.theme == "light" { svg::LIGHT } else { svg::DARK };
    Ok(svg::draw(terminal.screen(), &palette, "outcrop demo"))
}

/// The program, built beside this example.
fn program() -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.parent().and_then(Path::parent).context("this example is not in a target folder")?;
    let program = folder.join(format!("outcrop{}", std::env::consts::EXE_SUFFIX));
    anyhow::ensure!(program.exists(), "{} is missing: run cargo build --release first, or screenshots/make", program.display());
    Ok(program)
}
