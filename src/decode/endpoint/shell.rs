//! Where in a command line the AWS CLI is called: behind other commands, behind `sudo` and its like, inside `sh -c "…"`.

use super::call::CommandCall;
use super::words::{is_operator, program_name, split};

/// A shell in a shell in a shell is as deep as anybody looks.
const DEEPEST: usize = 3;

/// Programs that run the command behind them: their options that take a value, and how many words of their own follow.
const WRAPPERS: [(&str, &[&str], usize); 16] = [
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-U", "-D", "-R", "-T", "--user", "--group"], 0),
    ("doas", &["-u", "-C"], 0),
    ("env", &["-u", "-C", "--unset", "--chdir"], 0),
    ("timeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    ("nice", &["-n", "--adjustment"], 0),
    ("xargs", &["-n", "-P", "-I", "-L", "-d", "-a", "-s", "-E"], 0),
    ("watch", &["-n", "--interval"], 0),
    ("stdbuf", &["-i", "-o", "-e"], 0),
    ("aws-vault", &["-d", "--duration", "--region", "-n", "--mfa-token", "-t", "--backend"], 2),
    ("nohup", &[], 0),
    ("time", &["-f", "-o"], 0),
    ("exec", &["-a"], 0),
    ("command", &[], 0),
    ("setsid", &[], 0),
    ("caffeinate", &["-t", "-w"], 0),
    ("winpty", &[], 0),
];

/// What a shell, a wrapper or a setting before the program names.
#[derive(Clone, Default)]
pub(super) struct Setting {
    pub(super) region: Option<String>,
    pub(super) profile: Option<String>,
}

/// Every call of the AWS CLI in these words, in order.
pub(super) fn calls(words: &[String]) -> Vec<CommandCall> {
    let mut found = Vec::new();
    find(words, &Setting::default(), 0, &mut found);
    found
}

/// The call that a line is known by: the first, unless a later one deletes.
pub(super) fn foremost(mut calls: Vec<CommandCall>) -> Option<CommandCall> {
    let deletes = calls.iter().position(|call| call.class() == super::VerbClass::Delete).unwrap_or(0);
    (deletes < calls.len()).then(|| calls.swap_remove(deletes))
}

fn find(words: &[String], outer: &Setting, depth: usize, found: &mut Vec<CommandCall>) {
    if depth > DEEPEST {
        return;
    }
    for command in words.split(|word| is_operator(word)) {
        let (setting, command) = without_prefix(command, outer);
        let Some((first, rest)) = command.split_first() else { continue };
        let program = program_name(first).to_ascii_lowercase();
        match program.as_str() {
            "aws" | "aws2" => found.push(CommandCall::read(first, rest, setting)),
            "sh" | "bash" | "zsh" | "dash" | "ksh" | "fish" | "cmd" | "powershell" | "pwsh" => {
                let Some(script) = rest.iter().position(|word| is_command_option(word)).and_then(|at| rest.get(at + 1..)) else { continue };
                match script {
                    // One word is a script; several are the command itself (cmd /c aws s3 ls). For a Unix shell they
                    // are the script and its arguments.
                    [one] => find(&split(one), &setting, depth + 1, found),
                    [one, ..] if !matches!(program.as_str(), "cmd" | "powershell" | "pwsh") => find(&split(one), &setting, depth + 1, found),
                    several => find(several, &setting, depth + 1, found),
                }
            }
            "docker" | "podman" | "nerdctl" | "finch" => {
                if let Some(arguments) = rest.iter().position(|word| is_cli_image(word)).and_then(|at| rest.get(at + 1..)) {
                    found.push(CommandCall::read(first, arguments, setting));
                }
            }
            python if python.starts_with("python") => {
                if let Some(arguments) = arguments_of_script(rest) {
                    found.push(CommandCall::read(first, arguments, setting));
                }
            }
            _ => {}
        }
    }
}

/// What follows the script `aws` or the module `awscli` in a call of Python.
fn arguments_of_script(words: &[String]) -> Option<&[String]> {
    let at = words.iter().position(|word| word == "-m" || !word.starts_with('-'))?;
    let at = if words.get(at)? == "-m" { at + 1 } else { at };
    let script = program_name(words.get(at)?);
    matches!(script, "aws" | "awscli" | "aws_completer").then(|| words.get(at + 1..)).flatten()
}

/// `amazon/aws-cli:2.17`, with or without a registry before it.
fn is_cli_image(word: &str) -> bool {
    let name = word.rsplit_once('/').map_or(word, |(_, name)| name);
    word.contains('/') && name.split([':', '@']).next() == Some("aws-cli")
}

/// `-c`, `-lc`, `/c`, `-Command`.
fn is_command_option(word: &str) -> bool {
    matches!(word.to_ascii_lowercase().as_str(), "-c" | "/c" | "/k" | "-command")
        || (word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'))
}

/// Leaves out `NAME=value`, keywords of the shell, `sudo` and the like before a program; tells what such a setting names.
fn without_prefix<'a>(mut command: &'a [String], outer: &Setting) -> (Setting, &'a [String]) {
    let mut setting = outer.clone();
    while let Some((first, rest)) = command.split_first() {
        if let Some((name, value)) = first.split_once('=').filter(|(name, _)| is_variable(name)) {
            match name {
                "AWS_REGION" | "AWS_DEFAULT_REGION" => setting.region = Some(value.to_owned()),
                "AWS_PROFILE" | "AWS_DEFAULT_PROFILE" => setting.profile = Some(value.to_owned()),
                _ => {}
            }
            command = rest;
        } else if matches!(first.as_str(), "do" | "then" | "else" | "if" | "elif" | "while" | "until" | "!" | "{") {
            command = rest;
        } else {
            let name = program_name(first);
            let Some((wrapper, valued, operands)) = WRAPPERS.iter().find(|(wrapper, ..)| name.eq_ignore_ascii_case(wrapper)) else { break };
            let own = own_words(rest, valued, *operands);
            if *wrapper == "aws-vault" {
                let operands: Vec<&String> = rest.iter().take(own).filter(|word| !word.starts_with('-')).collect();
                setting.profile = operands.get(1).map(|profile| (*profile).clone()).or(setting.profile);
            }
            command = rest.get(own..).unwrap_or_default();
        }
    }
    (setting, command)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// How many of these words belong to the wrapper before them.
fn own_words(words: &[String], valued: &[&str], mut operands: usize) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word == "--" {
            return at + 1;
        } else if word.starts_with('-') && word.len() > 1 {
            at += 1 + usize::from(valued.contains(&word.as_str()));
        } else if operands > 0 {
            operands -= 1;
            at += 1;
        } else {
            break;
        }
    }
    at.min(words.len())
}
