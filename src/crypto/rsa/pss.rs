//! EMSA-PSS verification with MGF1, the salt as long as the hash (RFC 8017 section 9.1.2; RFC 7518 section 3.5).

use super::MAX_BYTES;
use crate::crypto::hash::Hash;

/// Returns whether the recovered bytes encode the hash. `bits` is `emBits`: one less than the modulus has.
pub fn accepts(hash: Hash, digest: &[u8], recovered: &[u8], bits: usize) -> bool {
    let h_len = hash.len();
    let salt_len = h_len;

    // The encoding is one byte shorter than the modulus if that has 8k + 1 bits; the byte too many must be zero.
    let em_len = bits.div_ceil(8);
    let (excess, em) = recovered.split_at(recovered.len() - em_len);
    if excess.iter().any(|byte| *byte != 0) {
        return false;
    }

    // Steps 3 to 5: maskedDB || H || bc.
    let Some(db_len) = em_len.checked_sub(h_len + 1) else {
        return false;
    };
    let Some(zeros) = db_len.checked_sub(salt_len + 1) else {
        return false;
    };
    let (masked_db, rest) = em.split_at(db_len);
    let (h, trailer) = rest.split_at(h_len);
    if trailer != [0xbc] {
        return false;
    }

    // Step 6: the bits of the first byte that are beyond emBits.
    let inside = 0xff >> (8 * em_len - bits);
    if masked_db[0] & !inside != 0 {
        return false;
    }

    // Steps 7 to 9.
    let mut db = [0; MAX_BYTES];
    let db = &mut db[..db_len];
    db.copy_from_slice(masked_db);
    mgf1_xor(hash, h, db);
    db[0] &= inside;

    // Step 10: zeros, a one, the salt. The salt's length is not read from where the one stands: it is demanded.
    let (padding, salt) = db.split_at(zeros + 1);
    let (one, padding) = (padding[zeros], &padding[..zeros]);
    if one != 1 || padding.iter().any(|byte| *byte != 0) {
        return false;
    }

    // Steps 12 to 14.
    hash.of(&[&[0; 8], digest, salt])[..] == *h
}

/// Adds the mask of MGF1 (appendix B.2.1) to the bytes.
fn mgf1_xor(hash: Hash, seed: &[u8], bytes: &mut [u8]) {
    for (counter, block) in (0u32..).zip(bytes.chunks_mut(hash.len())) {
        let mask = hash.of(&[seed, &counter.to_be_bytes()]);
        for (byte, mask) in block.iter_mut().zip(mask.iter()) {
            *byte ^= mask;
        }
    }
}
