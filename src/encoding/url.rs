//! Which URLs are fetched at all.

/// Returns whether `url` is an absolute URL that may be asked for keys.
///
/// `https:`, or `http:` on this machine, since a test issuer has no certificate. No user information and no fragment:
/// neither belongs to a server's address, and both serve to disguise one. A query only where the caller allows it.
pub fn is_fetchable(url: &str, query: bool) -> bool {
    is_fetchable_from(url, query, &[])
}

/// As [`is_fetchable`], and by `http:` from these hosts too. They are compared exactly; the port does not matter.
pub fn is_fetchable_from(url: &str, query: bool, http_hosts: &[String]) -> bool {
    let (rest, loopback_only) = match url.strip_prefix("https://") {
        Some(rest) => (rest, false),
        None => match url.strip_prefix("http://") {
            Some(rest) => (rest, true),
            None => return false,
        },
    };
    let plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>^`{|}#".contains(&byte));
    if !plain || (!query && rest.contains('?')) {
        return false;
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':').unwrap_or("none"))),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let bracketed = authority.starts_with('[');
    let host_is_plain = !host.is_empty()
        && host.bytes().all(|byte| match byte {
            b':' => bracketed,
            _ => byte.is_ascii_alphanumeric() || (!bracketed && b"-.".contains(&byte)),
        });
    let port_is_plain = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0));
    host_is_plain
        && port_is_plain
        && (!loopback_only || is_loopback(host) || (!bracketed && http_hosts.iter().any(|allowed| allowed == host)))
}

/// Returns whether a text is the exact name of a host: letters, digits, `-` and `.`.
pub fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

/// Returns whether `url` is on this machine and not secured by TLS.
pub fn is_loopback_http(url: &str) -> bool {
    url.starts_with("http://") && is_fetchable(url, true)
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fetches_https_and_loopback_http() {
        for url in [
            "https://oidc.vercel.com",
            "https://oidc.vercel.com/acme",
            "https://login.microsoftonline.com/tenant/v2.0",
            "https://a-b.example:8443/x",
            "http://127.0.0.1:3000/acme",
            "http://localhost:1",
            "http://[::1]:8080/x",
        ] {
            assert!(is_fetchable(url, false), "{url}");
        }
        assert!(is_fetchable("https://x.example/jwks?p=policy", true));
        assert!(is_loopback_http("http://127.0.0.1:9/jwks") && !is_loopback_http("https://127.0.0.1:9/jwks"));
    }

    #[test]
    fn http_only_from_hosts_that_are_named() {
        let hosts = ["keycloak".to_owned(), "sso.internal".to_owned()];
        for url in ["http://keycloak:8080/realms/acme", "http://keycloak", "http://sso.internal/x", "https://other"] {
            assert!(is_fetchable_from(url, false, &hosts), "{url}");
        }
        for url in [
            "http://other/x",
            "http://keycloak.evil.example/",
            "http://evil.example/keycloak",
            "http://keycloak@evil.example/",
            "http://evil.example#keycloak",
            "http://user@keycloak/",
            "http://Keycloak/",
            "http://keycloak./",
            "http://akeycloak/",
            "http://internal/",
            "http://[keycloak]/",
            "ftp://keycloak/",
        ] {
            assert!(!is_fetchable_from(url, false, &hosts), "{url}");
        }
        assert!(!is_fetchable("http://keycloak/", false));
        assert!(is_host("keycloak") && !["", "*", "a:1", "a/b", "http://a", "[::1]", "*.a"].into_iter().any(is_host));
    }

    #[test]
    fn fetches_nothing_else() {
        for url in [
            "",
            "https://",
            "https:///x",
            "http://oidc.vercel.com",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.2/",
            "http://localhost.evil.example",
            "ftp://x.example",
            "file:///etc/passwd",
            "HTTPS://x.example",
            "//x.example",
            "https://user@x.example",
            "https://user:pw@x.example",
            "https://x.example#f",
            "https://x.example?q",
            "https://x.example/a b",
            "https://x.example\\@evil.example",
            "https://x.exämple",
            "https://x.example:0",
            "https://x.example:99999",
            "https://x.example:",
            "https://[::1",
            "https://[::1]x",
            "https://x_y.example",
            "javascript:alert(1)",
            "https://x.example/\n",
        ] {
            assert!(!is_fetchable(url, false), "{url:?}");
        }
    }
}
