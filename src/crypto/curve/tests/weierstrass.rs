//! P-256, P-384 and P-521 against the crates of RustCrypto: the constants, sums of multiples, and signatures.

use std::marker::PhantomData;

use num_bigint::BigInt;
use proptest::prelude::*;

use super::super::comb::{self, Group};
use super::super::field::Field;
use super::super::weierstrass::{Affine, Curve, Jacobian, Key, Table};
use super::{
    N256, N384, N521, P256, P384, P521, big, bytes, cases, corners, inverse, modulo, number, power_of_two, to_limbs,
    value,
};

/// The parameters of a curve in the crates.
trait Oracle<const N: usize> {
    type Ours: Curve<N>;

    /// The prime and the order, in hexadecimal digits, and the length in bytes.
    const PRIME: &'static str;
    const ORDER: &'static str;
    const BYTES: usize;

    /// `a · G + b · (k · G)`; `None` at infinity.
    fn sum(a: &BigInt, b: &BigInt, k: &BigInt) -> Option<[BigInt; 2]>;

    /// The verdict on a signature for a hash value, by the key with these coordinates.
    fn accepts(key: &[BigInt; 2], hash: &[u8], signature: &[u8]) -> bool;

    /// A signature for a message by the private key, and the hash value.
    fn sign(key: &BigInt, hash: &[u8]) -> Vec<u8>;

    /// Returns whether these coordinates, of full length, are a key.
    fn is_key(x: &[u8], y: &[u8]) -> bool;
}

macro_rules! oracle {
    ($name:ident, $crate_:ident, $ours:ident, $limbs:literal, $prime:ident, $order:ident, $bytes:literal) => {
        struct $name;

        impl Oracle<$limbs> for $name {
            type Ours = super::super::weierstrass::$ours;

            const PRIME: &'static str = $prime;
            const ORDER: &'static str = $order;
            const BYTES: usize = $bytes;

            fn sum(a: &BigInt, b: &BigInt, k: &BigInt) -> Option<[BigInt; 2]> {
                use $crate_::elliptic_curve::ops::Reduce;
                use $crate_::elliptic_curve::sec1::ToSec1Point;

                let [a, b, k] = [a, b, k].map(|number| {
                    let bytes: [u8; $bytes] = bytes(&modulo(number, &big($order)), $bytes).try_into().unwrap();
                    <$crate_::Scalar as Reduce<$crate_::FieldBytes>>::reduce(&bytes.into())
                });
                let g = $crate_::ProjectivePoint::GENERATOR;
                let point = (g * a + (g * k) * b).to_affine().to_sec1_point(false);
                let number = |bytes: &[u8]| BigInt::from_bytes_be(num_bigint::Sign::Plus, bytes);
                Some([number(point.x()?), number(point.y()?)])
            }

            fn accepts(key: &[BigInt; 2], hash: &[u8], signature: &[u8]) -> bool {
                use $crate_::ecdsa::signature::hazmat::PrehashVerifier;

                let point = [&[4], &bytes(&key[0], $bytes)[..], &bytes(&key[1], $bytes)].concat();
                let key = $crate_::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
                $crate_::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_prehash(hash, &signature).is_ok())
            }

            fn sign(key: &BigInt, hash: &[u8]) -> Vec<u8> {
                use $crate_::ecdsa::signature::hazmat::PrehashSigner;

                let key = $crate_::ecdsa::SigningKey::from_slice(&bytes(key, $bytes)).unwrap();
                let signature: $crate_::ecdsa::Signature = key.sign_prehash(hash).unwrap();
                signature.to_bytes().to_vec()
            }

            fn is_key(x: &[u8], y: &[u8]) -> bool {
                $crate_::PublicKey::from_sec1_bytes(&[&[4], x, y].concat()).is_ok()
            }
        }
    };
}

oracle!(Nist256, p256, P256, 10, P256, N256, 32);
oracle!(Nist384, p384, P384, 14, P384, N384, 48);
oracle!(Nist521, p521, P521, 19, P521, N521, 66);

type OurField<O, const N: usize> = <<O as Oracle<N>>::Ours as Curve<N>>::Field;

fn point<O: Oracle<N>, const N: usize>([x, y]: &[BigInt; 2]) -> Jacobian<N> {
    let [x, y] = [x, y].map(|coordinate| OurField::<O, N>::enter(&to_limbs(coordinate)));
    Jacobian { x, y, z: OurField::<O, N>::ONE }
}

fn coordinates<O: Oracle<N>, const N: usize>(Jacobian { x, y, z }: &Jacobian<N>) -> Option<[BigInt; 2]> {
    let p = big(O::PRIME);
    let [x, y, z] = [x, y, z].map(|coordinate| value(&OurField::<O, N>::leave(coordinate)));
    (z != BigInt::ZERO).then(|| [x * inverse(&z.pow(2), &p) % &p, y * inverse(&z.pow(3), &p) % &p])
}

fn key<O: Oracle<N>, const N: usize>([x, y]: &[BigInt; 2]) -> Key<O::Ours, N> {
    Key::new(&bytes(x, O::BYTES), &bytes(y, O::BYTES)).unwrap()
}

/// The parameters follow from what the crates compute: p from a point and its opposite, b from the curve's equation.
fn parameters<O: Oracle<N>, const N: usize>() {
    let (zero, one) = (BigInt::ZERO, BigInt::from(1));
    let (p, n) = (big(O::PRIME), big(O::ORDER));
    let generator @ [x, y] = &O::sum(&one, &zero, &zero).unwrap();
    let [_, other_y] = O::sum(&(&n - 1), &zero, &zero).unwrap();
    assert_eq!(y + other_y, p, "the order and the prime");
    assert_eq!(value(&OurField::<O, N>::MODULUS.m), p);
    assert_eq!(value(&O::Ours::ORDER.m), n);
    assert!(p > n && p < &n * 2, "the abscissa is r, or r + n");
    assert_eq!(coordinates::<O, N>(&point::<O, N>(generator)).as_ref(), Some(generator));
    let [our_x, our_y]: Affine<N> = O::Ours::GENERATOR;
    assert_eq!([our_x, our_y].map(|c| value(&OurField::<O, N>::leave(&c))), *generator);
    let b = modulo(&(y.pow(2) - x.pow(3) + x * 3), &p);
    assert_eq!(value(&OurField::<O, N>::leave(&O::Ours::B)), b);
    assert_eq!(<O::Ours as Curve<N>>::BITS as u64, p.bits());
    assert_eq!(<O::Ours as Curve<N>>::BYTES, O::BYTES);
}

#[test]
fn parameters_of_the_curves() {
    parameters::<Nist256, 10>();
    parameters::<Nist384, 14>();
    parameters::<Nist521, 19>();
}

/// The special cases of an addition: infinity, the same point, the opposite one; with z other than one, too.
fn special_sums<O: Oracle<N>, const N: usize>() {
    let zero = BigInt::ZERO;
    let infinity = <O::Ours as Group<N>>::NEUTRAL;
    assert_eq!(coordinates::<O, N>(&<O::Ours as Group<N>>::double(&infinity)), None);
    let addend = |k: &BigInt| {
        let Jacobian { x, y, .. } = point::<O, N>(&O::sum(k, &zero, &zero).unwrap());
        [x, y]
    };
    let double = |point: &Jacobian<N>| <O::Ours as Group<N>>::double(point);
    let plus = |point: &Jacobian<N>, k: i32| <O::Ours as Group<N>>::plus(point, &addend(&k.into()));
    let expect = |point: &Jacobian<N>, k: i32| {
        assert_eq!(coordinates::<O, N>(point), O::sum(&k.into(), &zero, &zero), "{k} G");
    };
    let one = plus(&infinity, 1);
    expect(&one, 1);
    // The doubled point has another z.
    for (two, name) in
        [(double(&one), "doubled"), (plus(&one, 1), "added to itself"), (plus(&plus(&infinity, -1), 3), "-1 + 3")]
    {
        println!("{name}");
        expect(&two, 2);
        expect(&plus(&two, 2), 4);
        expect(&plus(&two, -1), 1);
        expect(&plus(&two, -5), -3);
        let none = plus(&two, -2);
        expect(&none, 0);
        expect(&double(&none), 0);
        expect(&plus(&double(&double(&none)), 7), 7);
    }
}

#[test]
fn special_cases_of_an_addition() {
    special_sums::<Nist256, 10>();
    special_sums::<Nist384, 14>();
    special_sums::<Nist521, 19>();
}

/// Sums of multiples of the generator and of `k` times it.
struct Sums<O: Oracle<N>, const N: usize> {
    k: BigInt,
    tables: [Table<N>; 2],
    oracle: PhantomData<O>,
}

impl<O: Oracle<N>, const N: usize> Sums<O, N> {
    fn new(k: &BigInt) -> Self {
        let table = |k| comb::table::<O::Ours, N>(point::<O, N>(&O::sum(k, &BigInt::ZERO, &BigInt::ZERO).unwrap()));
        Self { k: k.clone(), tables: [table(&1.into()), table(k)], oracle: PhantomData }
    }

    fn check(&self, a: &BigInt, b: &BigInt) {
        let Self { k, tables: [generator, key], .. } = self;
        let sum = comb::sum::<O::Ours, N>([(&to_limbs(a), generator), (&to_limbs(b), key)]);
        assert_eq!(coordinates::<O, N>(&sum), O::sum(a, b, k), "{a:x} G + {b:x} · {k:x} G");
    }
}

/// Scalars that are zero, few bits, all teeth of a comb at once, or nearly the order, with keys that are near the
/// generator or at one of its teeth: so sums meet themselves, their opposite and infinity on the way and in the end.
fn sums<O: Oracle<N>, const N: usize>() {
    let n = big(O::ORDER);
    let columns = <O::Ours as Curve<N>>::BITS.div_ceil(6);
    let teeth = (0..6).fold(BigInt::ZERO, |sum, tooth| sum + power_of_two(tooth * columns)) % &n;
    let mut scalars: Vec<BigInt> = [0, 1, 2, 3].map(BigInt::from).to_vec();
    scalars.extend([power_of_two(columns), power_of_two(5 * columns), teeth, &n / 2]);
    scalars.extend(scalars.clone().iter().skip(1).map(|scalar| &n - scalar));
    let mut keys = scalars.clone();
    keys.retain(|key| *key != BigInt::ZERO);
    let mut infinite = 0;
    for (i, k) in keys.iter().enumerate() {
        let multiples = Sums::<O, N>::new(k);
        for (a, b) in scalars.iter().flat_map(|a| scalars.iter().map(move |b| (a, b))) {
            let sum = modulo(&(a + b * k), &n);
            // All that come to infinity, and a part of the others.
            if sum == BigInt::ZERO || (i + a.bit(0) as usize + b.bits() as usize).is_multiple_of(4) {
                infinite += usize::from(sum == BigInt::ZERO);
                multiples.check(a, b);
            }
        }
    }
    assert!(infinite > 30, "{infinite}");
}

#[test]
fn sums_on_p256() {
    sums::<Nist256, 10>();
}

#[test]
fn sums_on_p384() {
    sums::<Nist384, 14>();
}

#[test]
fn sums_on_p521() {
    sums::<Nist521, 19>();
}

/// A signature for a hash value of the forger's choice: of `R = u1·G + u2·Q`, r is the abscissa, and s and the hash
/// value follow. Returns r || s and the hash value.
fn forge(order: &str, len: usize, x: &BigInt, u1: &BigInt, u2: &BigInt) -> (Vec<u8>, Vec<u8>) {
    let n = big(order);
    let r = x % &n;
    let s = &r * inverse(u2, &n) % &n;
    ([bytes(&r, len), bytes(&s, len)].concat(), bytes(&(u1 * &s % &n), len))
}

fn forgeries<O: Oracle<N>, const N: usize>() {
    let n = big(O::ORDER);
    let columns = <O::Ours as Curve<N>>::BITS.div_ceil(6);
    let mut scalars: Vec<BigInt> = [1, 2].map(BigInt::from).to_vec();
    scalars.extend([power_of_two(5 * columns), power_of_two(7 * O::BYTES) / 3]);
    scalars.extend(scalars.clone().iter().map(|scalar| &n - scalar));
    let (mut accepted, mut infinite) = (0, 0);
    for d in &scalars {
        let public = O::sum(&BigInt::ZERO, &1.into(), d).unwrap();
        let key = key::<O, N>(&public);
        for u1 in scalars.iter().chain([&BigInt::ZERO]) {
            for u2 in &scalars {
                let sum = O::sum(u1, u2, d);
                infinite += usize::from(sum.is_none());
                // At infinity there is no abscissa; one is as good as any.
                let x = sum.as_ref().map_or(BigInt::from(1), |[x, _]| x.clone());
                let (signature, mut hash) = forge(O::ORDER, O::BYTES, &x, u1, u2);
                let expected = O::accepts(&public, &hash, &signature);
                assert_eq!(key.accepts(&hash, &signature), expected, "d {d:x} u1 {u1:x} u2 {u2:x}");
                assert_eq!(expected, sum.is_some());
                accepted += usize::from(expected);
                hash[O::BYTES - 1] ^= 1;
                assert!(!key.accepts(&hash, &signature), "another hash value: d {d:x} u1 {u1:x} u2 {u2:x}");
            }
        }
    }
    assert!(accepted > 500 && infinite > 20, "{accepted} accepted, {infinite} at infinity");
}

#[test]
fn forged_signatures_on_p256() {
    forgeries::<Nist256, 10>();
}

#[test]
fn forged_signatures_on_p384() {
    forgeries::<Nist384, 14>();
}

#[test]
fn forged_signatures_on_p521() {
    forgeries::<Nist521, 19>();
}

/// Points with an abscissa of at least n, which random ones never have: r is less by n. And the first ones below n,
/// which have a second candidate that is beyond p.
fn second_candidates<O: Oracle<N>, const N: usize>() {
    let (p, n) = (big(O::PRIME), big(O::ORDER));
    let b = value(&OurField::<O, N>::leave(&O::Ours::B));
    let mut found = [0, 0];
    for offset in -40..40 {
        let x: BigInt = &n + offset;
        let square = modulo(&(x.pow(3) - &x * 3 + &b), &p);
        let y = square.modpow(&((&p + 1) / 4), &p);
        // Q = R, with u1 = 0 and u2 = 1, is the only such key whose discrete logarithm nobody needs.
        if y.pow(2) % &p != square || offset == 0 {
            continue;
        }
        let (public, zero) = ([x.clone(), y], BigInt::ZERO);
        let key = key::<O, N>(&public);
        let (signature, hash) = forge(O::ORDER, O::BYTES, &x, &zero, &1.into());
        assert!(key.accepts(&hash, &signature) && O::accepts(&public, &hash, &signature), "{offset}");
        // An r that is x itself is out of range where x is at least n; and r = x - n for another x is wrong.
        let r = modulo(&(&x + 1), &n);
        let wrong = [bytes(&r, O::BYTES), bytes(&r, O::BYTES)].concat();
        assert!(!key.accepts(&hash, &wrong) && !O::accepts(&public, &hash, &wrong), "{offset}");
        if offset > 0 {
            let large = [bytes(&x, O::BYTES), signature[O::BYTES..].to_vec()].concat();
            assert!(!key.accepts(&hash, &large) && !O::accepts(&public, &hash, &large), "{offset}");
        }
        found[usize::from(offset > 0)] += 1;
    }
    assert!(found.iter().all(|found| *found > 10), "{found:?}");
    // The abscissa x = r + n is p or more: it must not be reduced to a small one that fits.
    let small = (1u32..).map(BigInt::from).find_map(|x| {
        let square = modulo(&(x.pow(3) - &x * 3 + &b), &p);
        let y = square.modpow(&((&p + 1) / 4), &p);
        (y.pow(2) % &p == square).then_some([x, y])
    });
    let public = small.unwrap();
    let r = &p - &n + &public[0];
    let signature = [bytes(&r, O::BYTES), bytes(&r, O::BYTES)].concat();
    let hash = vec![0; O::BYTES];
    assert!(!key::<O, N>(&public).accepts(&hash, &signature) && !O::accepts(&public, &hash, &signature));
}

#[test]
fn abscissas_beyond_the_order() {
    second_candidates::<Nist256, 10>();
    second_candidates::<Nist384, 14>();
    second_candidates::<Nist521, 19>();
}

/// r and s at the ends of their range, and beside them.
fn ranges<O: Oracle<N>, const N: usize>() {
    let (p, n) = (big(O::PRIME), big(O::ORDER));
    let public = O::sum(&BigInt::ZERO, &1.into(), &7.into()).unwrap();
    let key = key::<O, N>(&public);
    let mut values: Vec<BigInt> = [0, 1, 2].map(BigInt::from).to_vec();
    values.extend([&n - 2, &n - 1, n.clone(), &n + 1, &p - &n, &p - &n + 1, &p - 1, power_of_two(8 * O::BYTES) - 1]);
    values.push(public[0].clone());
    for (r, s) in values.iter().flat_map(|r| values.iter().map(move |s| (r, s))) {
        let most = power_of_two(<O::Ours as Curve<N>>::BITS) - 1;
        for hash in [&BigInt::ZERO, &most, &n, &(&n + 1)].map(|hash| bytes(hash, O::BYTES)) {
            let signature = [bytes(r, O::BYTES), bytes(s, O::BYTES)].concat();
            assert_eq!(key.accepts(&hash, &signature), O::accepts(&public, &hash, &signature), "{r:x} {s:x} {hash:x?}");
        }
    }
    // s = 1 with r = x(Q): u2 is r, u1 the hash value, which makes up for what is missing to Q.
    let hash = bytes(&modulo(&((1 - &public[0]) * 7), &n), O::BYTES);
    let signature = [bytes(&(&public[0] % &n), O::BYTES), bytes(&1.into(), O::BYTES)].concat();
    assert!(O::accepts(&public, &hash, &signature) && key.accepts(&hash, &signature));
    // The same with a hash value that is not reduced, where it fits.
    let hash = BigInt::from_bytes_be(num_bigint::Sign::Plus, &hash);
    if &hash + &n < power_of_two(<O::Ours as Curve<N>>::BITS) {
        let hash = bytes(&(hash + &n), O::BYTES);
        assert!(O::accepts(&public, &hash, &signature) && key.accepts(&hash, &signature));
    }
    // Other lengths are no signatures, and no hash values.
    let hash = vec![1; O::BYTES];
    let signature = O::sign(&7.into(), &hash);
    assert!(key.accepts(&hash, &signature));
    for wrong in [&signature[1..], &signature[..2 * O::BYTES - 1], &[&signature[..], &[0]].concat(), &[]] {
        assert!(!key.accepts(&hash, wrong));
    }
    assert!(!key.accepts(&hash[1..], &signature) && !key.accepts(&[&hash[..], &[1]].concat(), &signature));
}

#[test]
fn ranges_of_r_and_s() {
    ranges::<Nist256, 10>();
    ranges::<Nist384, 14>();
    ranges::<Nist521, 19>();
}

/// Points off the curve, coordinates beyond the prime, and small ones.
fn no_keys<O: Oracle<N>, const N: usize>() {
    let p = big(O::PRIME);
    let b = value(&OurField::<O, N>::leave(&O::Ours::B));
    let [x, y] = O::sum(&1.into(), &BigInt::ZERO, &1.into()).unwrap();
    let check = |x: &[u8], y: &[u8]| {
        let is_key = Key::<O::Ours, N>::new(x, y).is_some();
        assert_eq!(is_key, O::is_key(x, y), "{x:x?} {y:x?}");
        is_key
    };
    let [x, y] = [bytes(&x, O::BYTES), bytes(&y, O::BYTES)];
    assert!(check(&x, &y) && !check(&y, &x));
    for bit in 0..8 * O::BYTES {
        let mut spoilt = y.clone();
        spoilt[bit / 8] ^= 1 << (bit % 8);
        assert!(!check(&x, &spoilt), "bit {bit}");
    }
    // x = 0 has a point; p + 0 names it a second time. So does y = 0 + p, where there were a point of order two.
    let root = bytes(&b.modpow(&((&p + 1) / 4), &p), O::BYTES);
    let (zero, prime) = (vec![0; O::BYTES], bytes(&p, O::BYTES));
    let all = vec![0xff; O::BYTES];
    let mut points = 0;
    for x in [&zero, &prime, &all, &root] {
        for y in [&root, &zero, &prime, &all] {
            points += usize::from(check(x, y));
        }
    }
    let is_square = b.modpow(&((&p - 1) / 2), &p) == BigInt::from(1);
    assert_eq!(points, usize::from(is_square));
}

#[test]
fn points_that_are_no_keys() {
    no_keys::<Nist256, 10>();
    no_keys::<Nist384, 14>();
    no_keys::<Nist521, 19>();
}

/// A signature of the crate is accepted, and every change of it gets the same verdict.
fn same_verdict<O: Oracle<N>, const N: usize>(d: &BigInt, hash: &[u8], at: usize, change: u8, odd: &BigInt) {
    let d = if *d == BigInt::ZERO { BigInt::from(1) } else { d.clone() };
    let public = O::sum(&BigInt::ZERO, &1.into(), &d).unwrap();
    let key = key::<O, N>(&public);
    let hash = &hash[..O::BYTES.min(hash.len())];
    let signature = O::sign(&d, hash);
    assert!(key.accepts(hash, &signature));
    let n = big(O::ORDER);
    let s = BigInt::from_bytes_be(num_bigint::Sign::Plus, &signature[O::BYTES..]);
    let with = |r: Option<&BigInt>, s: &BigInt| match r {
        Some(r) => [bytes(r, O::BYTES), bytes(s, O::BYTES)].concat(),
        None => [&signature[..O::BYTES], &bytes(s, O::BYTES)].concat(),
    };
    assert!(key.accepts(hash, &with(None, &(&n - &s))), "the other s");
    let mut spoilt = signature.clone();
    spoilt[at % (2 * O::BYTES)] ^= change;
    let mut other = hash.to_vec();
    other[at % hash.len()] ^= change;
    for (hash, signature) in
        [(hash, spoilt), (&other, signature.clone()), (hash, with(None, odd)), (hash, with(Some(odd), &s))]
    {
        assert_eq!(key.accepts(hash, &signature), O::accepts(&public, hash, &signature));
    }
}

/// Six points have 63 sums of one or more.
#[test]
fn a_table_has_an_entry_for_each_sum_of_six_points() {
    type C = super::super::weierstrass::P256;
    let [x, y] = C::GENERATOR;
    let generator = Jacobian { x, y, z: OurField::<Nist256, 10>::ONE };
    assert_eq!(comb::table::<C, 10>(generator).len(), 63);
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn sums_equal_the_peers(
        a in number(big(N256)), b in number(big(N256)), k in number(big(N256)),
        c in number(big(N384)), d in number(big(N384)), l in number(big(N384)),
        e in number(big(N521)), f in number(big(N521)), m in number(big(N521)),
    ) {
        if k != BigInt::ZERO {
            Sums::<Nist256, 10>::new(&k).check(&a, &b);
        }
        if l != BigInt::ZERO {
            Sums::<Nist384, 14>::new(&l).check(&c, &d);
        }
        if m != BigInt::ZERO {
            Sums::<Nist521, 19>::new(&m).check(&e, &f);
        }
    }

    #[test]
    fn signatures_equal_the_peers(
        d in number(big(N256)), e in number(big(N384)), f in number(big(N521)), hash: [[u8; 32]; 2], at: usize, change: u8,
        odd in prop::sample::select(corners(&big(N256))), wide in prop::sample::select(corners(&big(N384))),
        widest in prop::sample::select(corners(&big(N521))),
    ) {
        let hash = hash.concat();
        same_verdict::<Nist256, 10>(&d, &hash, at, change, &odd);
        same_verdict::<Nist384, 14>(&e, &hash, at, change, &wide);
        same_verdict::<Nist521, 19>(&f, &hash, at, change, &widest);
    }
}
