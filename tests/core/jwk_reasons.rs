//! The reason for which a key is refused names the member that is wrong.

use countersign::Error;
use countersign::jose::Jwk;

const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[test]
fn a_refused_key_names_the_member() {
    let rsa = |members: &str| format!(r#"{{"kty":"RSA"{members}}}"#);
    let curve = |crv: &str, members: &str| format!(r#"{{"kty":"EC","crv":"{crv}"{members}}}"#);
    for (key, reason) in [
        (rsa(r#","e":"AQAB""#), "lacks `n`"),
        (rsa(r#","n":"AMs""#), "lacks `e`"),
        (rsa(r#","n":"A M","e":"AQAB""#), "`n` is not base64url"),
        (rsa(r#","n":"AMs","e":"A""#), "`e` is not base64url"),
        (curve("P-256", &format!(r#","y":"{X}""#)), "lacks `x`"),
        (curve("P-256", &format!(r#","x":"{X}""#)), "lacks `y`"),
        (curve("P-256", &format!(r#","x":"A","y":"{X}""#)), "`x` is not base64url"),
        (curve("P-256", &format!(r#","x":"{X}","y":"A""#)), "`y` is not base64url"),
        (curve("P-256", &format!(r#","x":"{X}","y":"{}""#, "AQEB".repeat(11))), "a coordinate has the wrong length"),
        (curve("secp256k1", ""), "`crv` is not a supported curve"),
        (r#"{"kty":"OKP","crv":"X25519"}"#.to_owned(), "`crv` is not a supported curve"),
        (r#"{"kty":"oct","k":"AQ"}"#.to_owned(), "has private or secret members"),
        (r#"{"kty":"oct"}"#.to_owned(), "`kty` is not a supported key type"),
    ] {
        assert_eq!(Jwk::parse(key.as_bytes()).unwrap_err(), Error::InvalidJwk(reason), "{key}");
    }
}
