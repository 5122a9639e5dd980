//! Who acted: every identity form folded to one principal key (FORMATS §3.5, DETECTIONS §0.2 `x.principal`, `x.actor`).

/// A folded identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actor {
    /// `{account}/user/{name}`, `{account}/role/{name}`, `{account}/root`, `{account}/federated-user/{name}`,
    /// `service/{name}`. The same from CloudTrail and invocation records.
    pub principal: String,
    /// Role name.
    pub role: Option<String>,
    /// Role session name.
    pub session: Option<String>,
    /// For a person to read: the principal, plus the session when it names a person.
    pub actor: String,
}

/// The account of an ARN (its fifth part), when there is one.
pub fn account_of_arn(arn: &str) -> Option<&str> {
    arn.starts_with("arn:").then(|| arn.split(':').nth(4)).flatten().filter(|account| !account.is_empty())
}

/// Folds an identity's ARN. A role's path is dropped, because session ARNs have none: `role/a/b/Name` and
/// `assumed-role/Name/session` give the same key. Anything that is no identity ARN gives `None`.
pub fn fold_arn(arn: &str) -> Option<Actor> {
    let (_partition, rest) = cut(arn.strip_prefix("arn:")?, b':')?;
    let (service, rest) = cut(rest, b':')?;
    if service != "iam" && service != "sts" {
        return None;
    }
    let (_region, rest) = cut(rest, b':')?;
    let (account, resource) = cut(rest, b':')?;
    let (kind, rest) = cut(resource, b'/').unwrap_or((resource, ""));
    let last = rest.rsplit('/').next().unwrap_or(rest);
    let plain = |kind: &str, name: &str| {
        let principal = [account, kind, name].join("/");
        Actor { actor: principal.clone(), principal, ..Actor::default() }
    };
    match kind {
        "root" => Some(Actor { principal: format!("{account}/root"), actor: format!("root@{account}"), ..Actor::default() }),
        // The whole path is kept for users: two users of one name may differ by path only in display, never in IAM,
        // where user names are unique within the account. So the last part is the name.
        "user" => Some(plain("user", last)),
        "federated-user" => Some(plain("federated-user", rest)),
        "role" => Some(Actor { role: Some(last.to_owned()), ..plain("role", last) }),
        "assumed-role" => {
            let (role, session) = cut(rest, b'/').unwrap_or((rest, ""));
            let mut folded = Actor { role: Some(role.to_owned()), ..plain("role", role) };
            if !session.is_empty() {
                folded.session = Some(session.to_owned());
                if person_like_session(session) {
                    folded.actor = [&*folded.principal, session].join("/");
                }
            }
            Some(folded)
        }
        _ => None,
    }
}

/// The text before and behind the first such byte, which is ASCII. ARNs are folded once a record: their parts are a few
/// bytes long, and a general search costs more than a look at each.
fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// Does a role session's name tell a person apart? Numbers, timestamps, UUIDs, instance ids and long hex do not: a
/// scanner with a timestamped session would be a new actor each time.
pub fn person_like_session(session: &str) -> bool {
    let (mut digits, mut hexish, mut letters) = (0, 0, 0);
    for character in session.chars() {
        digits += usize::from(character.is_ascii_digit());
        hexish += usize::from(character.is_ascii_hexdigit() || character == '-');
        letters += usize::from(character.is_alphabetic());
    }
    if session.is_empty() || letters == 0 || session.starts_with("i-") {
        return false;
    }
    if session.contains('@') {
        return true;
    }
    let all_hex = hexish == session.len() && session.len() >= 12;
    let mostly_digits = digits >= 8 || digits * 2 > session.len();
    !all_hex && !mostly_digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_every_form() {
        // FORMATS §3.5
        for (arn, principal, role, session) in [
            ("arn:aws:iam::111122223333:user/alice", "111122223333/user/alice", None, None),
            ("arn:aws:iam::111122223333:user/team/ml/alice", "111122223333/user/alice", None, None),
            ("arn:aws:sts::111122223333:assumed-role/Dev/bob@example.com", "111122223333/role/Dev", Some("Dev"), Some("bob@example.com")),
            ("arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/Dev", "111122223333/role/Dev", Some("Dev"), None),
            ("arn:aws:sts::111122223333:federated-user/fed", "111122223333/federated-user/fed", None, None),
            ("arn:aws:iam::111122223333:root", "111122223333/root", None, None),
            ("arn:aws-us-gov:sts::111122223333:assumed-role/Dev/x", "111122223333/role/Dev", Some("Dev"), Some("x")),
        ] {
            let folded = fold_arn(arn).expect(arn);
            assert_eq!((folded.principal.as_str(), folded.role.as_deref(), folded.session.as_deref()), (principal, role, session), "{arn}");
        }
        for arn in ["<redacted>", "", "arn:aws:s3:::bucket", "arn:aws:iam::1:"] {
            assert_eq!(fold_arn(arn), None, "{arn}");
        }
        assert_eq!(account_of_arn("arn:aws:s3:::bucket"), None);
        assert_eq!(account_of_arn("arn:aws:iam::111122223333:root"), Some("111122223333"));
    }

    #[test]
    fn sessions_that_name_a_person() {
        for name in ["bob@example.com", "dr.evil", "alice", "deploy-bot"] {
            assert!(person_like_session(name), "{name}");
        }
        for name in ["1700000000", "i-0abc1234def567890", "2b6f0cc9-04d1-4d7e-9f1b-111122223333", "session-20261120140000", "deadbeefdeadbeef", ""] {
            assert!(!person_like_session(name), "{name}");
        }
    }
}
