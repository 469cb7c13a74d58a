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
    let mut done = 0;
    for block in text.as_chunks().0 {
        let Some(decoded) = simd128::decode(block) else { break };
        out.extend_from_slice(&decoded);
        done += block.len();
    }
    done
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
        // Two characters make an octet, three make two; what is left over must be zero, and one alone is nothing.
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

    /// Twelve octets of sixteen characters; `None` where one of them is foreign.
    #[inline(always)]
    pub fn decode(text: &[u8; 16]) -> Option<[u8; 12]> {
        // SAFETY: a reference to as many octets as are read; wasm needs no alignment.
        let text = unsafe { v128_load(text.as_ptr().cast()) };
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
        let mut out = [0; 16];
        // SAFETY: as above, written.
        unsafe { v128_store(out.as_mut_ptr().cast(), octets) };
        out.first_chunk().copied()
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
        let bits = quantum.iter().fold(0, |bits, octet| bits << 8 | u32::from(*octet)) << (8 * (3 - quantum.len()));
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
