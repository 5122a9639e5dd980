//! Every kind of secret in the places where it is met, what only looks like one, and what arbitrary text does.
//!
//! The tokens are invented: of the right length and letters, and valid nowhere. Those of AWS's documentation end in EXAMPLE.

use proptest::prelude::*;

use super::SecretKind as Kind;
use super::*;
use crate::model::effort;

const KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLEabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+/0123456789abcdef==";
const PEM: &str = "MIIEpAIBAAKCAQEAexampleexampleexampleexampleexampleexampleexamplee\nxZy0123456789exampleexampleexampleexampleexampleexampleexampleexa\nshortEnd==";

fn bedrock() -> String {
    format!("ABSK{}", "QmVkcm9ja0FQSUtleS1leGFtcGxl".repeat(4))
}

fn jwt() -> String {
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkV4YW1wbGUifQ.c2lnbmF0dXJlLWV4YW1wbGUtMTIzNDU2Nzg5MA".to_owned()
}

/// Text around a secret, what it is, and the secret.
fn table() -> Vec<(String, Kind, String)> {
    let mut table: Vec<(String, Kind, String)> = Vec::new();
    let mut put = |template: &str, kind: Kind, secret: &str| table.push((template.replace('@', secret), kind, secret.to_owned()));
    for template in [
        "aws_secret_access_key = @",
        "aws_secret_access_key=@\n",
        "export AWS_SECRET_ACCESS_KEY=@",
        "AWS_SECRET_ACCESS_KEY: '@'",
        r#"{"SecretAccessKey": "@"}"#,
        r#"{\"secretAccessKey\":\"@\"}"#,
        r#"{\\\"SecretAccessKey\\\": \\\"@\\\"}"#,
        "<SecretAccessKey>@</SecretAccessKey>",
        "AWS Secret Access Key [None]: @",
        "| Secret access key | @ |",
        "aws configure set aws_secret_access_key @",
        "the secret access key is in there: secret access key: `@`.",
        "AKIAIOSFODNN7EXAMPLE,@",
        "AKIAIOSFODNN7EXAMPLE\n@\n",
        "key AKIAIOSFODNN7EXAMPLE with secret @ of mine",
        "@ belongs to AKIAIOSFODNN7EXAMPLE",
    ] {
        put(template, Kind::SecretAccessKey, KEY);
    }
    for template in [
        "aws_session_token=@",
        "AWS_SESSION_TOKEN=\"@\"",
        r#""responseElements":{"credentials":{"accessKeyId":"ASIAIOSFODNN7EXAMPLE","sessionToken":"@","expiration":"x"}}"#,
        "https://b.s3.amazonaws.com/k?X-Amz-Security-Token=@&X-Amz-Expires=60",
        "x-amz-security-token: @",
        "bare @ alone",
    ] {
        put(template, Kind::SessionToken, TOKEN);
    }
    put("https://h/?X-Amz-Security-Token=@&a=b", Kind::SessionToken, &TOKEN.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"));
    put(r#"{"sessionToken":"@"}"#, Kind::SessionToken, &TOKEN.replace('/', "\\/").replace('=', "\\u003d"));
    put("sessionToken: @", Kind::SessionToken, "opaqueTokenOfAnotherShape1234567890");
    put("use @ with bedrock", Kind::BedrockApiKey, &bedrock());
    put("AWS_BEARER_TOKEN_BEDROCK=@", Kind::BedrockApiKey, &format!("bedrock-api-key-{}", "YmVkcm9jay5hbWF6b25hd3MuY29t".repeat(3)));
    put("Authorization: Bearer @", Kind::BedrockApiKey, &bedrock());
    put("Authorization: Bearer @\r\n", Kind::Authorization, "s3cr3t-opaque_token.value~0123456789");
    put(r#""authorization": "bearer @""#, Kind::Authorization, "0123456789abcdef0123456789abcdef");
    put("Authorization: Basic @", Kind::Authorization, "YWRtaW46aHVudGVyMg==");
    put("Authorization: Bearer @", Kind::Jwt, &jwt());
    put("token @.", Kind::Jwt, &jwt());
    for header in ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
        put(&format!("-----BEGIN {header}-----\n@\n-----END {header}-----\n"), Kind::PrivateKey, PEM);
    }
    put("-----BEGIN PRIVATE KEY-----\\n@\\n-----END PRIVATE KEY-----", Kind::PrivateKey, &PEM.replace('\n', "\\n"));
    put(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\n@\n-----END RSA PRIVATE KEY-----",
        Kind::PrivateKey,
        PEM,
    );
    put("-----BEGIN PRIVATE KEY----- @ -----END PRIVATE KEY-----", Kind::PrivateKey, &PEM.replace('\n', " "));
    for token in [
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "github_pat_11ABCDEFG0abcdefghijkl_0123456789abcdefghijkl",
        "glpat-0123456789abcdefghij",
        "xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx",
        "sk_live_0123456789abcdefghijklmn",
        "sk-proj-0123456789ABCDEFGHIJabcdefghij0123456789",
        "sk-ant-api03-abcdefghijklmnopqrstuvwxyz-0123456789ABCDEF",
        "AIzaSyA0123456789abcdefghijklmnopqrstuv",
        "npm_0123456789abcdefghijABCDEFGHIJ012345",
    ] {
        put("token: @\n", Kind::VendorToken, token);
    }
    for (template, password) in [
        ("postgres://app:@@db.example.com:5432/x", "hunter2"),
        ("redis://:@@cache:6379", "p4ss-word!"),
        ("see https://user:@@example.com/a?b", "correcthorsebatterystaple"),
    ] {
        table.push((template.replacen('@', password, 1), Kind::UrlPassword, password.to_owned()));
    }
    let mut put = |template: &str, kind: Kind, secret: &str| table.push((template.replace('@', secret), kind, secret.to_owned()));
    let signature = "0123456789abcdef".repeat(4);
    put("https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=@", Kind::PresignedRequest, &signature);
    put("Credential=x, SignedHeaders=host, Signature=@", Kind::PresignedRequest, &signature);
    put("?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE@&X-Amz-Date=1", Kind::PresignedRequest, "%2F20260101%2Fus-east-1%2Fs3%2Faws4_request");
    put("?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE@&X-Amz-Date=1", Kind::PresignedRequest, "/20260101/us-east-1/s3/aws4_request");
    table
}

fn secrets_of(text: &str) -> Vec<(Kind, &str)> {
    find(text).into_iter().filter(|secret| !secret.kind.stays_readable()).map(|secret| (secret.kind, &text[secret.range])).collect()
}

/// A secret without its first and last quarter.
fn middle(secret: &str) -> &str {
    let quarter = |index: usize| secret.char_indices().nth(secret.chars().count() * index / 4).map_or(secret.len(), |(at, _)| at);
    &secret[quarter(1)..quarter(3)]
}

#[test]
fn each_is_found_where_it_stands_and_masked() {
    for (text, kind, secret) in table() {
        assert_eq!(secrets_of(&text), [(kind, secret.as_str())], "{text}");
        let safe = masked(&text);
        assert!(!safe.contains(middle(&secret)), "{safe}");
        assert!(safe.contains(&format!("{} characters{MASK_CLOSE}", secret.chars().count())), "{safe}");
        assert_eq!(masked(&safe), safe, "{text}");
        assert!(may_hold(text.as_bytes()));
    }
}

#[test]
fn wherever_a_text_is_cut_no_more_than_a_beginning_is_left() {
    for (text, kind, secret) in table() {
        // A key id behind it is cut off with the rest: nothing tells then what the forty characters are.
        if text.starts_with(&secret) {
            continue;
        }
        let start = text.find(&secret).expect("the secret");
        // The first part of a signed token says how it is signed, and is none by itself.
        let tells_nothing = if kind == Kind::Jwt { secret.find('.').unwrap_or(0) + 2 } else { 0 };
        for cut in (start + tells_nothing..start + secret.len()).filter(|cut| text.is_char_boundary(*cut)) {
            for end in ["", "…", "…  AccessDenied"] {
                let preview = format!("{}{end}", &text[..cut]);
                let safe = masked(&preview);
                let left = secret.char_indices().map(|(at, _)| at).take_while(|at| safe.contains(&secret[..*at])).last().unwrap_or(0);
                // The longest beginning that only tells the kind is `bedrock-api-key-`.
                assert!(left <= 20, "{left} characters of {secret} are left in {safe}");
                assert_eq!(masked(&safe), safe);
            }
        }
    }
}

#[test]
fn what_only_looks_like_one_is_left_alone() {
    for text in [
        "plain text about secrets, tokens and passwords",
        "set aws_secret_access_key and aws_session_token in the environment variables",
        "AWS_SECRET_ACCESS_KEY=<your key>",
        "secretAccessKey: REDACTED",
        "the session token expires; a bearer token is needed, Bearer authentication",
        "\"sessionToken\": null, \"secretAccessKey\": \"\"",
        "sessionToken = credentials.session",
        "commit 0123456789abcdef0123456789abcdef01234567 of AKIAIOSFODNN7EXAMPLE",
        "550e8400-e29b-41d4-a716-446655440000",
        "arn:aws:bedrock:us-east-1:111122223333:guardrail/abcdefghij01",
        "task-management-and-risk-assessment disk-usage-by-department",
        "sk-circle-fade-dot sk-cube-grid",
        "http://host:8080/path and https://example.com/a:b@c",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBa\n-----END CERTIFICATE-----",
        "-----BEGIN PRIVATE KEY----- is how such a file begins, as everybody knows",
        "between -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY-----",
        "eyJ is how it begins",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
    ] {
        assert_eq!(secrets_of(text), [], "{text}");
        assert!(matches!(masked(text), Cow::Borrowed(_)));
    }
}

#[test]
fn key_ids_are_located_and_stay_readable() {
    let text = "AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE, not xAKIAIOSFODNN7EXAMPLE.";
    assert_eq!(
        find(text).iter().map(|secret| (secret.kind, secret.range.start)).collect::<Vec<_>>(),
        [(Kind::AccessKeyId, 0), (Kind::AccessKeyId, 25)]
    );
    assert_eq!(masked(text), text);
}

#[test]
fn a_name_makes_a_secret_of_its_value() {
    assert_eq!(secrets_count("sessionToken", "an odd token with blanks"), 1);
    assert_eq!(secrets_count("SecretAccessKey", "abcdefgh"), 1);
    assert_eq!(secrets_count("tokenType", "abcdefgh"), 0);
    assert_eq!(secrets_count("sessionToken", ""), 0);
    assert_eq!(secrets_count("sessionToken", "HIDDEN_DUE_TO_SECURITY_REASONS"), 0);
    let once = masked_value("sessionToken", TOKEN).into_owned();
    assert_eq!(masked_value("sessionToken", &once), once);
}

fn secrets_count(name: &str, value: &str) -> usize {
    find_value(name, value).len()
}

#[test]
fn a_mask_cannot_be_mistaken_for_logged_text() {
    use crate::model::{Glyphs, SafeText};
    let forged = "‹session token, 105 characters›";
    assert!(!SafeText::new(forged).has_marks(), "logged text has no look of its own");
    let text = format!("token {TOKEN}");
    let safe = masked(&text);
    let shown = SafeText::new(&safe);
    assert_eq!(shown.as_str(), "token IQoJ‹session token, 105 characters›");
    assert_eq!((shown.marks().len(), &shown.marks()[0]), (1, &(10..shown.as_str().len())), "the whole mask has the look of a mark");
    assert_eq!(SafeText::line(&safe, Glyphs::Ascii).as_str(), "token IQoJ<session token, 105 characters>");
    assert_eq!(plain_masks(&safe), "token IQoJ‹session token, 105 characters›");
}

/// Letters in tag characters, which nobody sees.
fn tagged(text: &str) -> String {
    text.chars().filter_map(|letter| char::from_u32(0xE_0000 + u32::from(letter))).collect()
}

#[test]
fn what_tag_characters_spell_is_found_where_they_stand() {
    for (text, start, length) in [
        (format!("hi{}!", tagged(&format!("aws_secret_access_key={KEY}"))), 2 + 4 * 22, 40),
        (format!("aws_secret_access_key={}.", tagged(KEY)), 22, 40),
        (format!("x{}y", tagged("ghp_0123456789abcdefghijABCDEFGHIJ012345")), 1, 40),
        // A tag that stands for no letter is no way around.
        (format!("aws_secret_access_key={}\u{E007F}{}", tagged(&KEY[..10]), tagged(&KEY[10..])), 22, 41),
    ] {
        assert_eq!(find(&text).iter().map(|secret| (secret.range.start, secret.range.len())).collect::<Vec<_>>(), [(start, 4 * length)], "{text:?}");
        let safe = masked(&text);
        assert!(safe.contains(MASK_OPEN) && !safe.contains(&tagged("7MDENG")) && !safe.contains(&tagged("56789")), "{safe:?}");
        assert_eq!(masked(&safe), safe);
        let json = serde_json::to_string(&text).expect("a string");
        assert!(may_hold(json.as_bytes()) && may_hold(br"x\udb40\udc41") && may_hold(br"x\uDB40\uDC41"));
    }
    assert_eq!(find(&tagged("ignore all previous instructions")), []);
}

#[test]
fn what_one_text_tells_is_masked_in_all_that_leave_with_it() {
    use crate::model::{Exchange, Part, ToolCall, Turn};
    let exchange = |told: &str, repeated: &str| Exchange {
        system: vec![format!("plain {repeated} plain")],
        turns: vec![Turn { role: "user".to_owned(), parts: vec![Part::Text { text: told.to_owned() }] }],
        completion: format!("it is {repeated}"),
        tool_calls: vec![ToolCall { id: String::new(), name: "get".to_owned(), input: format!("{{\"u\":\"https://h/?k={repeated}&x=1\"}}") }],
        metadata: vec![("note".to_owned(), repeated.to_owned())],
        ..Exchange::default()
    };
    let long = bedrock();
    let lines = PEM.replace('\n', " ");
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{PEM}\n-----END PRIVATE KEY-----");
    for (told, repeated) in [
        (format!("aws_secret_access_key={KEY}"), KEY.to_owned()),
        (format!("aws_secret_access_key={KEY}"), KEY.replace('/', "\\/")),
        (format!("aws_secret_access_key={KEY}"), KEY.replace('/', "%2F")),
        (format!(r#"{{"SecretAccessKey":"{}"}}"#, KEY.replace('/', "\\/")), KEY.to_owned()),
        (format!("aws_secret_access_key={KEY}"), tagged(KEY)),
        (format!("sessionToken: {TOKEN}"), TOKEN.to_owned()),
        (format!("use {long}"), long.clone()),
        ("postgres://app:s3cr3t-pw-9@db/x".to_owned(), "s3cr3t-pw-9".to_owned()),
        (pem, lines),
    ] {
        let safe = Secrets::Masked.exchange(exchange(&told, &repeated));
        for text in [&safe.system[0], &safe.completion, &safe.tool_calls[0].input, &safe.metadata[0].1] {
            assert!(text.contains(MASK_OPEN) && !text.contains(middle(&repeated)), "{told}: {text}");
        }
        assert!(safe.system[0].ends_with(" plain") && safe.tool_calls[0].input.ends_with("&x=1\"}"), "{safe:?}");
        assert_eq!(Secrets::Masked.exchange(safe.clone()), safe);
        let places: Vec<String> = exchange(&told, &repeated).located().into_iter().map(|found| found.place).collect();
        assert_eq!(places, ["system prompt", "turn 1, user", "answer", "the answer's call of get", "metadata note"], "{told}");
        assert_eq!(Secrets::Revealed.exchange(exchange(&told, &repeated)), exchange(&told, &repeated));
    }
    // What may be any word stays; and so do ids of keys.
    for (told, repeated) in
        [("postgres://app:password@db/x", "password"), ("redis://:ab1@h", "ab1"), ("id AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE")]
    {
        assert_eq!(Secrets::Masked.exchange(exchange(told, repeated)).completion, format!("it is {repeated}"));
    }
}

#[test]
fn forty_letters_said_to_be_a_secret_are_one() {
    for template in [
        "your secret is @",
        "your secret is @, keep it",
        "the secret key (of the admin): `@`",
        "SECRET=@;",
        "Secret\n@\n",
        "key: @",
        r#"{"Key" : "@"}"#,
        r#"{\"key\":\"@\"}"#,
        "key=\\n@\\n",
    ] {
        let text = template.replace('@', KEY);
        assert_eq!(secrets_of(&text), [(Kind::SecretAccessKey, KEY)], "{text}");
        let json = serde_json::to_string(&text).expect("a string").replace('/', "\\/");
        assert!(may_hold(text.as_bytes()) && may_hold(json.as_bytes()));
        assert_eq!(masked(&masked(&text)), masked(&text));
        // Cut off, as previews are.
        let cut = text.find(KEY).expect("the key") + 30;
        assert!(!masked(&format!("{}…", &text[..cut])).contains("K7MDENG"), "{text}");
    }
    for text in [
        "the secret of commit 0123456789abcdef0123456789abcdef01234567",
        "key: DA39A3EE5E6B4B0D3255BFEF95601890AFD80709 secret",
        "secret 550e8400-e29b-41d4-a716-446655440000",
        "the key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "the secret of this very long sentence is there: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEYx",
        "secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE==",
        "secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY-and-more",
        "secret: thisIsAVeryLongIdentifierOfSomeProgramss",
        "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/AppKeyForTheDatabase9-AbCdEf",
    ] {
        assert_eq!(secrets_of(text), [], "{text}");
    }
}

#[test]
fn values_without_number_are_masked() {
    let many: String = (0..5000).map(|n| format!("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMP{n:06}x\n")).collect();
    let exchange = crate::model::Exchange { completion: "a ".repeat(200_000), user_text: many, ..crate::model::Exchange::default() };
    let safe = Secrets::Masked.exchange(exchange);
    assert!(!safe.user_text.contains("K7MDENG"));
}

/// Pieces that texts with secrets are made of.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\n]{0,12}",
        "[A-Za-z0-9+/]{4,44}",
        "[é世🙂…‹›]{0,3}",
        // Longer than what the quick look takes of an end.
        prop::sample::select(vec![" words of prose".repeat(100), " ".repeat(1500), "\n".repeat(700)]),
        (0..table().len()).prop_map(|index| table()[index].0.clone()),
        (0..table().len()).prop_map(|index| table()[index].2.clone()),
        prop::sample::select(vec![
            "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key=",
            "sessionToken\":\"",
            "Bearer ",
            "://a:",
            "@h",
            "\\",
            "\\n",
            "-----BEGIN PRIVATE KEY-----",
            "-----END",
            "X-Amz-Signature=",
            "ABSK",
            "eyJ",
            "the secret is ",
            "key: ",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "\u{E006B}\u{E0065}\u{E0079}\u{E003A}",
            "\u{E007F}"
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn masking_leaks_no_middle_and_is_done_once(pieces in prop::collection::vec(piece(), 0..8)) {
        let text = pieces.concat();
        let found = find(&text);
        prop_assert!(found.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start));
        prop_assert!(found.iter().all(|secret| text.get(secret.range.clone()).is_some_and(|secret| !secret.is_empty())));
        let safe = masked(&text);
        // What is not a secret stays, character for character.
        let mut rest = &*safe;
        let mut from = 0;
        for secret in found.iter().filter(|secret| !secret.kind.stays_readable()) {
            rest = rest.strip_prefix(&text[from..secret.range.start]).expect("the text before");
            let (kept, after) = rest.split_once(MASK_OPEN).expect("a mask");
            let hidden = &text[secret.range.clone()];
            prop_assert!(hidden.starts_with(kept) && kept.chars().count() <= 4 && (kept.is_empty() || hidden.chars().count() >= 16), "{kept}");
            rest = after.split_once(MASK_CLOSE).expect("its end").1;
            from = secret.range.end;
        }
        prop_assert_eq!(rest, &text[from..]);
        prop_assert_eq!(masked(&safe), &*safe);
    }

    #[test]
    fn the_quick_look_never_misses(pieces in prop::collection::vec(piece(), 0..6), cut in 0usize..80) {
        let mut text = pieces.concat();
        // Two thirds end where a piece does.
        text.truncate(text.floor_char_boundary(text.len().saturating_sub(cut.saturating_sub(53))));
        prop_assert!(lone::find(text.as_bytes()).is_empty() || lone::may_hold(text.as_bytes()), "{text:?}");
        prop_assert!(patterns::by_patterns(text.as_bytes()).is_empty() || quick::is_signed(text.as_bytes()), "{text:?}");
        prop_assert!(patterns::find(text.as_bytes()).is_empty() || may_hold(text.as_bytes()), "{text:?}");
        // Nor in the bytes of the same text as a JSON string.
        let json = serde_json::to_string(&text).expect("a string");
        prop_assert!(find(&text).is_empty() || may_hold(&json.as_bytes()[1..json.len() - 1]), "{json}");
    }
}

#[test]
fn a_key_and_its_value_on_two_lines_are_seen_in_json() {
    assert!(!find("EXAMPLEKEY\n:A+aAaA0+aa0a+aaAaa0a").is_empty());
    assert!(may_hold(br"EXAMPLEKEY\n:A+aAaA0+aa0a+aaAaa0a"));
}

#[test]
fn long_texts_cost_in_proportion() {
    // Each would be quadratic for a matcher that begins again at every byte. One search of an expression is linear; counted is
    // from where to where they go, and what is walked through besides.
    for piece in [
        "AKIAIOSFODNN7EXAMPLE ",
        "eyJ",
        "://a:",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAbCdEfGh0123+/AbCdEfGh\n",
        "aws_secret_access_key:",
        "aws_secret_access_key=",
        "session token ",
        "session_token:session_token_",
        "AbCdEfGh0123+/",
        "key:AbCdEfGh0123+AbCdEfGh0123,",
        "sk-",
        "\\\\",
        "A: b\n",
        "secret ",
        "key:",
        "secret AbCdEfGh0123+/AbCdEfGh0123",
        "\u{E006B}",
        "\u{E006B}a",
        "nnnnnnnnnnnnnnnn ",
    ] {
        let cost = |length: usize| {
            let text = piece.repeat(length / piece.len());
            effort::of(|| drop(masked(&text)))
        };
        let (short, long) = (cost(8_000), cost(64_000));
        assert!(long <= 10 * short, "{piece}: {short} bytes looked at, then {long}");
    }
}
