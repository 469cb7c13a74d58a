// The signatures as they are computed in wasm: Wycheproof, the RSA kernel against BigInt, the curves against node:crypto,
// base64url against Buffer.
//
//   node tests/crypto/wasm/run.mjs           tests
//   node tests/crypto/wasm/run.mjs --bench   measures against node:crypto, interleaved in one process
//
// CARGO_TARGET_DIR is honoured. Needs no packages.

import { spawnSync } from 'node:child_process';
import { createECDH, createPrivateKey, createPublicKey, constants, randomBytes, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const target = 'wasm32-unknown-unknown';
const algs = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA', 'ES512'];

const wasm = load();
if (process.argv.includes('--bench')) {
  bench();
} else {
  wycheproof();
  powers();
  curves();
  base64url();
  console.log('ok');
}

/** Builds the harness as the package is built: release, with the flags of .cargo/config.toml. */
function load() {
  const cargo = spawnSync(
    'cargo',
    ['build', '--release', '--package', 'crypto-in-wasm', '--target', target, '--message-format=json-render-diagnostics'],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 26 },
  );
  assert.equal(cargo.status, 0, 'the build failed');
  const file = cargo.stdout
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter((message) => message.target?.name === 'crypto_in_wasm' && message.filenames)
    .at(-1).filenames[0];
  const module = new WebAssembly.Module(readFileSync(file));
  // What the bindings of the crate want; nothing here calls it.
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = () => assert.fail(`${name} was called`);
  }
  return new WebAssembly.Instance(module, imports).exports;
}

/** Writes the parts into the buffer and calls with their lengths. */
function call(name, first, ...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  // Growing the memory detaches the views of it: always make a new one.
  const at = wasm.buffer(length);
  const view = new Uint8Array(wasm.memory.buffer, at, length);
  let offset = 0;
  for (const part of parts) {
    view.set(part, offset);
    offset += part.length;
  }
  const lengths = parts.map((part) => part.length);
  return first === undefined ? wasm[name](...lengths) : wasm[name](first, ...lengths);
}

function rsaVerifier(alg, n, e) {
  return call('rsa_verifier', algs.indexOf(alg), n, e);
}

function accepts(verifier, message, signature) {
  return Boolean(call('verify', verifier, message, signature));
}

function wycheproof() {
  const known = readFileSync(`${root}/tests/vectors/divergences.txt`, 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/));
  const files = [
    ['rsa_signature_2048_sha256_test.json', 'RS256'],
    ['rsa_pss_2048_sha256_mgf1_32_test.json', 'PS256'],
    ['ecdsa_secp256r1_sha256_p1363_test.json', 'ES256'],
    ['ecdsa_secp384r1_sha384_p1363_test.json', 'ES384'],
    ['ecdsa_secp521r1_sha512_p1363_test.json', 'ES512'],
    ['ed25519_test.json', 'EdDSA'],
  ];
  for (const [file, alg] of files) {
    const vectors = JSON.parse(readFileSync(`${root}/tests/vectors/wycheproof/${file}`, 'utf8'));
    let count = 0;
    for (const { publicKey, tests } of vectors.testGroups) {
      const hex = (name) => Buffer.from(publicKey[name], 'hex');
      const verifier = publicKey.modulus
        ? rsaVerifier(alg, hex('modulus'), hex('publicExponent'))
        : call('point_verifier', algs.indexOf(alg), hex(publicKey.uncompressed ? 'uncompressed' : 'pk'));
      for (const { tcId, msg, sig, result, flags } of tests) {
        const verdict = verifier >= 0 && accepts(verifier, Buffer.from(msg, 'hex'), Buffer.from(sig, 'hex'));
        const acceptable = known.find(([word, flag]) => word === 'acceptable' && flags.includes(flag));
        const listed = known.some(([name, id, whose]) => name === file && id === String(tcId) && whose === 'corpus');
        const expected = result === 'acceptable' ? acceptable[2] === 'accepted' : (result === 'valid') !== listed;
        assert.equal(verdict, expected, `${file} ${tcId}`);
        count += 1;
      }
    }
    assert.equal(count, vectors.numberOfTests);
    console.log(`${file}: ${count} cases`);
  }
}

/** Every octet in every place of a vector, and of what is left after one, against Node.js's Buffer. */
function base64url() {
  let count = 0;
  for (let length = 0; length <= 33; length += 1) {
    for (let place = 0; place < Math.max(length, 1); place += 1) {
      for (let octet = 0; octet < 256; octet += 1) {
        const text = Buffer.alloc(length, 'Q');
        if (length > 0) text[place] = octet;
        // Zero bits are left over at the end, unless the last character is the one that is tried.
        if (place < length - 1) text[length - 1] = 'A'.charCodeAt(0);
        const bytes = Buffer.from(text.toString('latin1'), 'base64url');
        const canonical = bytes.toString('base64url') === text.toString('latin1');
        const found = call('base64url', undefined, text);
        assert.equal(found, canonical ? bytes.length : -1, `octet ${octet} in place ${place} of ${length}`);
        if (canonical) assert.deepEqual(Buffer.from(wasm.memory.buffer, wasm.buffer(length), found), bytes);
        count += 1;
      }
    }
  }
  console.log(`base64url: ${count} texts`);
}

/** The kernel against BigInt: random numbers, and numbers with long runs of equal bits. */
function powers() {
  const lengths = [2048, 2049, 2056, 2104, 2560, 3072, 3112, 3113, 4095, 4096, 6144, 8191, 8192];
  let count = 0;
  for (const bits of lengths) {
    const all = (1n << BigInt(bits)) - 1n;
    const top = 1n << BigInt(bits - 1);
    const moduli = [all, all - 2n, top + 1n, (all / 3n) | top | 1n, all - (1n << BigInt(bits - 2))];
    for (let i = 0; i < 5; i += 1) moduli.push(random(bits) | top | 1n, runs(bits) | top | 1n);
    for (const n of moduli) {
      for (const base of [0n, 1n, n - 1n, n >> 1n, random(bits) % n, runs(bits) % n]) {
        const e = count % 4 === 0 ? 65537n : [3n, 5n, 11n][count % 3];
        assert.equal(power(n, e, base), modpow(base, e, n), `${bits} bits: ${base}^${e} mod ${n}`);
        count += 1;
      }
    }
  }
  console.log(`kernel: ${count} powers`);
}

function power(n, e, base) {
  const modulus = bytes(n);
  const number = bytes(base, modulus.length);
  const exponent = bytes(e);
  call('power', undefined, modulus, exponent, number);
  const at = wasm.buffer(0) + modulus.length + exponent.length;
  return BigInt(`0x${Buffer.from(wasm.memory.buffer, at, modulus.length).toString('hex')}`);
}

/** The curves beside node:crypto: random and sparse private keys, right signatures and ones with a bit changed. */
function curves() {
  let count = 0;
  for (let i = 0; i < 200; i += 1) {
    for (const alg of ['ES256', 'ES384', 'ES512', 'EdDSA']) {
      const [key, point] = privateKey(alg, i);
      const verifier = call('point_verifier', algs.indexOf(alg), point);
      const hash = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512', EdDSA: null }[alg];
      const theirs = { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' };
      const message = randomBytes(i);
      const signature = sign(hash, message, { key, dsaEncoding: 'ieee-p1363' });
      assert(accepts(verifier, message, signature), `${alg}: ${signature.toString('hex')}`);
      for (let change = 0; change < 4; change += 1) {
        const other = Buffer.from(signature);
        // Half of the octets at random; or one bit.
        if (change === 0) randomBytes(other.length / 2).copy(other, i % 2 === 0 ? 0 : other.length / 2);
        else other[(97 * i + 31 * change) % other.length] ^= 1 << (i % 8);
        assert.equal(accepts(verifier, message, other), verify(hash, message, theirs, other), `${alg}: ${other.toString('hex')}`);
      }
      count += 5;
    }
  }
  console.log(`curves: ${count} signatures`);
}

/** A private key, and the point as it lies in a JWK: a number of few bits, one beside the order, or a random one. */
function privateKey(alg, i) {
  if (alg === 'EdDSA') {
    const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
    const key = createPrivateKey({ key: Buffer.concat([prefix, randomBytes(32)]), format: 'der', type: 'pkcs8' });
    return [key, createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)];
  }
  const [curve, crv, length, order] = {
    ES256: ['prime256v1', 'P-256', 32, 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n],
    ES384: ['secp384r1', 'P-384', 48, 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n],
    ES512: [
      'secp521r1',
      'P-521',
      66,
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    ],
  }[alg];
  const few = 1n << BigInt(i % (order.toString(2).length - 1));
  const secret = [few, order - few, (random(8 * length) % (order - 1n)) + 1n][i % 3];
  const ecdh = createECDH(curve);
  ecdh.setPrivateKey(bytes(secret, length));
  const point = ecdh.getPublicKey();
  const [d, x, y] = [bytes(secret, length), point.subarray(1, 1 + length), point.subarray(1 + length)].map((octets) =>
    octets.toString('base64url'),
  );
  return [createPrivateKey({ key: { kty: 'EC', crv, d, x, y }, format: 'jwk' }), point];
}

function modpow(base, e, n) {
  let result = 1n;
  for (const bit of e.toString(2)) {
    result = (result * result) % n;
    if (bit === '1') result = (result * base) % n;
  }
  return result;
}

function bytes(number, length = 0) {
  const hex = number.toString(16);
  const even = hex.padStart(Math.max(hex.length + (hex.length % 2), 2 * length), '0');
  return Buffer.from(even, 'hex');
}

function random(bits) {
  return BigInt(`0x${randomBytes(Math.ceil(bits / 8)).toString('hex')}`) & ((1n << BigInt(bits)) - 1n);
}

function runs(bits) {
  let number = 0n;
  for (let length = 0, ones = true; length < bits; ones = !ones) {
    const run = 1 + Math.floor(Math.random() * 150);
    number = (number << BigInt(run)) | (ones ? (1n << BigInt(run)) - 1n : 0n);
    length += run;
  }
  return number & ((1n << BigInt(bits)) - 1n);
}

function bench() {
  const message = randomBytes(1024);
  const rsa = (bits) => ({
    private: { key: readFileSync(`${root}/tests/crypto/keys/rsa_${bits}.pkcs1.der`), format: 'der', type: 'pkcs1' },
    public: readFileSync(`${root}/tests/crypto/keys/rsa_${bits}.spki.der`),
  });
  const curve = (name) => ({
    private: { key: readFileSync(`${root}/tests/crypto/keys/${name}.pkcs8.der`), format: 'der', type: 'pkcs8' },
    public: readFileSync(`${root}/tests/crypto/keys/${name}.spki.der`),
  });
  const keys = { ES256: [curve('p256'), 65], ES384: [curve('p384'), 97], EdDSA: [curve('ed25519'), 32] };
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const cases = [];
  for (const bits of [2048, 3072, 4096]) for (const alg of ['RS256', 'PS256']) cases.push([alg, bits]);
  for (const alg of Object.keys(keys)) cases.push([alg]);

  console.log('µs                  medians                              least');
  console.log('algorithm       wasm     node   set-up    ratio     wasm     node   set-up    ratio');
  for (const [alg, bits] of cases) {
    const pair = bits ? rsa(bits) : keys[alg][0];
    const key = createPublicKey({ key: pair.public, format: 'der', type: 'spki' });
    const options = { key: createPrivateKey(pair.private), ...(alg[0] === 'P' ? pss : { dsaEncoding: 'ieee-p1363' }) };
    const hash = alg === 'EdDSA' ? null : alg === 'ES384' ? 'sha384' : 'sha256';
    const signature = sign(hash, message, options);
    const theirs = { ...options, key };
    let make;
    if (bits) {
      const { n, e } = key.export({ format: 'jwk' });
      make = () => rsaVerifier(alg, Buffer.from(n, 'base64url'), Buffer.from(e, 'base64url'));
    } else {
      make = () => call('point_verifier', algs.indexOf(alg), pair.public.subarray(-keys[alg][1]));
    }
    const verifier = make();
    const ours = () => accepts(verifier, message, signature);
    const nodes = () => verify(hash, message, theirs, signature);
    assert(ours() && nodes());
    const rounds = [[], [], []];
    for (let i = 0; i < 300; i += 1) {
      rounds[0].push(time(ours, 10));
      rounds[1].push(time(nodes, 10));
      if (i < 20) rounds[2].push(time(make, 4));
    }
    for (const round of rounds) round.sort((x, y) => x - y);
    const at = (share) => rounds.map((round) => round[Math.floor(round.length * share)]);
    const [median, least] = [at(0.5), at(0)];
    const figure = (number, digits = 1) => number.toFixed(digits).padStart(9);
    console.log(
      `${alg} ${bits ?? ''}`.padEnd(11) +
        median.map((number) => figure(number)).join('') +
        figure(median[0] / median[1], 2) +
        least.map((number) => figure(number)).join('') +
        figure(least[0] / least[1], 2),
    );
  }
}

function time(f, times) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i += 1) f();
  return Number(process.hrtime.bigint() - start) / times / 1000;
}
