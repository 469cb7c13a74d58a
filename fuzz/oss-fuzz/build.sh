#!/usr/bin/env bash
# Builds every target, and packs its seeds and its corpus, as OSS-Fuzz wants them in $OUT.
set -euo pipefail
cd "$SRC/countersign"
cargo fuzz build --release --fuzz-dir fuzz
for file in fuzz/targets/*.rs; do
  target=$(basename "$file" .rs)
  cp "fuzz/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
  inputs=$(mktemp -d)
  cp fuzz/seeds/"$target"/* "$inputs/"
  if [ -f "fuzz/corpora/$target.tar.gz" ]; then tar -xzf "fuzz/corpora/$target.tar.gz" -C "$inputs"; fi
  zip -jqr "$OUT/${target}_seed_corpus.zip" "$inputs"
  cp fuzz/words.dict "$OUT/$target.dict"
done
