//! base64url without padding, canonical (RFC 4648 section 5, RFC 7515 section 2).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Not canonical base64url: a foreign character, padding, white space, an impossible length or non-zero trailing bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64Url;

/// Appends the decoded bytes to `out`; on failure `out` is as it was. For tokens; everything else goes through [`decode`].
pub fn decode_into(text: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let start = out.len();
    append(text, out).ok_or_else(|| {
        out.truncate(start);
        NotBase64Url
    })
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use simd128::append;

/// `None` where the text is not canonical; then a part of it may have been appended.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
fn append(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    BASE64_URL_SAFE_NO_PAD.decode_vec(text, out).ok()
}

/// In vectors of sixteen characters: docs/decisions/base64.md has the measurement.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::*;

    use crate::encoding::bytes::{load, store};

    /// The number that makes a character a sextet, by its high nibble.
    const SEXTETS: v128 = i8x16(0, 0, 62 - 45, 52 - 48, -65, -65, 26 - 97, 26 - 97, 0, 0, 0, 0, 0, 0, 0, 0);
    /// The rest that `_` lacks of its sextet then, being apart from the capital letters.
    const UNDERSCORE: u8 = 63 - (95 - 65);

    /// A bit for each kind of high nibble: of `-`, digits, the first letters, the last capital letters with `_`, the last
    /// small letters, and of no character.
    const KINDS: v128 = u8x16(32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32);
    /// The kinds with which a low nibble makes a foreign character.
    const FOREIGN: v128 = u8x16(
        0b10_0101, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001,
        0b10_0011, 0b11_1011, 0b11_1011, 0b11_1010, 0b11_1011, 0b11_0011,
    );

    /// The function of this name above, with vectors.
    pub fn append(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let (start, (blocks, tail)) = (out.len(), text.as_chunks::<16>());
        // Room, filled with whatever is copied fastest.
        out.extend_from_slice(&text[..blocks.len() * 12]);
        for (block, room) in blocks.iter().zip(out[start..].as_chunks_mut().0) {
            *room = decode(block)?;
        }
        // `A` is six zero bits. What a canonical tail leaves over is zero too.
        let mut block = [b'A'; 16];
        block[..tail.len()].copy_from_slice(tail);
        let decoded = decode(&block)?;
        let (bytes, rest) = decoded.split_at(tail.len() * 6 / 8);
        out.extend_from_slice(bytes);
        (tail.len() % 4 != 1 && rest.iter().all(|byte| *byte == 0)).then_some(())
    }

    /// Twelve bytes of sixteen characters; `None` where one of them is foreign.
    #[inline(always)]
    fn decode(text: &[u8; 16]) -> Option<[u8; 12]> {
        let text = load(text);
        let (high, low) = (u8x16_shr(text, 4), v128_and(text, u8x16_splat(15)));
        if v128_any_true(v128_and(u8x16_swizzle(KINDS, high), u8x16_swizzle(FOREIGN, low))) {
            return None;
        }
        let underscore = v128_and(u8x16_eq(text, u8x16_splat(b'_')), u8x16_splat(UNDERSCORE));
        let sextets = u8x16_add(u8x16_add(text, u8x16_swizzle(SEXTETS, high)), underscore);
        // Of each four sextets, the first has the highest bits: two become twelve bits, and those twice 24.
        let pairs = v128_or(u16x8_shl(v128_and(sextets, u16x8_splat(0xff)), 6), u16x8_shr(sextets, 8));
        let bits = i32x4_dot_i16x8(pairs, i16x8(4096, 1, 4096, 1, 4096, 1, 4096, 1));
        let bytes = i8x16_shuffle::<2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 7, 11, 15>(bits, bits);
        store(bytes).first_chunk().copied()
    }
}

/// The decoded bytes.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, NotBase64Url> {
    let mut out = vec![0; base64::decoded_len_estimate(text.len())];
    let length = BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut out).map_err(|_| NotBase64Url)?;
    out.truncate(length);
    Ok(out)
}

/// The canonical text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
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
    fn appends_what_it_decodes() {
        for length in 0..100u8 {
            let bytes: Vec<_> = (0..length).map(|i| i.wrapping_mul(151).wrapping_add(length)).collect();
            let mut out = b"kept".to_vec();
            assert_eq!(decode_into(encode(&bytes).as_bytes(), &mut out), Ok(()));
            assert_eq!(out, [b"kept", &bytes[..]].concat());
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
