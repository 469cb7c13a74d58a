//! The fuzz targets for ten seconds each, with inputs of a small driver: seeds, changed again and again.
//!
//! This is no fuzzer: it does not see which code it reaches. fuzz/README.md says how to run one on the same targets. The
//! inputs are the same in every run, and a faster machine gets further.

#[path = "../../fuzz/fuzz_targets.rs"]
pub mod fuzz_targets;

use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::time::{Duration, Instant};

use fuzz_targets::TARGETS;

/// What formats are made of. Random bytes alone would hardly ever spell a member's name or an escape.
const WORDS: [&[u8]; 48] = [
    b".",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b":",
    b",",
    b"\\u0061",
    b"\\ud800",
    b"\\",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"1718885600",
    b"253402300800",
    b"0.0000001",
    b"\"alg\":\"none\"",
    b"\"crit\":[\"b64\"]",
    b"\"kid\":\"",
    b"\"d\":\"AQ\"",
    b"\"use\":\"enc\"",
    b"\"kty\":\"oct\"",
    b"\"exp\":",
    b"\"iat\":0",
    b"\"aud\":\"api\"",
    b"https://",
    b"@",
    b"=",
    b"AQAB",
    b"<a>",
    b"</a>",
    b"/>",
    b"&amp;",
    b"&#x41;",
    b"]]>",
    b"<!--",
    b" xmlns=\"a\"",
    b"\xef\xbb\xbf",
    b"\"Deny\"",
    b"IfExists",
    b"ForAnyValue:",
    b"${aws:SourceIp}",
    b"*?",
    b" && ",
    b"assertion.",
    b"(",
];

/// Inputs grow by insertions; beyond this they are cut.
const MAX_LENGTH: usize = 8 * 1024;

/// Steele, Lea and Flood's SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A range within `0..=length`, mostly a short one.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let longest = if self.below(4) == 0 { length } else { 8 };
        start..(start + self.below(longest + 1)).min(length)
    }

    /// Changes the input a little; `other` is one to take parts from.
    fn change(&mut self, input: &mut Vec<u8>, other: &[u8]) {
        let range = self.range(input.len());
        match self.below(8) {
            0 | 1 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] ^= 1 << self.below(8);
            }
            2 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] = self.next() as u8;
            }
            3 => drop(input.drain(range)),
            4 => drop(input.splice(range.start..range.start, input[range.clone()].to_vec())),
            5 => drop(input.splice(range, other[self.range(other.len())].iter().copied())),
            6 => input.truncate(self.below(input.len() + 1)),
            _ => {
                let word = WORDS[self.below(WORDS.len())];
                let end = if self.below(2) == 0 { range.start } else { range.end };
                drop(input.splice(range.start..end, word.iter().copied()));
            }
        }
        input.truncate(MAX_LENGTH);
    }
}

/// The seeds of a target, in the order of their names.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).expect("seeds").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a seed")).collect()
}

/// `FUZZ_SECONDS` makes it longer.
fn time() -> Duration {
    let seconds = std::env::var("FUZZ_SECONDS").map(|seconds| seconds.parse().expect("FUZZ_SECONDS is a number"));
    Duration::from_secs(seconds.unwrap_or(10))
}

fn run(target: &str) {
    let (_, body) = TARGETS.into_iter().find(|(name, _)| *name == target).expect("a target");
    let check = |input: &[u8]| {
        if panic::catch_unwind(AssertUnwindSafe(|| body(input))).is_err() {
            panic!("{target} fails on b\"{}\"", input.escape_ascii());
        }
    };
    let seeds = seeds(target);
    seeds.iter().for_each(|seed| check(seed));
    check(b"");
    let (mut random, start, mut count) = (Random(1), Instant::now(), 0u64);
    while start.elapsed() < time() {
        let mut input = seeds[random.below(seeds.len())].clone();
        for _ in 0..=random.below(8) {
            let other = random.below(seeds.len());
            random.change(&mut input, &seeds[other]);
        }
        check(&input);
        count += 1;
    }
    println!("{target}: {count} inputs");
    assert!(count > 100, "{target}: {count} inputs are none worth mentioning");
}

#[test]
fn compact() {
    run("compact");
}

#[test]
fn curves() {
    run("curves");
}

#[test]
fn json() {
    run("json");
}

#[test]
fn jwks() {
    run("jwks");
}

#[test]
fn discovery() {
    run("discovery");
}

#[test]
fn policy() {
    run("policy");
}

#[test]
fn rsa() {
    run("rsa");
}

#[test]
fn trust() {
    run("trust");
}

#[test]
fn xml() {
    run("xml");
}

#[test]
fn every_body_has_a_test_a_target_and_seeds() {
    let read = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
    for (name, _) in TARGETS {
        assert!(include_str!("fuzzing.rs").contains(&format!("run(\"{name}\")")), "{name} has no test");
        assert!(read("fuzz/Cargo.toml").contains(&format!("path = \"targets/{name}.rs\"")), "{name} has no target");
        assert!(read(&format!("fuzz/targets/{name}.rs")).contains("fuzz_target!"));
        assert!(!seeds(name).is_empty(), "{name} has no seeds");
    }
}
