//! The reader of divergences.txt, for all who run the corpus.

use std::collections::BTreeSet;

const LIST: &str = include_str!("divergences.txt");

/// The lines, as four words each: what is spoken of, two words that say which and how, and the reason.
fn lines() -> impl Iterator<Item = [&'static str; 4]> {
    LIST.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(|line| {
        let words: Vec<_> = line.splitn(4, ' ').map(str::trim).collect();
        words.try_into().unwrap_or_else(|_| panic!("divergences.txt: not four parts with a reason at the end: {line}"))
    })
}

/// The cases of a file in which our verdict is another, each with `corpus` or `peer`: whose verdict ours differs from.
pub fn divergences(file: &str) -> BTreeSet<(u64, &'static str)> {
    lines()
        .filter(|[subject, ..]| *subject == file)
        .map(|[_, case, whose, _]| {
            assert!(["corpus", "peer"].contains(&whose), "divergences.txt: `{whose}` is neither corpus nor peer");
            (case.parse().unwrap_or_else(|_| panic!("divergences.txt: `{case}` is no case number")), whose)
        })
        .collect()
}

/// Whether we accept what the corpus calls acceptable and gives these flags; `None` where nothing was decided.
pub fn accepts<'a>(flags: impl IntoIterator<Item = &'a str>) -> Option<bool> {
    flags.into_iter().find_map(|flag| {
        lines().find(|[subject, decided, ..]| *subject == "acceptable" && *decided == flag).map(|[.., verdict, _]| {
            assert!(["accepted", "refused"].contains(&verdict), "divergences.txt: `{verdict}` is no verdict");
            verdict == "accepted"
        })
    })
}
