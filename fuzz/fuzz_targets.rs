//! What is fuzzed. Each body takes any bytes and panics where a promise is broken, not only where the core does.
//!
//! Plain functions without a fuzzer: the targets in targets/ hand them the fuzzer's inputs, tests/core/fuzzing.rs those
//! of a small driver of its own, so that every test run exercises them and no toolchain is needed to compile them.

use std::time::Duration;

use countersign::crypto::{self, Algorithm, DecodingKey};
use countersign::encoding::base64url;
use countersign::encoding::json::{Document, JsonError, Kind, Value};
use countersign::encoding::xml;
use countersign::flow::{Outcome, Step};
use countersign::issuer::jwks_cache::LoadKeys;
use countersign::issuer::{KeyRefresh, Keys, Profile, Verifier};
use countersign::jose::{Jwk, Jwks, Scratch, compact};
use countersign::jwt::{self, Audience, ClaimRule, ClaimValue, Condition, Policy, Validity};
use countersign::options::OptionValue;
use countersign::time::Timestamp;
use countersign_inspect::Error as InspectError;
use countersign_inspect::simulate::{Decision, simulate};
use jsonwebtoken::EncodingKey;
use num_bigint::BigUint;
use serde_json::json;

/// A name, and a body.
pub type Target = (&'static str, fn(&[u8]));

/// Every body. Its name is that of its target and of its folder in seeds/.
pub const TARGETS: [Target; 9] = [
    ("compact", compact_token),
    ("curves", curve_signature),
    ("json", strict_json),
    ("jwks", key_set),
    ("discovery", discovery_document),
    ("policy", claims_policy),
    ("rsa", rsa_signature),
    ("trust", trust_policy),
    ("xml", strict_xml),
];

const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::EdDSA,
];

/// Larger than the default, so that size is not what saves the readers.
const MAX_BYTES: usize = 1 << 20;

const ISSUER: &str = "https://issuer.example";

/// The instant around which the seeds have their times.
const NOW: i64 = 1_718_885_600;

/// The keys of the valid tokens below, and those tokens.
const KEYS: &[u8] = include_bytes!("seeds/jwks/mixed.json");
const VALID: [&[u8]; 2] = [include_bytes!("seeds/compact/rs256"), include_bytes!("seeds/compact/eddsa")];

/// A compact token. What is accepted is well-formed in every part; and nobody without the key has made it.
pub fn compact_token(data: &[u8]) {
    thread_local! {
        static PREPARED: Jwks = Jwks::parse(KEYS, &ALGORITHMS).expect("the seed's keys");
    }
    let mut scratch = Scratch::default();
    let mut decode = || {
        let token = jwt::decode(data, MAX_BYTES, &mut scratch)?;
        Ok::<_, Box<countersign::Error>>((token.header.raw().to_owned(), token.claims.text().to_owned()))
    };
    // The second time in memory that the first one has left behind.
    let (first, second) = (decode(), decode());
    assert_eq!(first, second, "decoding depends on what was decoded before");
    let parts: Vec<&[u8]> = data.split(|&byte| byte == b'.').collect();
    if let Ok((header, claims)) = first {
        assert_eq!(parts.len(), 3);
        let decoded = parts.iter().map(|part| base64url::decode(part).expect("base64url")).collect::<Vec<_>>();
        for (part, bytes) in parts.iter().zip(&decoded) {
            assert_eq!(base64url::encode(bytes).as_bytes(), *part, "another text for the same bytes was accepted");
        }
        assert_eq!(header.as_bytes(), decoded[0].trim_ascii());
        assert_eq!(claims.as_bytes(), decoded[1].trim_ascii());
        assert!(!decoded[2].is_empty());
        strict_json(&decoded[0]);
        strict_json(&decoded[1]);
    }
    PREPARED.with(|keys| {
        let accepted = compact::verify(data, keys, &ALGORITHMS, MAX_BYTES, &mut scratch).map(<[u8]>::to_vec);
        assert_eq!(accepted.is_ok(), VALID.contains(&data), "{accepted:?}");
        if let Ok(payload) = accepted {
            assert_eq!(base64url::encode(&payload).as_bytes(), parts[1]);
        }
        let policy = Policy { algorithms: ALGORITHMS.to_vec(), ..Policy::new(ISSUER, Audience::Unchecked) };
        let now = Timestamp::from_seconds(NOW).expect("an instant");
        let verified = jwt::verify(data, keys, &policy, now, &mut scratch).map(|_| ());
        assert_eq!(verified.is_ok(), VALID.contains(&data), "{verified:?}");
    });
}

/// The strict reader beside serde_json: it accepts the same texts with the same values, but for duplicate names and depth.
pub fn strict_json(data: &[u8]) {
    let ours = Document::parse(data);
    let theirs = serde_json::from_slice::<serde_json::Value>(data);
    match (&ours, &theirs) {
        (Ok(document), Ok(theirs)) => assert_same(document.root(), theirs),
        // It reads every number as a float; here a number stays text until someone asks what instant it means.
        (Ok(_), Err(error)) => assert!(error.to_string().starts_with("number out of range"), "{error}"),
        (Err(JsonError(problem)), Ok(_)) => {
            assert!(["has a duplicate member name", "is nested too deeply"].contains(problem), "{problem}");
        }
        (Err(_), Err(_)) => {}
    }
}

fn assert_same(ours: Value<'_>, theirs: &serde_json::Value) {
    match (ours.kind(), theirs) {
        (Kind::Null, serde_json::Value::Null) => {}
        (Kind::Bool, serde_json::Value::Bool(theirs)) => assert_eq!(ours.as_bool(), Some(*theirs)),
        (Kind::String, serde_json::Value::String(theirs)) => assert_eq!(ours.as_str().as_deref(), Some(&**theirs)),
        (Kind::Number, serde_json::Value::Number(theirs)) => {
            let (ours, theirs): (f64, _) = (ours.raw().parse().expect("a number"), theirs.as_f64().expect("a number"));
            // serde_json may miss the nearest float by one, and does not get numbers below all normal ones right.
            assert!((ours - theirs).abs() <= ours.abs() * 1e-15 + f64::MIN_POSITIVE, "{ours} {theirs}");
        }
        (Kind::Array, serde_json::Value::Array(theirs)) => {
            assert_eq!(ours.elements().count(), theirs.len());
            ours.elements().zip(theirs).for_each(|(ours, theirs)| assert_same(ours, theirs));
        }
        (Kind::Object, serde_json::Value::Object(theirs)) => {
            assert_eq!(ours.members().count(), theirs.len());
            for (name, value) in ours.members() {
                assert_same(value, &theirs[&*name]);
                assert_eq!(ours.get(&name).map(Value::raw), Some(value.raw()));
            }
        }
        (kind, theirs) => panic!("{kind:?} is {theirs}"),
    }
}

/// The reader of XML beside roxmltree: what is accepted here is accepted there, with the same elements and texts.
pub fn strict_xml(data: &[u8]) {
    let Ok(ours) = xml::Document::parse(data) else { return };
    let text = std::str::from_utf8(data).expect("UTF-8");
    let theirs = roxmltree::Document::parse(text).expect("well-formed");
    assert_same_element(ours.root(), theirs.root_element());
}

fn assert_same_element(ours: xml::Element<'_>, theirs: roxmltree::Node<'_, '_>) {
    assert_eq!(ours.name(), theirs.tag_name().name());
    let elements: Vec<_> = theirs.children().filter(roxmltree::Node::is_element).collect();
    assert_eq!(ours.children().count(), elements.len());
    // It leaves a carriage return before a reference as it is, where section 2.11 of XML 1.0 makes it a line feed.
    let same_ends = |text: &str| text.replace('\r', "\n");
    let text = elements.is_empty().then(|| same_ends(theirs.text().unwrap_or_default()));
    assert_eq!(ours.text().as_deref().map(same_ends), text);
    for (ours, theirs) in ours.children().zip(elements) {
        assert_same_element(ours, theirs);
    }
}

/// A key set, and a key. A key that is used is public, for signatures and strong enough; a refusal stays one.
pub fn key_set(data: &[u8]) {
    let one = || Jwk::parse(data).map(|key| key.kid().map(str::to_owned)).map_err(|error| (error.code(), error));
    assert_eq!(one(), one());
    assert!(one().err().is_none_or(|(code, _)| code == "ERR_JWK_INVALID"));

    let read = || Jwks::parse(data, &ALGORITHMS);
    let set = match (read(), read()) {
        (Ok(set), Ok(again)) => {
            assert_eq!(set.unusable(), again.unusable());
            set
        }
        (Err(error), Err(again)) => {
            assert_eq!((error.code(), &error), ("ERR_JWKS_INVALID", &again));
            return;
        }
        (set, again) => panic!("once {set:?} and once {again:?}"),
    };
    // Out of range is a number that no member of a key is.
    let Ok(theirs) = serde_json::from_slice::<serde_json::Value>(data) else { return strict_json(data) };
    let keys = theirs["keys"].as_array().expect("an array of keys");
    let skipped: Vec<usize> = set.unusable().iter().map(|unusable| unusable.index).collect();
    assert!(skipped.is_sorted() && skipped.iter().all(|&index| index < keys.len()) && skipped.len() < keys.len());
    // Later ones are not read.
    for (_, key) in keys.iter().enumerate().take(100).filter(|(index, _)| !skipped.contains(index)) {
        assert!(key.is_object());
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "a key with `{private}` is used");
        }
        assert!(key.get("use").is_none_or(|usage| usage == "sig"));
        assert!(key.get("kid").is_none_or(|kid| kid.as_str().is_some_and(|kid| kid.len() <= 256)));
        let operations = key.get("key_ops").map(|operations| operations.as_array().expect("an array"));
        assert!(operations.is_none_or(|operations| operations.contains(&json!("verify"))));
        let bytes = |name: &str| {
            let text = key[name].as_str().expect(name).trim_end_matches('=').replace('+', "-").replace('/', "_");
            base64url::decode(text.as_bytes()).expect(name)
        };
        match key["kty"].as_str() {
            Some("RSA") => assert!(is_sound(&bytes("n"), &bytes("e"))),
            Some("EC") => {
                let number = bytes("x").into_iter().skip_while(|byte| *byte == 0).count();
                assert!(number <= if key["crv"] == "P-256" { 32 } else { 48 });
            }
            Some("OKP") => assert_eq!(bytes("x").len(), 32),
            other => panic!("a key of type {other:?} is used"),
        }
    }
}

/// A discovery document. What it may cause is one request, to the https URL that it names, and only for its own issuer.
pub fn discovery_document(data: &[u8]) {
    let ask = || {
        let policy = Policy::new(ISSUER, Audience::Unchecked);
        let mut verifier = Verifier::new(policy, Profile::Plain, Keys::Discovery).expect("a verifier");
        let now = Timestamp::from_seconds(NOW).expect("an instant");
        let LoadKeys::Begin(Step::Fetch(_, pending)) =
            verifier.begin_load(KeyRefresh { source: 0, unknown_kid: false }, now)
        else {
            panic!("nothing is fetched")
        };
        match pending.resume(Outcome::answered(200, data.to_vec()), now) {
            Ok(Step::Fetch(request, _)) => Ok(request.url),
            Ok(Step::Done(_)) => panic!("a discovery document holds no keys"),
            Err(error) => Err(error),
        }
    };
    let (asked, again) = (ask(), ask());
    assert_eq!(asked, again);
    match asked {
        Ok(url) => {
            if let Ok(theirs) = serde_json::from_slice::<serde_json::Value>(data) {
                assert_eq!((&theirs["issuer"], &theirs["jwks_uri"]), (&json!(ISSUER), &json!(url)));
            }
            let rest = url.strip_prefix("https://").expect("https");
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            assert!(!authority.is_empty() && !authority.contains(['@', '\\', '%']), "{url}");
            assert!(url.bytes().all(|byte| byte.is_ascii_graphic()) && !url.contains('#'), "{url}");
        }
        Err(error) => assert!(["ERR_DISCOVERY_INVALID", "ERR_JWKS_FETCH"].contains(&error.code()), "{error:?}"),
    }
    strict_json(data);
}

/// A policy and a claims set that the issuer really signed. The accepted instants are one interval, a wider tolerance
/// never shortens it, and what is accepted says what the policy demands.
pub fn claims_policy(data: &[u8]) {
    let Some((&[demands, tolerance, age_high, age_low], claims)) = data.split_first_chunk() else { return };
    let demanded = |bit: u8| demands >> bit & 1 == 1;
    let strings = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let mut rules = Vec::new();
    if demanded(1) {
        rules.push(ClaimRule::equals("environment", &strings(&["production", ""])));
    }
    if demanded(5) {
        let roles = vec![ClaimValue::String("admin".into()), ClaimValue::Number(7)];
        rules.push(ClaimRule { claim: "realm.roles".into(), condition: Condition::OneOf(roles) });
    }
    let policy = Policy {
        audience: if demanded(0) { Audience::AnyOf(strings(&["api", "web"])) } else { Audience::Unchecked },
        algorithms: vec![Algorithm::EdDSA],
        claims: rules,
        subjects: if demanded(2) { strings(&["someone"]) } else { vec![] },
        required_claims: if demanded(3) { strings(&["jti"]) } else { vec![] },
        max_token_age: demanded(4).then(|| Duration::from_secs(u16::from_be_bytes([age_high, age_low]).into())),
        clock_tolerance: Duration::from_secs(tolerance.into()),
        max_token_bytes: MAX_BYTES,
        ..Policy::new(ISSUER, Audience::Unchecked)
    };
    let token = sign(claims);
    let key = include_bytes!("../tests/crypto/keys/ed25519.spki.der");
    let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": base64url::encode(&key[key.len() - 32..])}]});
    let keys = Jwks::parse(keys.to_string().as_bytes(), &policy.algorithms).expect("a key set");
    let mut scratch = Scratch::default();
    let mut validities = |policy: &Policy| -> Vec<Option<Validity>> {
        let verify = |now| Some(jwt::verify(token.as_bytes(), &keys, policy, now, &mut scratch).ok()?.validity());
        instants().map(verify).collect()
    };
    let found = validities(&policy);
    let verdicts: Vec<bool> = found.iter().map(Option::is_some).collect();
    // A cache of verified tokens relies on it: the token that is accepted once says when it would be accepted again.
    for Validity { from, until } in found.iter().flatten() {
        let said: Vec<bool> = instants().map(|now| *from <= now && now < *until).collect();
        assert_eq!(said, verdicts, "accepted at other instants than from {from:?} until {until:?}");
    }
    let changes = verdicts.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes <= 2 && !(verdicts[0] && changes == 2), "not one interval: {verdicts:?}");
    let wider = Policy { clock_tolerance: policy.clock_tolerance + Duration::from_secs(30), ..policy.clone() };
    assert!(
        verdicts.iter().zip(validities(&wider)).all(|(&narrow, wide)| wide.is_some() || !narrow),
        "tolerance narrows"
    );
    if !verdicts.contains(&true) {
        return;
    }

    let Ok(theirs) = serde_json::from_slice::<serde_json::Value>(claims) else { return strict_json(claims) };
    assert_eq!(theirs["iss"], ISSUER);
    let time = |name: &str| theirs.get(name).map(|time| time.as_f64().expect("a time that is a number"));
    let (expires, starts, issued) = (time("exp").expect("`exp`"), time("nbf"), time("iat"));
    let slack = f64::from(tolerance) + 1e-5;
    for (now, _) in instants().zip(&verdicts).filter(|(_, accepted)| **accepted) {
        let now = now.as_seconds_f64();
        assert!(now < expires + slack, "expired");
        assert!(starts.is_none_or(|starts| now + slack >= starts), "before `nbf`");
        if let Some(age) = policy.max_token_age {
            let issued = issued.expect("`iat`");
            assert!(now + slack >= issued && now - issued <= age.as_secs_f64() + slack, "before `iat`, or too old");
        }
    }
    let texts = |value: &serde_json::Value| match value {
        serde_json::Value::Array(names) => names.iter().map(|name| name.as_str().expect("a name").to_owned()).collect(),
        name => vec![name.as_str().expect("a name").to_owned()],
    };
    let audience = theirs.get("aud").map(texts);
    assert!(!demanded(0) || audience.is_some_and(|names| names.iter().any(|name| name == "api" || name == "web")));
    assert!(!demanded(1) || ["production", ""].iter().any(|name| theirs["environment"] == *name));
    let readings: Vec<_> = [theirs.get("realm.roles"), theirs["realm"].get("roles")].into_iter().flatten().collect();
    let is_role = |role: &serde_json::Value| *role == "admin" || role.as_f64() == Some(7.0);
    let has_role = |roles: &serde_json::Value| roles.as_array().is_some_and(|roles| roles.iter().any(is_role));
    assert!(!demanded(5) || (readings.len() == 1 && has_role(readings[0])), "roles");
    assert!(!demanded(2) || theirs["sub"] == "someone");
    assert!(!demanded(3) || theirs["jti"].is_string());
    assert!(theirs.get("sub").is_none_or(serde_json::Value::is_string));
}

/// The token of an issuer that signs whatever it is given.
fn sign(payload: &[u8]) -> String {
    let input = format!("{}.{}", base64url::encode(br#"{"alg":"EdDSA"}"#), base64url::encode(payload));
    let key = EncodingKey::from_ed_der(include_bytes!("../tests/crypto/keys/ed25519.pkcs8.der"));
    let signature =
        jsonwebtoken::crypto::sign(input.as_bytes(), &key, jsonwebtoken::Algorithm::EdDSA).expect("a signature");
    format!("{input}.{signature}")
}

/// In order: the ends of the calendar, and what lies around the times of the seeds.
fn instants() -> impl Iterator<Item = Timestamp> {
    let around = [-90_000, -3_600, -61, -60, -59, -1, 0, 1, 59, 60, 61, 600, 3_599, 3_600, 3_601, 90_000];
    let around = around.into_iter().map(|seconds| Timestamp::from_seconds(NOW + seconds).expect("an instant"));
    std::iter::once(Timestamp::MIN).chain(around).chain([Timestamp::MAX])
}

/// A trust policy of one of the kinds that are simulated. A refusal has a place within the text and is the same twice;
/// what is denied to everyone is accepted from nobody; what gets in through no rule does not get in.
pub fn trust_policy(data: &[u8]) {
    const KINDS: [&str; 6] = ["aws", "gcp", "azure", "connect", "verifier", "vercel-verifier"];
    const CLAIMS: &str = r#"{"iss":"https://oidc.vercel.com/acme","aud":"https://vercel.com/acme","exp":1718889200,
        "sub":"owner:acme:project:site:environment:production","owner":"acme","owner_id":"team_1","project":"site",
        "project_id":"prj_1","environment":"production","amr":["pwd","mfa"]}"#;
    let Some((kind, policy)) = data.split_first() else { return };
    let Ok(policy) = std::str::from_utf8(policy) else { return };
    let kind = KINDS[usize::from(*kind) % KINDS.len()];
    let ask =
        |policy: &str| simulate(kind, policy, &OptionValue::Object(Vec::new()), CLAIMS, Timestamp::from_seconds(NOW));
    let (answer, again) = (ask(policy), ask(policy));
    assert_eq!(answer, again);
    match answer {
        Ok(simulation) => {
            assert_eq!(simulation.accepted, simulation.decision == Decision::Accepted);
            assert!(!simulation.accepted || simulation.rules.iter().any(|rule| rule.applies == Some(true)));
            let failed =
                simulation.rules.iter().flat_map(|rule| &rule.checks).filter(|check| check.passed != Some(true));
            assert!(failed.into_iter().all(|check| check.fix.as_ref().is_some_and(|fix| !fix.is_empty())));
            let Ok(mut theirs) = serde_json::from_str::<serde_json::Value>(policy) else { panic!("{policy}") };
            if kind == "aws" {
                let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "sts:*"});
                let statements = theirs["Statement"].take();
                let mut all = statements.as_array().cloned().unwrap_or_else(|| vec![statements]);
                all.push(deny);
                theirs["Statement"] = all.into();
                assert_eq!(ask(&theirs.to_string()).map(|denied| denied.decision), Ok(Decision::Refused));
            }
        }
        Err(InspectError::Policy { position, .. }) => {
            let line = policy.split('\n').nth(position.line - 1).expect("the line is there");
            assert!((1..=line.chars().count() + 1).contains(&position.column), "{position:?}");
        }
        Err(error) => assert_eq!(error.code(), "ERR_INVALID_OPTION", "{error}"),
    }
}

/// An RSA key, by the rules; or a signature that fits its key because the key was made to fit it.
///
/// Nobody knows a private exponent here. But for small `e`, any `s` and any encoded message `EM` there is a modulus
/// under which `s` signs the message: `n = s^e - EM`. So that the arithmetic has to get sparse moduli, dense ones and
/// all lengths right, and not only to refuse.
pub fn rsa_signature(data: &[u8]) {
    let Some((&[kind, length_high, length_low, flipped], rest)) = data.split_first_chunk() else { return };
    let number = usize::from(u16::from_be_bytes([length_high, length_low]));
    if kind & 1 == 0 {
        let (e, n) = rest.split_at((usize::from(flipped) % 48).min(rest.len()));
        let key = DecodingKey::from_rsa_raw_components(n, e);
        assert_eq!(crypto::verifier(Algorithm::RS256, &key).is_ok(), is_sound(n, e));
        return;
    }
    let (alg, other) =
        if kind & 2 == 0 { (Algorithm::RS256, Algorithm::PS256) } else { (Algorithm::PS256, Algorithm::RS256) };
    let e = [3u32, 5, 7, 17][usize::from(kind >> 2 & 3)];
    let bits = 2048 + number % (8192 - 2048 + 1);
    let encoded = match alg {
        Algorithm::RS256 => pkcs1(rest, bits),
        _ => pss(rest, bits),
    };
    // Any number of so many bits, with the first two set so that rounding the root down cannot take one away.
    let wanted = BigUint::from_bytes_be(&rest.iter().cycle().take(bits / 8 + 1).copied().collect::<Vec<_>>())
        % (BigUint::from(1u32) << (bits - 2))
        + (BigUint::from(3u32) << (bits - 2));
    let mut s = (wanted + &encoded).nth_root(e);
    if s.bit(0) == encoded.bit(0) {
        s -= 1u32;
    }
    let n = s.pow(e) - &encoded;
    assert!(n.bits() == bits as u64 && n.bit(0), "the test makes a wrong key");

    let key = DecodingKey::from_rsa_raw_components(&n.to_bytes_be(), &e.to_be_bytes());
    let bytes = s.to_bytes_be();
    let mut signature = vec![0; bits.div_ceil(8)];
    let start = signature.len() - bytes.len();
    signature[start..].copy_from_slice(&bytes);
    let verifiers = [alg, other].map(|alg| crypto::verifier(alg, &key).expect("a key"));
    let accepts = |alg, message: &[u8], signature: &[u8]| {
        let verifier = verifiers.iter().find(|verifier| verifier.algorithm() == alg).expect("one of two");
        verifier.verify(message, signature).is_ok()
    };
    assert!(accepts(alg, rest, &signature), "a signature is refused");
    assert!(!accepts(other, rest, &signature) && !accepts(alg, &[rest, b"."].concat(), &signature));
    let longer = [&[0], &signature[..]].concat();
    assert!(!accepts(alg, rest, &longer) && !accepts(alg, rest, &signature[1..]));
    let place = usize::from(flipped) * signature.len() / 256;
    signature[place] ^= 1 << (number % 8);
    assert!(!accepts(alg, rest, &signature), "one flipped bit is accepted");
}

/// The rules of `crypto::verifier`, on the numbers instead of on their bytes.
fn is_sound(n: &[u8], e: &[u8]) -> bool {
    let (n, e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
    (2048..=8192).contains(&n.bits()) && n.bit(0) && e.bit(0) && e >= BigUint::from(3u32) && e.bits() <= 33
}

/// EMSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 9.2), for a modulus of so many bits.
fn pkcs1(message: &[u8], bits: usize) -> BigUint {
    const PREFIX: [u8; 19] = [0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20];
    let mut encoded = vec![0xff; bits.div_ceil(8)];
    let end = encoded.len() - 32 - PREFIX.len();
    encoded[..2].copy_from_slice(&[0, 1]);
    encoded[end - 1] = 0;
    encoded[end..end + PREFIX.len()].copy_from_slice(&PREFIX);
    encoded[end + PREFIX.len()..].copy_from_slice(&crypto::sha256(message));
    BigUint::from_bytes_be(&encoded)
}

/// EMSA-PSS with SHA-256 and a salt of 32 bytes (RFC 8017 section 9.1.1), for a modulus of so many bits.
fn pss(message: &[u8], bits: usize) -> BigUint {
    let length = (bits - 1).div_ceil(8);
    let salt = crypto::sha256(&bits.to_be_bytes());
    let hash = crypto::sha256(&[&[0; 8][..], &crypto::sha256(message), &salt].concat());
    let mut block = vec![0; length - 33];
    let end = block.len() - 33;
    block[end] = 1;
    block[end + 1..].copy_from_slice(&salt);
    let mask = (0u32..).flat_map(|counter| crypto::sha256(&[&hash[..], &counter.to_be_bytes()].concat()));
    block.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    block[0] &= 0xff >> (8 * length - (bits - 1));
    BigUint::from_bytes_be(&[&block, &hash[..], &[0xbc]].concat())
}

/// A key and a signature on one of the curves, and the verdict of RustCrypto or dalek.
///
/// Bytes as they come; or a signature that the other side makes; or one that is made of its nonce, so that the inputs
/// choose which multiples are summed, and for Ed25519 with parts of small order in the key and in R.
pub fn curve_signature(data: &[u8]) {
    let Some((&[kind, flipped], rest)) = data.split_first_chunk() else { return };
    match kind % 4 {
        0 => p256_signature(kind / 4, flipped, rest),
        1 => p384_signature(kind / 4, flipped, rest),
        2 => p521_signature(kind / 4, flipped, rest),
        _ => ed25519_signature(kind / 4, flipped, rest),
    }
}

/// Holds our verdicts to theirs: of the key, of the signature, and of each with one bit changed. A verdict is `None` where
/// the key is refused. What is `made` to be accepted must be, and nothing beside it.
fn same_verdicts(
    alg: Algorithm,
    [key, message, signature]: [&[u8]; 3],
    flipped: u8,
    made: bool,
    theirs: impl Fn(&[u8], &[u8], &[u8]) -> Option<bool>,
) {
    let check = |key: &[u8], message: &[u8], signature: &[u8]| {
        let decoded =
            if alg == Algorithm::EdDSA { DecodingKey::from_ed_der(key) } else { DecodingKey::from_ec_der(key) };
        let verifier = crypto::verifier(alg, &decoded).ok();
        let ours = verifier.map(|verifier| verifier.verify(message, signature).is_ok());
        assert_eq!(ours, theirs(key, message, signature), "{alg:?}: the left is ours");
        ours
    };
    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let place = usize::from(flipped) * bytes.len() / 256;
        bytes[place] ^= 1 << (flipped % 8);
        bytes
    };
    let verdict = check(key, message, signature);
    assert!(!made || verdict == Some(true), "a signature is refused");
    let others = [
        check(&flip(key), message, signature),
        check(key, message, &flip(signature)),
        check(key, &[message, b"."].concat(), signature),
    ];
    assert!(!made || others.iter().all(|verdict| *verdict != Some(true)), "what was changed is accepted");
}

/// The first bytes, with zeros where there are too few, and the others.
fn split<const LEN: usize>(data: &[u8]) -> ([u8; LEN], &[u8]) {
    let (first, rest) = data.split_at(LEN.min(data.len()));
    let mut bytes = [0; LEN];
    bytes[..first.len()].copy_from_slice(first);
    (bytes, rest)
}

macro_rules! ecdsa_signature {
    ($name:ident, $curve:ident, $alg:ident, $hash:ident, $bytes:literal) => {
        fn $name(kind: u8, flipped: u8, rest: &[u8]) {
            use $curve::ecdsa::signature::{Signer, Verifier};
            use $curve::ecdsa::{Signature, SigningKey, VerifyingKey};
            use $curve::elliptic_curve::PrimeField;
            use $curve::elliptic_curve::ops::Reduce;
            use $curve::elliptic_curve::point::AffineCoordinates;
            use $curve::elliptic_curve::sec1::ToSec1Point;
            use $curve::{FieldBytes, ProjectivePoint, PublicKey, Scalar};

            let theirs = |key: &[u8], message: &[u8], signature: &[u8]| {
                let key = VerifyingKey::from_sec1_bytes(key).ok()?;
                Some(Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok()))
            };
            let scalar = |bytes: [u8; $bytes]| <Scalar as Reduce<FieldBytes>>::reduce(&bytes.into());
            let (first, rest) = split::<$bytes>(rest);
            let (second, rest) = split::<$bytes>(rest);
            let point = |secret: Scalar| -> Option<Vec<u8>> {
                let public = PublicKey::from_affine((ProjectivePoint::GENERATOR * secret).to_affine()).ok()?;
                Some(public.to_sec1_point(false).as_bytes().to_vec())
            };
            match kind % 3 {
                0 => {
                    let (signature, message) = split::<{ 2 * $bytes }>(rest);
                    let key = [&[4], &first[..], &second].concat();
                    same_verdicts(Algorithm::$alg, [&key, message, &signature], flipped, false, theirs);
                }
                1 => {
                    let Ok(signing) = SigningKey::from_slice(&first) else { return };
                    let signature: Signature = signing.sign(rest);
                    let Some(key) = point(scalar(first)) else { return };
                    same_verdicts(Algorithm::$alg, [&key, rest, &signature.to_bytes()], flipped, true, theirs);
                }
                _ => {
                    // R = k·G is u1·G + u2·Q, with u1 = hash · u2 / r: of Q that follows, we know the private key.
                    let (k, u2) = (scalar(first), scalar(second));
                    if k == Scalar::ZERO || u2 == Scalar::ZERO {
                        return;
                    }
                    let r = scalar((ProjectivePoint::GENERATOR * k).to_affine().x().into());
                    let digest = <sha2::$hash as sha2::Digest>::digest(rest);
                    // That of ES512 is shorter than its scalars.
                    let mut padded = [0; $bytes];
                    padded[$bytes - digest.len()..].copy_from_slice(&digest);
                    let hash = scalar(padded);
                    let inverse = u2.invert().expect("not zero");
                    let u1 = hash * u2 * r.invert().expect("not zero");
                    let Some(key) = point((k - u1) * inverse) else { return };
                    let signature = [r.to_repr(), (r * inverse).to_repr()].concat();
                    same_verdicts(Algorithm::$alg, [&key, rest, &signature], flipped, true, theirs);
                }
            }
        }
    };
}

ecdsa_signature!(p256_signature, p256, ES256, Sha256, 32);
ecdsa_signature!(p384_signature, p384, ES384, Sha384, 48);
ecdsa_signature!(p521_signature, p521, ES512, Sha512, 66);

fn ed25519_signature(kind: u8, flipped: u8, rest: &[u8]) {
    use curve25519_dalek::Scalar;
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

    // Their key, by our rules: in its one encoding, and not of small order.
    let theirs = |key: &[u8], message: &[u8], signature: &[u8]| {
        let bytes: &[u8; 32] = key.try_into().expect("a key has 32 bytes");
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        if key.to_edwards().compress().as_bytes() != bytes || key.is_weak() {
            return None;
        }
        Some(Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()))
    };
    let (first, rest) = split::<32>(rest);
    match kind % 3 {
        0 => {
            let (signature, message) = split::<64>(rest);
            same_verdicts(Algorithm::EdDSA, [&first, message, &signature], flipped, false, theirs);
        }
        1 => {
            let signing = SigningKey::from_bytes(&first);
            let (key, signature) = (signing.verifying_key(), signing.sign(rest).to_bytes());
            same_verdicts(Algorithm::EdDSA, [key.as_bytes(), rest, &signature], flipped, true, theirs);
        }
        _ => {
            let (second, message) = split::<32>(rest);
            let [secret, nonce] = [first, second].map(Scalar::from_bytes_mod_order);
            let torsion = [flipped, flipped >> 3].map(|index| EIGHT_TORSION[usize::from(index % 8)]);
            let key = (ED25519_BASEPOINT_POINT * secret + torsion[0]).compress().0;
            let r = (ED25519_BASEPOINT_POINT * nonce + torsion[1]).compress().0;
            let hash = <sha2::Sha512 as sha2::Digest>::digest([&r, &key, message].concat());
            let s = nonce + Scalar::from_bytes_mod_order_wide(&hash.into()) * secret;
            let made = flipped & 0x3f == 0 && secret != Scalar::ZERO && nonce != Scalar::ZERO;
            same_verdicts(Algorithm::EdDSA, [&key, message, &[r, s.to_bytes()].concat()], flipped, made, theirs);
        }
    }
}
