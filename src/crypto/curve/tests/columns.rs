//! The columns of a multiplication as polynomials in the limbs: the coefficient of each product of two limbs, in each column.
//!
//! Each column is a sum of such products with constant factors, so the values for limbs of zero and one tell all factors.

use super::super::field::{product_column, square_column};
use super::super::limbs::Limbs;

fn unit<const N: usize>(places: &[usize]) -> Limbs<N> {
    let mut limbs = [0; N];
    places.iter().for_each(|place| limbs[*place] += 1);
    limbs
}

fn products<const N: usize>() {
    for (i, j) in (0..N).flat_map(|i| (0..N).map(move |j| (i, j))) {
        for k in 0..2 * N - 1 {
            let pair = i64::from(i + j == k);
            assert_eq!(product_column::<N>(&unit(&[i]), &unit(&[j]), k), pair, "{i} and {j} in column {k}");
            // Of the square of a sum, less both squares, there remains twice the product.
            let [one, other] = [i, j].map(|place| square_column::<N>(&unit(&[place]), k));
            assert_eq!(one, i64::from(2 * i == k));
            if i != j {
                assert_eq!(square_column::<N>(&unit(&[i, j]), k), one + other + 2 * pair, "{i} and {j} in column {k}");
            }
        }
    }
}

#[test]
fn a_column_has_each_pair_of_limbs_once() {
    products::<1>();
    products::<10>();
    products::<14>();
    products::<19>();
}
