//! The spread of delays, against published values.

use std::time::Duration;

use countersign::exchange::Jitter;

/// The first numbers of SplitMix64 for the seed 0, as its reference implementation prints them.
#[test]
fn shares_are_those_of_split_mix() {
    let mut jitter = Jitter::new(0);
    // Of all microseconds that 64 bits count, a share is the random number less one.
    let all = Duration::from_micros(u64::MAX);
    for number in [0xe220_a839_7b1d_cdaf_u64, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f, 0xf88b_b8a8_724c_81ec] {
        assert_eq!(jitter.share(all).as_micros(), u128::from(number - 1));
    }
    assert_eq!(jitter.share(Duration::ZERO), Duration::ZERO);
}
