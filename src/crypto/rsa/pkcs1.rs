//! EMSA-PKCS1-v1_5 (RFC 8017 section 9.2).

use crate::crypto::hash::Hash;

/// Returns whether the recovered bytes encode the hash.
///
/// The one right encoding is built and compared as a whole. Nothing is parsed, so there is nothing to be lenient
/// about: that is the error behind CVE-2006-4339 and its descendants. The `NULL` in the algorithm identifier must be
/// there (appendix A.2.4).
pub fn accepts(hash: Hash, digest: &[u8], recovered: &[u8]) -> bool {
    let info = digest_info(hash);
    // 00 01 FF … FF 00 DigestInfo. The shortest modulus leaves room for more than the eight FF that are due.
    let Some(padding) = recovered.len().checked_sub(3 + info.len() + digest.len()) else {
        return false;
    };
    let Some(rest) = recovered.strip_prefix(&[0, 1]) else {
        return false;
    };
    let (ff, rest) = rest.split_at(padding);
    padding >= 8
        && ff.iter().all(|byte| *byte == 0xff)
        && rest[0] == 0
        && rest[1..1 + info.len()] == *info
        && rest[1 + info.len()..] == *digest
}

/// The DER of `DigestInfo` up to the hash value (section 9.2 note 1).
fn digest_info(hash: Hash) -> &'static [u8; 19] {
    match hash {
        Hash::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        Hash::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        Hash::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
    }
}
