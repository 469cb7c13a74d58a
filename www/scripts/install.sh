#!/bin/sh
# What Vercel runs in place of `npm install`: this app uses the package of this repository, so that is built first.
set -eu
cd "$(dirname "$0")/../.."

PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
if ! command -v cargo >/dev/null; then
  echo "cargo is missing: installing rustup"
  # No default toolchain: rust-toolchain.toml names the one to use.
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain none --no-modify-path
fi

echo "building the countersign package"
cargo xtask build

echo "installing the app's dependencies"
cd www
npm ci
