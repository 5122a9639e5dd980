//! Who acted: every form of `userIdentity` folded (FORMATS §3.5, DETECTIONS §0.2).

use std::borrow::Cow;

use crate::decode::Text;
use crate::decode::folded_key::FoldedKey;
use crate::decode::json::Value;
use crate::decode::nested::Nested;
use crate::model::{Actor, fold_arn, person_like_session};

/// Who acted, and with which key.
#[derive(Default)]
pub(super) struct Who<'a> {
    pub(super) account: Option<Text<'a>>,
    pub(super) actor: Option<Text<'a>>,
    pub(super) principal: Option<Text<'a>>,
    pub(super) role: Option<Text<'a>>,
    pub(super) session: Option<Text<'a>>,
    pub(super) key: Option<Text<'a>>,
}

/// The fields of `userIdentity` that tell who.
#[derive(Default)]
struct Identity<'a> {
    kind: Option<Text<'a>>,
    arn: Option<Text<'a>>,
    account: Option<Text<'a>>,
    principal_id: Option<Text<'a>>,
    user_name: Option<Text<'a>>,
    key: Option<Text<'a>>,
    invoked_by: Option<Text<'a>>,
    issuer_role: Option<Text<'a>>,
    issuer_arn: Option<Text<'a>>,
    behalf_of: Option<Text<'a>>,
}

/// Reads `userIdentity`, also when an exporter made a JSON string of it.
pub(super) fn who(identity: Value<'_>) -> Who<'_> {
    match Nested::of(identity) {
        None => Identity::of(identity).fold(),
        Some(nested) => Identity::of(nested.root()).fold().into_owned(),
    }
}

impl Who<'_> {
    fn into_owned(self) -> Who<'static> {
        let own = |text: Option<Text<'_>>| text.map(|text| Cow::Owned(text.into_owned()));
        Who {
            account: own(self.account),
            actor: own(self.actor),
            principal: own(self.principal),
            role: own(self.role),
            session: own(self.session),
            key: own(self.key),
        }
    }
}

impl<'a> Identity<'a> {
    fn of(value: Value<'a>) -> Self {
        let mut identity = Self::default();
        for (key, value) in value.entries() {
            let slot = match FoldedKey::of(key).as_bytes() {
                b"type" => &mut identity.kind,
                b"arn" => &mut identity.arn,
                b"accountid" => &mut identity.account,
                b"principalid" => &mut identity.principal_id,
                b"username" => &mut identity.user_name,
                b"accesskeyid" => &mut identity.key,
                b"invokedby" => &mut identity.invoked_by,
                b"sessioncontext" => {
                    let issuer = value.get("sessionIssuer");
                    if issuer.get("type").is("Role") {
                        identity.issuer_role = issuer.get("userName").text_some();
                        identity.issuer_arn = issuer.get("arn").text_some();
                    }
                    continue;
                }
                b"onbehalfof" => {
                    identity.behalf_of = value.get("userId").text_some();
                    continue;
                }
                _ => continue,
            };
            if slot.is_none() {
                *slot = value.scalar().filter(|text| !text.is_empty());
            }
        }
        identity
    }

    fn fold(self) -> Who<'a> {
        let folded = self.arn.as_deref().and_then(fold_arn);
        let (actor, account, key) = match folded {
            Some(actor) => (Some(Actor { role: role(&self, actor.role.as_deref()), ..actor }), self.account, self.key),
            None => (self.without_arn(), self.account, self.key),
        };
        let actor = actor.unwrap_or_default();
        let some = |text: String| (!text.is_empty()).then_some(Cow::Owned(text));
        Who {
            account,
            actor: some(actor.actor),
            principal: some(actor.principal),
            role: actor.role.map(Cow::Owned),
            session: actor.session.map(Cow::Owned),
            key,
        }
    }

    /// Forms that have no identity ARN, or one that cannot be read.
    fn without_arn(&self) -> Option<Actor> {
        let account = self.account.as_deref().unwrap_or_default();
        let principal_id = self.principal_id.as_deref().unwrap_or_default();
        let (before, after) = principal_id.split_once(':').map_or((principal_id, ""), |(before, after)| (before, after));
        let name = self.user_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(principal_id);
        let plain = |kind: &str, name: &str| (!name.is_empty()).then(|| named(account, kind, name));
        match self.kind.as_deref().unwrap_or_default() {
            "Root" => Some(Actor { principal: format!("{account}/root"), actor: format!("root@{account}"), ..Actor::default() }),
            "IAMUser" => plain("user", name),
            "AssumedRole" | "Role" => {
                let issuer = self.issuer_arn.as_deref().and_then(fold_arn);
                let role = self.issuer_role.clone().or_else(|| issuer.and_then(|actor| actor.role).map(Cow::Owned));
                match role {
                    Some(role) => Some(with_session(Actor { role: Some(role.clone().into_owned()), ..named(account, "role", &role) }, after)),
                    None => plain("principal", before).map(|actor| with_session(actor, after)),
                }
            }
            "FederatedUser" => plain("federated-user", if after.is_empty() { name } else { after }),
            "IdentityCenterUser" => plain("identity-center-user", self.behalf_of.as_deref().unwrap_or(name)),
            "WebIdentityUser" => plain("web-identity", name),
            "SAMLUser" => plain("saml-user", name),
            // S3 and AgentCore write callers without credentials like this.
            _ if is_anonymous(account) || is_anonymous(principal_id) => {
                Some(Actor { principal: "anonymous".to_owned(), actor: "anonymous".to_owned(), ..Actor::default() })
            }
            "AWSAccount" => match before {
                "" => (!account.is_empty()).then(|| Actor {
                    principal: format!("{account}/account"),
                    actor: format!("{account}/account"),
                    ..Actor::default()
                }),
                _ => Some(with_session(named(account, "principal", before), after)),
            },
            _ => match self.invoked_by.as_deref() {
                Some(service) => Some(Actor { principal: format!("service/{service}"), actor: format!("service:{service}"), ..Actor::default() }),
                None => plain("principal", before).map(|actor| with_session(actor, after)),
            },
        }
    }
}

fn role(identity: &Identity<'_>, of_arn: Option<&str>) -> Option<String> {
    // Only where a role acted: other sessions have an issuer, too.
    let of_arn = of_arn?;
    Some(identity.issuer_role.as_deref().unwrap_or(of_arn).to_owned())
}

fn is_anonymous(text: &str) -> bool {
    text.eq_ignore_ascii_case("anonymous") || text.eq_ignore_ascii_case("ANONYMOUS_PRINCIPAL")
}

fn named(account: &str, kind: &str, name: &str) -> Actor {
    let principal = format!("{account}/{kind}/{name}");
    Actor { actor: principal.clone(), principal, ..Actor::default() }
}

fn with_session(mut actor: Actor, session: &str) -> Actor {
    if session.is_empty() {
        return actor;
    }
    if person_like_session(session) {
        actor.actor = format!("{}/{session}", actor.principal);
    }
    Actor { session: Some(session.to_owned()), ..actor }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::json::Tape;

    #[test]
    fn every_form_folds() {
        // FORMATS §3.5, one row a form: principal, actor, role, session.
        for (identity, principal, actor, role, session) in [
            (r#"{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ml/bob"}"#, "111122223333/user/bob", "111122223333/user/bob", "", ""),
            (r#"{"type":"IAMUser","accountId":"111122223333","userName":"bob"}"#, "111122223333/user/bob", "111122223333/user/bob", "", ""),
            (
                r#"{"type":"AssumedRole","principalId":"AROAX:i-0abc","arn":"arn:aws:sts::111122223333:assumed-role/Dev/i-0abc","sessionContext":{"sessionIssuer":{"type":"Role","userName":"Dev","arn":"arn:aws:iam::111122223333:role/path/Dev"}}}"#,
                "111122223333/role/Dev",
                "111122223333/role/Dev",
                "Dev",
                "i-0abc",
            ),
            (
                r#"{"type":"AssumedRole","accountId":"111122223333","principalId":"AROAX:bob@example.com","sessionContext":{"sessionIssuer":{"type":"Role","userName":"Dev"}}}"#,
                "111122223333/role/Dev",
                "111122223333/role/Dev/bob@example.com",
                "Dev",
                "bob@example.com",
            ),
            (r#"{"type":"Root","arn":"arn:aws:iam::111122223333:root"}"#, "111122223333/root", "root@111122223333", "", ""),
            (r#"{"type":"Root","accountId":"111122223333"}"#, "111122223333/root", "root@111122223333", "", ""),
            (
                r#"{"type":"FederatedUser","arn":"arn:aws:sts::111122223333:federated-user/fed"}"#,
                "111122223333/federated-user/fed",
                "111122223333/federated-user/fed",
                "",
                "",
            ),
            (
                r#"{"type":"FederatedUser","accountId":"111122223333","principalId":"111122223333:fed"}"#,
                "111122223333/federated-user/fed",
                "111122223333/federated-user/fed",
                "",
                "",
            ),
            (
                r#"{"type":"AWSAccount","accountId":"444455556666","principalId":"AROAX:alice"}"#,
                "444455556666/principal/AROAX",
                "444455556666/principal/AROAX/alice",
                "",
                "alice",
            ),
            (r#"{"type":"AWSAccount","accountId":"444455556666"}"#, "444455556666/account", "444455556666/account", "", ""),
            (r#"{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}"#, "anonymous", "anonymous", "", ""),
            (r#"{"type":"AWSAccount","accountId":"anonymous"}"#, "anonymous", "anonymous", "", ""),
            (
                r#"{"type":"AWSService","invokedBy":"bedrock.amazonaws.com"}"#,
                "service/bedrock.amazonaws.com",
                "service:bedrock.amazonaws.com",
                "",
                "",
            ),
            (r#"{"invokedBy":"bedrock.amazonaws.com"}"#, "service/bedrock.amazonaws.com", "service:bedrock.amazonaws.com", "", ""),
            (
                r#"{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::1:identitystore/d-1"}}"#,
                "111122223333/identity-center-user/u-1",
                "111122223333/identity-center-user/u-1",
                "",
                "",
            ),
            (
                r#"{"type":"WebIdentityUser","principalId":"accounts.google.com:app:user1","userName":"user1","identityProvider":"accounts.google.com"}"#,
                "/web-identity/user1",
                "/web-identity/user1",
                "",
                "",
            ),
            (r#"{"type":"SAMLUser","accountId":"1","principalId":"X:carol","userName":"carol"}"#, "1/saml-user/carol", "1/saml-user/carol", "", ""),
            // As a JSON string, and with keys folded to lower case.
            (r#""{\"type\":\"Root\",\"accountid\":\"1\"}""#, "1/root", "root@1", "", ""),
            (r#"{"type":"IAMUser","arn":"<redacted>","accountId":"1","userName":"bob"}"#, "1/user/bob", "1/user/bob", "", ""),
            ("{}", "", "", "", ""),
            ("null", "", "", "", ""),
            ("[1]", "", "", "", ""),
        ] {
            let tape = Tape::of(identity.as_bytes());
            let who = who(tape.root(identity.as_bytes()));
            let texts = [who.principal, who.actor, who.role, who.session].map(Option::unwrap_or_default);
            assert_eq!(texts, [principal, actor, role, session], "{identity}");
        }
    }
}
