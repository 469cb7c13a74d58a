//! base64url without padding, canonical (RFC 4648 section 5, RFC 7515 section 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Not canonical base64url: a foreign character, padding, white space, an impossible length or non-zero trailing bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64Url;

/// Appends the decoded bytes to `out`; on failure `out` is as it was.
pub fn decode_into(text: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let start = out.len();
    let done = blocks(text, out);
    // The engine is strict: it refuses padding and non-zero trailing bits.
    URL_SAFE_NO_PAD.decode_vec(&text[done..], out).map_err(|_| {
        out.truncate(start);
        NotBase64Url
    })
}

/// Decodes what comes in blocks of sixteen characters of the alphabet; returns how many characters that was.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn blocks(text: &[u8], out: &mut Vec<u8>) -> usize {
    let (start, blocks) = (out.len(), text.as_chunks().0);
    out.resize(start + blocks.len() * 12, 0);
    let mut done = 0;
    for (block, room) in blocks.iter().zip(out[start..].as_chunks_mut().0) {
        let Some(decoded) = simd128::decode(block) else { break };
        *room = decoded;
        done += 1;
    }
    out.truncate(start + done * 12);
    done * 16
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn blocks(_text: &[u8], _out: &mut Vec<u8>) -> usize {
    0
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::*;

    use crate::encoding::octets::{load, store};

    /// Twelve octets of sixteen characters; `None` where one of them is foreign.
    #[inline(always)]
    pub fn decode(text: &[u8; 16]) -> Option<[u8; 12]> {
        let text = load(text);
        // The characters from `first` on, as sextets from `sextet` on, and where they are.
        let range = |first: u8, sextet: u8, len: u8| {
            let sextets = u8x16_add(text, u8x16_splat(sextet.wrapping_sub(first)));
            let inside = u8x16_lt(u8x16_sub(text, u8x16_splat(first)), u8x16_splat(len));
            (v128_and(sextets, inside), inside)
        };
        let both = |(a, in_a): (v128, v128), (b, in_b): (v128, v128)| (v128_or(a, b), v128_or(in_a, in_b));
        let letters = both(range(b'A', 0, 26), range(b'a', 26, 26));
        let (sextets, inside) = both(both(letters, range(b'0', 52, 10)), both(range(b'-', 62, 1), range(b'_', 63, 1)));
        if !u8x16_all_true(inside) {
            return None;
        }
        // Of each four sextets, the first has the highest bits.
        let place =
            |mask: i32, shifted: fn(v128, u32) -> v128, by: u32| shifted(v128_and(sextets, i32x4_splat(mask)), by);
        let bits = v128_or(
            v128_or(place(0x3f, i32x4_shl, 18), place(0x3f00, i32x4_shl, 4)),
            v128_or(place(0x3f_0000, u32x4_shr, 10), u32x4_shr(sextets, 24)),
        );
        let octets = i8x16_shuffle::<2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 7, 11, 15>(bits, bits);
        store(octets).first_chunk().copied()
    }
}

/// The decoded bytes.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, NotBase64Url> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    decode_into(text, &mut out).map(|()| out)
}

/// The canonical text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_it_encodes() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"\xff\xfe\xfd\xfc"] {
            assert_eq!(decode(encode(bytes).as_bytes()).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn refuses_all_but_the_canonical_form() {
        for text in ["Zg==", "Zh", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm+v", "Zm/v", "Z", "Zm9vY", "Zm9\u{e9}"] {
            let mut out = b"kept".to_vec();
            assert_eq!(decode_into(text.as_bytes(), &mut out), Err(NotBase64Url), "{text:?}");
            assert_eq!(out, b"kept");
        }
    }
}
