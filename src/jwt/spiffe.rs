//! SPIFFE IDs (SPIFFE-ID section 2), the subjects of JWT-SVIDs.

/// The longest SPIFFE ID, in bytes (section 2.3).
const MAX_ID_BYTES: usize = 2048;

/// Returns whether a text is the name of a trust domain: small letters, digits, `.`, `-` and `_`, at most 255 (section 2.1).
pub fn is_trust_domain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    (1..=255).contains(&name.len()) && name.bytes().all(plain)
}

/// The trust domain of a workload's SPIFFE ID; `None` for another text, and for an ID without a path.
pub fn trust_domain(id: &str) -> Option<&str> {
    let (domain, path) = id.strip_prefix("spiffe://")?.split_once('/')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
    let is_id = id.len() <= MAX_ID_BYTES && is_trust_domain(domain) && path.split('/').all(is_segment);
    is_id.then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_a_trust_domain_and_a_path() {
        for (id, domain) in [
            ("spiffe://acme.example/ns/shop/sa/checkout", Some("acme.example")),
            ("spiffe://acme/Web_1.0", Some("acme")),
            ("spiffe://acme.example", None),
            ("spiffe://acme.example/", None),
            ("spiffe://acme.example/a/", None),
            ("spiffe://acme.example//a", None),
            ("spiffe://acme.example/a/../b", None),
            ("spiffe://acme.example/.", None),
            ("spiffe://acme.example/a b", None),
            ("spiffe://acme.example/%61", None),
            ("spiffe://acme.example/a?x", None),
            ("spiffe://acme.example/a#x", None),
            ("spiffe://acme.example:443/a", None),
            ("spiffe://user@acme.example/a", None),
            ("spiffe://Acme.example/a", None),
            ("spiffe:///a", None),
            ("SPIFFE://acme.example/a", None),
            ("https://acme.example/a", None),
            ("", None),
        ] {
            assert_eq!(trust_domain(id), domain, "{id}");
        }
        let long = |length: usize| format!("spiffe://acme/{}", "a".repeat(length - 14));
        assert!(trust_domain(&long(2048)).is_some() && trust_domain(&long(2049)).is_none());
        assert!(is_trust_domain(&"a".repeat(255)) && !is_trust_domain(&"a".repeat(256)) && !is_trust_domain(""));
    }
}
