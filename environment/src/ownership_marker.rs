//! The ownership marker: the comment that says that a variable is kept in step by this package, by which stack, and with which value.
//!
//! `Set by countersign, stack <name>: do not edit. [<fingerprint>]`, the last part only where there is a key for it. It
//! has at most 200 of the 500 characters that Vercel allows. A comment of any other form has another owner.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::secret::Secret;
use sha2::{Digest as _, Sha256};

use crate::names::is_plain;

const BEFORE: &str = "Set by countersign, stack ";
const AFTER: &str = ": do not edit.";

/// How much of the HMAC is kept: two values share a fingerprint with a chance of 2⁻¹²⁸.
const FINGERPRINT_BYTES: usize = 16;

/// The comment of a variable.
pub fn write(stack: &str, fingerprint: Option<&str>) -> String {
    match fingerprint {
        Some(fingerprint) => format!("{BEFORE}{stack}{AFTER} [{fingerprint}]"),
        None => format!("{BEFORE}{stack}{AFTER}"),
    }
}

/// The fingerprint in a comment of this stack: `None` if the comment is not of this stack.
pub fn read<'a>(stack: &str, comment: &'a str) -> Option<Option<&'a str>> {
    fingerprint_after(comment.strip_prefix(BEFORE)?.strip_prefix(stack)?)
}

/// Whether a comment is the marker of any stack.
pub fn is_marker(comment: &str) -> bool {
    let stack_and_rest =
        comment.strip_prefix(BEFORE).and_then(|rest| rest.split_once(AFTER).map(|(stack, _)| (stack, rest)));
    stack_and_rest.is_some_and(|(stack, rest)| {
        is_plain(stack) && rest.strip_prefix(stack).is_some_and(|rest| fingerprint_after(rest).is_some())
    })
}

/// The fingerprint in what follows the name of the stack.
fn fingerprint_after(rest: &str) -> Option<Option<&str>> {
    let rest = rest.strip_prefix(AFTER)?;
    if rest.is_empty() {
        return Some(None);
    }
    let fingerprint = rest.strip_prefix(" [")?.strip_suffix(']')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    fingerprint.bytes().all(plain).then_some(Some(fingerprint))
}

/// A value's fingerprint: HMAC-SHA-256 (RFC 2104) of stack, name and value, cut to 128 bits, in base64url.
///
/// With the key, values can be tried; without it, a fingerprint shows only whether a value has changed.
pub fn fingerprint(key: &Secret<String>, stack: &str, name: &str, value: &str) -> String {
    // Neither a stack nor a name can hold a NUL.
    let parts = ["countersign env 1", "\0", stack, "\0", name, "\0", value];
    let tag = hmac_sha256(key.expose().as_bytes(), &parts.map(str::as_bytes));
    URL_SAFE_NO_PAD.encode(&tag[..FINGERPRINT_BYTES])
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = parts.iter().fold(Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36)), Sha256::chain_update);
    Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c)).chain_update(inner.finalize()).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        assert_eq!(read("default", &write("default", Some("abc-_9"))), Some(Some("abc-_9")));
        assert_eq!(read("default", &write("default", None)), Some(None));
        assert!(write(&"s".repeat(100), Some(&fingerprint(&Secret::new("k".into()), "s", "A", "x"))).len() <= 200);
    }

    #[test]
    fn another_comment_is_not_the_marker_of_the_stack() {
        for comment in [
            "",
            "default",
            "Set by countersign, stack other: do not edit.",
            "Set by countersign, stack default2: do not edit.",
            "Set by countersign, stack default: do not edit. (but we did)",
            "Set by countersign, stack default: do not edit. [a b]",
            "Set by countersign, stack default: do not edit. [a] b",
            " Set by countersign, stack default: do not edit.",
            "set by countersign, stack default: do not edit.",
        ] {
            assert_eq!(read("default", comment), None, "{comment}");
        }
        assert_eq!(read("default", "Set by countersign, stack default.2: do not edit."), None);
    }

    #[test]
    fn a_marker_of_another_stack_is_told_from_a_comment_by_hand() {
        for stack in ["default", "default.2", "a"] {
            assert!(is_marker(&write(stack, None)) && is_marker(&write(stack, Some("abc-_9"))));
        }
        for comment in [
            "",
            "by hand",
            "Set by countersign, stack : do not edit.",
            "Set by countersign, stack a b: do not edit.",
            "Set by countersign, stack default: do not edit. (but we did)",
            "Set by countersign, stack default: do not edit. [a b]",
        ] {
            assert!(!is_marker(comment), "{comment}");
        }
    }

    #[test]
    fn the_fingerprint_depends_on_everything() {
        let key = |text: &str| Secret::new(text.to_owned());
        let one = fingerprint(&key("k"), "s", "A", "x");
        assert_eq!(one, fingerprint(&key("k"), "s", "A", "x"));
        assert_eq!(one.len(), 22);
        for other in [
            fingerprint(&key("l"), "s", "A", "x"),
            fingerprint(&key("k"), "t", "A", "x"),
            fingerprint(&key("k"), "s", "B", "x"),
            fingerprint(&key("k"), "s", "A", "y"),
        ] {
            assert_ne!(one, other);
        }
    }

    /// Test cases 1, 2 and 6 of RFC 4231.
    #[test]
    fn hmac_gives_what_the_rfc_prints() {
        let hex = |tag: [u8; 32]| tag.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, text, wanted) in cases {
            let (left, right) = text.split_at(5);
            assert_eq!(hex(hmac_sha256(key, &[left, right])), wanted);
        }
    }
}
