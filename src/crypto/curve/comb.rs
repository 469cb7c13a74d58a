//! Sums of multiples of points that stay the same (Lim and Lee's comb).
//!
//! A scalar's bits are laid out in [`TEETH`] rows. Each column is then one entry of a table of all sums of the points
//! `2^(columns·row) · P`, so that a multiplication takes a doubling and an addition for each column instead of each bit.
//! Multiplications whose results are summed share the doublings.

use super::limbs::{Limbs, bit};

const TEETH: usize = 6;

/// How many entries a table has: the sum of no points is left out.
const ENTRIES: usize = (1 << TEETH) - 1;

/// A group of points, with scalars of `N` limbs.
pub trait Group<const N: usize> {
    /// The length of scalars.
    const BITS: usize;

    const NEUTRAL: Self::Point;

    type Point: Copy;

    /// A point in the form in which it is added: what a table holds.
    type Addend;

    fn double(point: &Self::Point) -> Self::Point;

    fn plus(point: &Self::Point, addend: &Self::Addend) -> Self::Point;

    /// All at once, because it costs a division. None of the points is the neutral one.
    fn addends(points: &[Self::Point]) -> Vec<Self::Addend>;
}

const fn columns<G: Group<N>, const N: usize>() -> usize {
    G::BITS.div_ceil(TEETH)
}

/// The table of a point that is not the neutral one. Neither are the sums in it: as multiples of the point they are less
/// than 2^(5·columns + 1), which is less than the order of the point.
pub fn table<G: Group<N>, const N: usize>(point: G::Point) -> Vec<G::Addend> {
    let mut tooth = point;
    let mut teeth = vec![tooth];
    while teeth.len() < TEETH {
        for _ in 0..columns::<G, N>() {
            tooth = G::double(&tooth);
        }
        teeth.push(tooth);
    }
    let mut sums = Vec::with_capacity(ENTRIES);
    for (tooth, addend) in teeth.iter().zip(G::addends(&teeth)) {
        sums.push(*tooth);
        for i in 0..sums.len() - 1 {
            sums.push(G::plus(&sums[i], &addend));
        }
    }
    G::addends(&sums)
}

/// The sum of the multiples by scalars of the points that the tables are of. The scalars are settled and at least zero.
pub fn sum<G: Group<N>, const N: usize>(multiples: [(&Limbs<N>, &[G::Addend]); 2]) -> G::Point {
    let mut sum = G::NEUTRAL;
    for column in (0..columns::<G, N>()).rev() {
        sum = G::double(&sum);
        for (scalar, table) in multiples {
            let mut index = 0;
            for row in (0..TEETH).rev() {
                index = 2 * index + bit(scalar, row * columns::<G, N>() + column);
            }
            if index > 0 {
                sum = G::plus(&sum, &table[index - 1]);
            }
        }
    }
    sum
}
