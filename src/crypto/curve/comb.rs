//! Multiples of a point that stays the same (Lim and Lee's comb).
//!
//! The scalar's bits are laid out in [`TEETH`] rows. Each column is then one entry of a table of all sums of the points
//! `2^(SPACING·row) · P`, so that a multiplication takes a doubling and an addition for each column instead of each bit.

use super::modulus::{Limbs, bit};

pub const TEETH: usize = 6;

/// How many entries a table has: the sum of no points is left out.
pub const ENTRIES: usize = (1 << TEETH) - 1;

/// How many columns scalars of so many bits have.
pub const fn columns(bits: usize) -> usize {
    bits.div_ceil(TEETH)
}

/// The place in the table of a scalar's column; `None` where it adds nothing.
pub fn entry<const N: usize>(scalar: &Limbs<N>, column: usize, columns: usize) -> Option<usize> {
    let index = (0..TEETH).rev().fold(0, |index, row| index << 1 | bit(scalar, row * columns + column));
    index.checked_sub(1)
}
