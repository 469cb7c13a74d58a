//! The content of a vector file: its cases, in the words of an engine, and the parts that do not concern this crate.
//!
//! Everything outside of what the package is for is skipped by its group, with the reason. Within it, each case counts:
//! a key that we refuse although the corpus signs with it shows as a failure, unless it is listed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::known;

/// All that are supported, under every registered name: the corpus tests signatures, not a policy.
const ALGORITHMS: [&str; 11] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

/// The hash functions of RFC 7518, with the octets of a hash value.
const HASHES: [(&str, u64); 3] = [("SHA-256", 32), ("SHA-384", 48), ("SHA-512", 64)];

/// A file.
pub struct Vectors {
    pub cases: Vec<Case>,
    /// How many cases are not asked, by the reason.
    pub skipped: BTreeMap<String, u64>,
}

/// A question, and the answer that the corpus wants.
pub struct Case {
    pub id: u64,
    pub comment: String,
    pub accept: bool,
    pub question: Value,
}

/// How the cases of a group are asked.
enum Plan {
    /// `msg` and `sig`, with this algorithm and this key.
    Signature { alg: String, key: Value },
    /// `jws`, with this key set.
    Jws { keys: Value },
    /// Not at all.
    Skip(String),
}

impl Vectors {
    /// Reads a file. Any error is one of its form.
    pub fn read(path: &Path) -> Result<Self> {
        let file: Value = serde_json::from_slice(&fs::read(path)?)?;
        let mut this = Self { cases: Vec::new(), skipped: BTreeMap::new() };
        for (index, group) in array(&file, "testGroups")?.iter().enumerate() {
            this.add(group).with_context(|| format!("group {index}"))?;
        }
        Ok(this)
    }

    fn add(&mut self, group: &Value) -> Result<()> {
        let tests = array(group, "tests")?;
        let plan = plan(group)?;
        for test in tests {
            let case = match &plan {
                Plan::Skip(reason) => Err(reason.clone()),
                plan => case(test, plan)?,
            };
            match case {
                Ok(case) => self.cases.push(case),
                Err(reason) => *self.skipped.entry(reason).or_default() += 1,
            }
        }
        Ok(())
    }
}

/// A case, or the reason for which it is skipped.
fn case(test: &Value, plan: &Plan) -> Result<Result<Case, String>> {
    let id = test["tcId"].as_u64().context("a case without a number `tcId`")?;
    let accept = match text(test, "result")? {
        "valid" => true,
        "invalid" => false,
        "acceptable" => {
            let flags: Vec<&str> = array(test, "flags")?.iter().filter_map(Value::as_str).collect();
            match known::accepts(flags.iter().copied()) {
                Some(accept) => accept,
                None => return Ok(Err(format!("acceptable, without a decision on {}", flags.join(", ")))),
            }
        }
        other => bail!("case {id}: the result `{other}` is none of valid, invalid and acceptable"),
    };
    let question = match plan {
        Plan::Signature { alg, key } => {
            let octets = |name| text(test, name).and_then(|hex| octets(hex).map(|_| hex));
            let (message, signature) = (octets("msg")?, octets("sig")?);
            json!({ "alg": alg, "key": key.to_string(), "message": message, "signature": signature })
        }
        Plan::Jws { keys } => {
            // The JSON serialization stands there as an object; whoever is given its text must refuse it.
            let jws = match test.get("jws").context("a case without `jws`")? {
                Value::String(jws) => jws.clone(),
                other => other.to_string(),
            };
            json!({ "jws": jws, "keys": keys.to_string(), "algorithms": ALGORITHMS })
        }
        Plan::Skip(reason) => return Ok(Err(reason.clone())),
    };
    let comment = test["comment"].as_str().unwrap_or_default().to_owned();
    Ok(Ok(Case { id, comment, accept, question }))
}

fn plan(group: &Value) -> Result<Plan> {
    let kind = text(group, "type")?;
    match kind {
        "JsonWebSignature" | "JsonWebKey" => jws(group),
        "RsassaPkcs1Verify" => rsa(group, "RS"),
        // The two differ in how the key is written in DER, which is not how a JWK is written.
        "RsassaPssVerify" | "RsassaPssWithParametersVerify" => pss(group),
        "EcdsaP1363Verify" => ecdsa(group),
        "EddsaVerify" => eddsa(group),
        other => Ok(Plan::Skip(format!("{other} is no signature of a JWS"))),
    }
}

/// A group is about us if its set holds any key that is. Symmetric keys alone are not: no expectation about an HMAC,
/// refusals among them, is met by knowing none.
fn jws(group: &Value) -> Result<Plan> {
    let key = ["public", "private"].iter().map(|name| &group[name]).find(|key| key.is_object());
    let key = key.context("neither `public` nor `private` is a key")?;
    let keys = if key.get("keys").is_some() { key.clone() } else { json!({ "keys": [key] }) };
    let foreign: Vec<Option<String>> = array(&keys, "keys")?.iter().map(foreign).collect();
    match foreign.into_iter().collect::<Option<Vec<_>>>() {
        Some(reasons) => Ok(Plan::Skip(reasons.into_iter().next().unwrap_or_else(|| "an empty key set".to_owned()))),
        None => Ok(Plan::Jws { keys }),
    }
}

/// Why a key is of a kind that the package does not support; `None` if it does, however bad the key may be.
fn foreign(key: &Value) -> Option<String> {
    let curve = key["crv"].as_str().unwrap_or_default();
    match key["kty"].as_str() {
        Some("oct") => Some("symmetric key".to_owned()),
        Some("EC") if !["P-256", "P-384", "P-521"].contains(&curve) => Some(format!("curve {curve}")),
        Some("OKP") if curve != "Ed25519" => Some(format!("curve {curve}")),
        _ => None,
    }
}

fn pss(group: &Value) -> Result<Plan> {
    let (hash, mgf, mgf_hash) = (text(group, "sha")?, text(group, "mgf")?, text(group, "mgfSha")?);
    let salt = group["sLen"].as_u64().context("no number `sLen`")?;
    // RFC 7518 section 3.5: MGF1 with the same hash function, and a salt as long as its value.
    let known = HASHES.iter().find(|(name, _)| *name == hash);
    match known {
        Some(_) if mgf != "MGF1" || mgf_hash != hash => Ok(Plan::Skip(format!("{hash} with {mgf} of {mgf_hash}"))),
        Some((_, length)) if salt != *length => Ok(Plan::Skip(format!("{hash} with a salt of {salt} octets"))),
        _ => rsa(group, "PS"),
    }
}

fn rsa(group: &Value, family: &str) -> Result<Plan> {
    let hash = text(group, "sha")?;
    if HASHES.iter().all(|(name, _)| *name != hash) {
        return Ok(Plan::Skip(format!("hash {hash}")));
    }
    let key = &group["publicKey"];
    let (n, e) = (integer(text(key, "modulus")?)?, integer(text(key, "publicExponent")?)?);
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    // RFC 7518 section 3.3 wants 2048 or more; the upper bound is ours.
    if !(2048..=8192).contains(&bits) {
        return Ok(Plan::Skip(format!("RSA key of {bits} bits")));
    }
    let key = json!({ "kty": "RSA", "n": base64url(&n), "e": base64url(&e) });
    Ok(Plan::Signature { alg: hash.replace("SHA-", family), key })
}

fn ecdsa(group: &Value) -> Result<Plan> {
    let key = &group["publicKey"];
    let (curve, hash) = (text(key, "curve")?, text(group, "sha")?);
    let (alg, name, length) = match (curve, hash) {
        ("secp256r1", "SHA-256") => ("ES256", "P-256", 32),
        ("secp384r1", "SHA-384") => ("ES384", "P-384", 48),
        ("secp521r1", "SHA-512") => ("ES512", "P-521", 66),
        _ => return Ok(Plan::Skip(format!("{curve} with {hash}"))),
    };
    let point = octets(text(key, "uncompressed")?)?;
    ensure!(point.len() == 1 + 2 * length && point[0] == 4, "`uncompressed` is no point of {curve}");
    let (x, y) = point[1..].split_at(length);
    let key = json!({ "kty": "EC", "crv": name, "x": base64url(x), "y": base64url(y) });
    Ok(Plan::Signature { alg: alg.to_owned(), key })
}

fn eddsa(group: &Value) -> Result<Plan> {
    let key = &group["publicKey"];
    let curve = text(key, "curve")?;
    if curve != "edwards25519" {
        return Ok(Plan::Skip(format!("curve {curve}")));
    }
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(&octets(text(key, "pk")?)?) });
    Ok(Plan::Signature { alg: "EdDSA".to_owned(), key })
}

fn array<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    value[name].as_array().with_context(|| format!("no array `{name}`"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    value[name].as_str().with_context(|| format!("no text `{name}`"))
}

fn octets(hex: &str) -> Result<Vec<u8>> {
    ensure!(hex.len().is_multiple_of(2) && hex.is_ascii(), "`{hex}` is not hexadecimal");
    let octets = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    octets.collect::<Result<_, _>>().with_context(|| format!("`{hex}` is not hexadecimal"))
}

/// Without leading zeros, which the corpus writes as DER does.
fn integer(hex: &str) -> Result<Vec<u8>> {
    Ok(octets(hex)?.into_iter().skip_while(|octet| *octet == 0).collect())
}

fn base64url(octets: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many cases one group of one case yields, and the reasons for those that are skipped.
    fn read(group: Value) -> Result<(usize, Vec<String>)> {
        let mut vectors = Vectors { cases: Vec::new(), skipped: BTreeMap::new() };
        vectors.add(&group)?;
        Ok((vectors.cases.len(), vectors.skipped.into_keys().collect()))
    }

    fn group(changes: Value) -> Value {
        let mut group = json!({
            "type": "RsassaPssVerify", "sha": "SHA-256", "mgf": "MGF1", "mgfSha": "SHA-256", "sLen": 32,
            "publicKey": { "modulus": format!("00{}", "ff".repeat(256)), "publicExponent": "03" },
            "tests": [{ "tcId": 1, "comment": "", "flags": [], "msg": "00", "sig": "00ff", "result": "valid" }],
        });
        for (name, value) in changes.as_object().unwrap() {
            group[name] = value.clone();
        }
        group
    }

    #[test]
    fn what_is_not_about_us_is_skipped_with_its_reason() {
        let skipped = |changes| match read(group(changes)).unwrap() {
            (0, reasons) => reasons.join("; "),
            (cases, _) => format!("{cases} cases"),
        };
        let key =
            |bits: usize| json!({ "publicKey": { "modulus": "ff".repeat(bits / 8), "publicExponent": "010001" } });
        let test = |name: &str, value: Value| {
            let mut test = group(json!({}))["tests"][0].clone();
            test[name] = value;
            test
        };
        assert_eq!(skipped(json!({})), "1 cases");
        assert_eq!(skipped(json!({ "type": "RsassaPkcs1Verify", "sha": "SHA-512" })), "1 cases");
        assert_eq!(skipped(json!({ "type": "RsassaPkcs1Verify", "sha": "SHA3-256" })), "hash SHA3-256");
        assert_eq!(skipped(json!({ "sha": "SHA-1", "mgfSha": "SHA-1", "sLen": 20 })), "hash SHA-1");
        assert_eq!(skipped(json!({ "sLen": 0 })), "SHA-256 with a salt of 0 octets");
        assert_eq!(skipped(json!({ "mgfSha": "SHA-1" })), "SHA-256 with MGF1 of SHA-1");
        assert_eq!(skipped(key(1024)), "RSA key of 1024 bits");
        assert_eq!(skipped(key(8192)), "1 cases");
        assert_eq!(skipped(json!({ "type": "EcdsaVerify" })), "EcdsaVerify is no signature of a JWS");
        let curve = |curve: &str| json!({ "type": "EcdsaP1363Verify", "publicKey": { "curve": curve } });
        assert_eq!(skipped(curve("secp256k1")), "secp256k1 with SHA-256");
        assert_eq!(
            skipped(json!({ "type": "EddsaVerify", "publicKey": { "curve": "edwards448" } })),
            "curve edwards448"
        );
        let jws = |key: Value| json!({ "type": "JsonWebKey", "public": null, "private": key, "tests": [test("jws", json!("x"))] });
        assert_eq!(skipped(jws(json!({ "keys": [{ "kty": "oct" }, { "kty": "oct" }] }))), "symmetric key");
        assert_eq!(skipped(jws(json!({ "kty": "EC", "crv": "secp256k1" }))), "curve secp256k1");
        assert_eq!(skipped(jws(json!({ "keys": [{ "kty": "oct" }, { "kty": "EC", "crv": "P-256" }] }))), "1 cases");
        assert_eq!(skipped(jws(json!({ "kty": "RSA", "crv": "P-521" }))), "1 cases");
        let acceptable = |flag| {
            let mut test = test("flags", json!([flag]));
            test["result"] = json!("acceptable");
            json!({ "tests": [test] })
        };
        assert_eq!(skipped(acceptable("MissingNull")), "1 cases");
        assert_eq!(skipped(acceptable("Novel")), "acceptable, without a decision on Novel");
    }

    #[test]
    fn what_is_malformed_is_said_to_be() {
        let fault = |changes| format!("{:#}", read(group(changes)).unwrap_err());
        let case = |case: Value| json!({ "tests": [case] });
        assert_eq!(fault(json!({ "type": null })), "no text `type`");
        assert_eq!(fault(json!({ "tests": {} })), "no array `tests`");
        assert_eq!(fault(json!({ "sLen": "32" })), "no number `sLen`");
        assert_eq!(
            fault(json!({ "publicKey": { "modulus": "0g", "publicExponent": "03" } }))[..24],
            *"`0g` is not hexadecimal:"
        );
        assert_eq!(fault(case(json!({ "result": "valid" }))), "a case without a number `tcId`");
        assert!(fault(case(json!({ "tcId": 1, "result": "maybe" }))).contains("`maybe` is none of"));
        assert!(
            fault(case(json!({ "tcId": 1, "result": "valid", "msg": "0", "sig": "" }))).contains("not hexadecimal")
        );
    }
}
