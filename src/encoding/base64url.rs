//! base64url without padding, canonical (RFC 4648 section 5, RFC 7515 section 2).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// In [`SEXTETS`]: not a character of the alphabet.
const FOREIGN: u8 = 0x80;

/// The six bits of each character.
static SEXTETS: [u8; 256] = {
    let mut sextets = [FOREIGN; 256];
    let mut sextet = 0;
    while sextet < 64 {
        sextets[ALPHABET[sextet] as usize] = sextet as u8;
        sextet += 1;
    }
    sextets
};

/// Not canonical base64url: a foreign character, padding, white space, an impossible length or non-zero trailing bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64Url;

/// Appends the decoded bytes to `out`; on failure `out` is as it was.
pub fn decode_into(text: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let start = out.len();
    let done = blocks(text, out);
    append(&text[done..], out).ok_or_else(|| {
        out.truncate(start);
        NotBase64Url
    })
}

/// Decodes what comes in blocks of sixteen characters of the alphabet; returns how many characters that was.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn blocks(text: &[u8], out: &mut Vec<u8>) -> usize {
    let (start, blocks) = (out.len(), text.as_chunks().0);
    // Room, filled with whatever is copied fastest.
    out.extend_from_slice(&text[..blocks.len() * 12]);
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

/// `None` where the text is not canonical; then a part of it may have been appended.
fn append(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    for quantum in text.chunks(4) {
        let (mut bits, mut foreign) = (0, 0);
        for character in quantum {
            let sextet = SEXTETS[usize::from(*character)];
            foreign |= sextet & FOREIGN;
            bits = bits << 6 | u32::from(sextet);
        }
        // Two characters make a byte, three make two; what is left over must be zero, and one alone is nothing.
        let left = 4 - quantum.len();
        bits <<= 6 * left;
        if foreign != 0 || left == 3 || bits & ((1 << (8 * left)) - 1) != 0 {
            return None;
        }
        out.extend_from_slice(&bits.to_be_bytes()[1..4 - left]);
    }
    Some(())
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::*;

    use crate::encoding::bytes::{load, store};

    /// What is added to a character to make it a sextet, by its high nibble.
    const SEXTETS: v128 = i8x16(0, 0, 62 - 45, 52 - 48, -65, -65, 26 - 97, 26 - 97, 0, 0, 0, 0, 0, 0, 0, 0);
    /// What `_` lacks of its sextet then, being apart from the capital letters.
    const UNDERSCORE: u8 = 63 - (95 - 65);

    /// A bit for each kind of high nibble: of `-`, digits, the first letters, the last capital letters with `_`, the last
    /// small letters, and of no character.
    const KINDS: v128 = u8x16(32, 32, 1, 2, 4, 8, 4, 16, 32, 32, 32, 32, 32, 32, 32, 32);
    /// The kinds with which a low nibble makes a foreign character.
    const FOREIGN: v128 = u8x16(
        0b10_0101, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001, 0b10_0001,
        0b10_0011, 0b11_1011, 0b11_1011, 0b11_1010, 0b11_1011, 0b11_0011,
    );

    /// Twelve bytes of sixteen characters; `None` where one of them is foreign.
    #[inline(always)]
    pub fn decode(text: &[u8; 16]) -> Option<[u8; 12]> {
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
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    decode_into(text, &mut out).map(|()| out)
}

/// The canonical text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for quantum in bytes.chunks(3) {
        let bits = quantum.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - quantum.len()));
        let sextet = |place: usize| char::from(ALPHABET[(bits >> (18 - 6 * place) & 63) as usize]);
        text.extend((0..=quantum.len()).map(sextet));
    }
    text
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn decodes_what_it_encodes() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"\xff\xfe\xfd\xfc"] {
            assert_eq!(decode(encode(bytes).as_bytes()).as_deref(), Ok(bytes));
        }
    }

    /// Every text of four characters that are special in some way, against another implementation.
    #[test]
    fn agrees_with_the_base64_crate() {
        let characters = b"Aa09-_+/=. \n\x00\x7f\x80\xffZz@`[{:,";
        let pick = |number: usize| characters[number % characters.len()];
        for number in 0..characters.len().pow(4) {
            let text = [pick(number), pick(number / 24), pick(number / 576), pick(number / 13824)];
            for text in [&text[..], &text[..3], &text[..2], &text[..1]] {
                assert_eq!(decode(text).ok(), URL_SAFE_NO_PAD.decode(text).ok(), "{text:?}");
            }
        }
        for length in 0..100u8 {
            let bytes: Vec<_> = (0..length).map(|i| i.wrapping_mul(151).wrapping_add(length)).collect();
            assert_eq!(encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes));
            assert_eq!(decode(encode(&bytes).as_bytes()), Ok(bytes));
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
