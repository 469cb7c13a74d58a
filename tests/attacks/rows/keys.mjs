// Keys that a verifier must not use, and signatures that only look right.
import { KEYS, base64url, publicJwk, sign } from '../../peers/keys.mjs';
import { mirrored, orderOf, signAlike, signPss } from '../../peers/differential/sign.mjs';
import { CLAIMS, GOOD, HEADER, SIGNER, input, keySet, mint } from '../setting.mjs';

const NO_KEY = 'ERR_JWKS_INVALID';
const NO_MATCH = 'ERR_JWKS_NO_MATCHING_KEY';
const BAD_SIGNATURE = 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED';
const inSet = (...keys) => ({ options: { jwks: keySet(...keys) } });

input('JWKS: same `kid` twice', (row) => {
  const other = publicJwk(KEYS.rsa[1], { kid: 'key-1' });
  row('the second fits', mint(), 'accepted', inSet(other, GOOD));
  row('the fourth fits', mint(), 'accepted', inSet(other, other, other, GOOD));
  row('the fifth fits', mint(), NO_MATCH, inSet(other, other, other, other, GOOD));
  row('none fits', mint(), BAD_SIGNATURE, inSet(other));
});

input('JWKS: private members (`d`)', (row) => {
  row('a whole private key', mint(), NO_KEY, inSet({ ...SIGNER, kid: 'key-1' }));
  for (const member of [{ d: 'AQ' }, { k: 'AQ' }, { oth: [] }, { p: null }]) {
    row(JSON.stringify(member), mint(), NO_KEY, inSet({ ...GOOD, ...member }));
  }
});

input('JWKS: `oct`, RSA under 2048 bits, over 8192 bits, even modulus, `e` 1, even or over 33 bits', (row) => {
  const bytes = (length, last) => base64url(Buffer.concat([Buffer.from([0x80]), Buffer.alloc(length - 2), Buffer.from([last])]));
  const n = Buffer.from(GOOD.n, 'base64url');
  const even = base64url(Buffer.concat([n.subarray(0, -1), Buffer.from([n.at(-1) & 0xfe])]));
  const bad = {
    oct: { kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' },
    'RSA, 1024 bits': publicJwk(KEYS['rsa-1024'][0], { kid: 'key-1' }),
    'RSA, 2040 bits': { ...GOOD, n: bytes(255, 1) },
    'RSA, 8200 bits': { ...GOOD, n: bytes(1025, 1) },
    'RSA, 128 KB': { ...GOOD, n: bytes(128 << 10, 1) },
    'even modulus': { ...GOOD, n: even },
    ...Object.fromEntries(['AQ', 'AAAB', 'Ag', 'AAAA', 'AAAC', '', 'AQAA', 'AwAAAAE'].map((e) => [`e ${e}`, { ...GOOD, e }])),
  };
  for (const [name, jwk] of Object.entries(bad)) row(name, mint(), NO_KEY, inSet(jwk));
  for (const kind of ['rsa-2056', 'rsa-3072', 'rsa-4096', 'rsa-e3']) {
    const jwk = KEYS[kind][0];
    row(kind, mint({}, {}, 'RS256', jwk), 'accepted', inSet(publicJwk(jwk, { kid: 'key-1' })));
  }
});

input('JWKS: one bad key beside a good one', (row) => {
  const bad = [
    {},
    null,
    1,
    'x',
    [],
    { kty: 'RSA' },
    { kty: 'EC', crv: 'P-521', x: 'AQ', y: 'AQ' },
    { ...GOOD, kty: 'AKP' },
    { ...GOOD, n: '!' },
    { ...GOOD, use: 'enc' },
  ];
  for (const [index, jwk] of bad.entries()) {
    row(`bad key ${index} before it`, mint(), 'accepted', inSet(jwk, GOOD));
    row(`bad key ${index} after it`, mint(), 'accepted', inSet(GOOD, jwk));
  }
  row('bad keys alone', mint(), NO_KEY, inSet(...bad));
  row('no key', mint(), NO_KEY, inSet());
});

input('JWKS: harmless oddities', (row) => {
  const standard = GOOD.n.replaceAll('-', '+').replaceAll('_', '/');
  if (standard === GOOD.n) throw new Error('the key shows nothing');
  for (const [name, members] of Object.entries({
    padding: { n: `${GOOD.n}==` },
    base64: { n: standard },
    'base64 with padding': { n: `${standard}==` },
    'padding of `e`': { e: 'AQAB==' },
    'a zero byte before `e`': { e: 'AAEAAQ' },
    '`key_ops` of verify': { key_ops: ['verify'] },
    '`key_ops` of both': { key_ops: ['sign', 'verify'] },
    '`key_ops` of both, in the other order': { key_ops: ['verify', 'sign'] },
    'members of X.509': { x5c: ['MIIC'], x5t: 1, '': null },
  })) {
    row(name, mint(), 'accepted', inSet({ ...GOOD, ...members }));
  }
});

input('`use: enc`, `key_ops` without verify, curve that does not fit `alg`', (row) => {
  for (const members of [
    { use: 'enc' },
    { use: '' },
    { use: null },
    { key_ops: [] },
    { key_ops: ['sign'] },
    { key_ops: 'verify' },
    { key_ops: ['verify', 'encrypt'] },
    { key_ops: ['verify', 'verify'] },
    { alg: 'RSA-OAEP' },
    { alg: 'PS256' },
  ]) {
    row(JSON.stringify(members), mint(), NO_KEY, inSet({ ...GOOD, ...members }));
  }
  const es256 = mint({}, {}, 'ES256', KEYS['P-256'][0]);
  const ec = (algorithms, members = {}) => ({
    options: { algorithms, jwks: keySet({ ...publicJwk(KEYS['P-256'][0], { kid: 'key-1' }), ...members }) },
  });
  row('P-256 for ES256', es256, 'accepted', ec(['ES256']));
  row('P-256 for ES384', es256, NO_KEY, ec(['ES384']));
  for (const crv of ['P-384', 'P-521', 'secp256k1', 'Ed25519', 'p-256'])
    row(`P-256 named ${crv}`, es256, NO_KEY, ec(['ES256', 'ES384', 'ES512'], { crv }));
  const es512 = mint({}, {}, 'ES512', KEYS['P-521'][0]);
  const p521 = publicJwk(KEYS['P-521'][0], { kid: 'key-1' });
  row('P-521 for ES512', es512, 'accepted', { options: { algorithms: ['ES512'], jwks: keySet(p521) } });
  row('P-521 for ES256 and ES384', es512, NO_KEY, { options: { algorithms: ['ES256', 'ES384'], jwks: keySet(p521) } });
  const aside = { ...p521, y: KEYS['P-521'][1].y };
  row('P-521 off the curve', es512, NO_KEY, { options: { algorithms: ['ES512'], jwks: keySet(aside) } });
  row('off the curve', es256, NO_KEY, ec(['ES256'], { y: KEYS['P-256'][1].y }));
});

input('PSS with a salt other than the hash length', (row) => {
  const text = mint({}, {}, 'PS256').split('.', 2).join('.');
  const options = { algorithms: ['PS256'], jwks: keySet(GOOD) };
  const token = (salt) => `${text}.${base64url(signPss('sha256', SIGNER, text, salt))}`;
  row('32 bytes', token(32), 'accepted', { options });
  for (const salt of [0, 20, 31, 33, 48, 64]) row(`${salt} bytes`, token(salt), BAD_SIGNATURE, { options });
});

for (const [alg, kind, half] of [
  ['ES256', 'P-256', 32],
  ['ES384', 'P-384', 48],
  ['ES512', 'P-521', 66],
]) {
  const jwk = KEYS[kind][0];
  const text = mint({}, {}, alg, jwk).split('.', 2).join('.');
  const signature = signAlike(alg, jwk, text);
  const [r, s] = [signature.subarray(0, half), signature.subarray(half)];
  const options = { algorithms: [alg], jwks: keySet(publicJwk(jwk, { kid: 'key-1' })) };
  const token = (...parts) => `${text}.${base64url(Buffer.concat(parts))}`;

  input(`ECDSA r or s = 0, >= n, DER, 65 bytes (${alg})`, (row) => {
    const zero = Buffer.alloc(half);
    const order = orderOf(alg);
    const integer = (bytes) => Buffer.concat([Buffer.from([2, half + 1, 0]), bytes]);
    const length = 2 * (half + 3);
    const der = Buffer.concat([Buffer.from(length < 128 ? [0x30, length] : [0x30, 0x81, length]), integer(r), integer(s)]);
    for (const [name, parts] of Object.entries({
      'r = 0': [zero, s],
      's = 0': [r, zero],
      both: [zero, zero],
      'r = n': [order, s],
      's = n': [r, order],
      'all bits': [Buffer.alloc(2 * half, 0xff)],
      DER: [der],
      'a byte before': [Buffer.alloc(1), signature],
      'a byte after': [signature, Buffer.alloc(1)],
      'r alone': [r],
      'a byte less': [r, s.subarray(1)],
    })) {
      row(name, token(...parts), BAD_SIGNATURE, { options });
    }
  });

  input(`ECDSA (r, n-s) (${alg})`, (row) => {
    row('(r, s)', token(signature), 'accepted', { options });
    row('(r, n-s)', token(mirrored(alg, signature)), 'accepted', { options });
  });
}

input('Ed25519 S+L, non-canonical or small-order points', (row) => {
  const jwk = KEYS.Ed25519[0];
  const token = mint({}, {}, 'EdDSA', jwk);
  const [header, payload, text] = token.split('.');
  const options = (key) => ({ options: { algorithms: ['EdDSA'], jwks: keySet(key) } });
  const own = publicJwk(jwk, { kid: 'key-1' });
  row('as it should be', token, 'accepted', options(own));
  const signature = Buffer.from(text, 'base64url');
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
  const little = (number) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse();
  const withSignature = (...parts) => `${header}.${payload}.${base64url(Buffer.concat(parts))}`;
  row('S+L', withSignature(signature.subarray(0, 32), little(s + order)), BAD_SIGNATURE, options(own));
  // The points of small order, and encodings at or above the field's prime. With such a key anyone's signature could pass.
  const prime = 2n ** 255n - 19n;
  const points = {
    0: little(0n),
    1: little(1n),
    'p - 1': little(prime - 1n),
    'of order 8': Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex'),
    p: little(prime),
    'p + 1': little(prime + 1n),
    '2^255 - 1': little(2n ** 255n - 1n),
  };
  const zero = Buffer.alloc(32);
  for (const [name, point] of Object.entries(points)) {
    const small = { kty: 'OKP', crv: 'Ed25519', x: base64url(point), kid: 'key-1' };
    row(`key ${name}`, withSignature(little(1n), zero), NO_KEY, options(small));
    row(`R ${name}`, withSignature(point, zero), BAD_SIGNATURE, options(own));
  }
});

input('RSA: a signature that is the modulus, zero, one, or of another length', (row) => {
  const text = `${base64url(JSON.stringify({ ...HEADER, alg: 'RS256' }))}.${base64url(JSON.stringify(CLAIMS))}`;
  const signature = sign('RS256', SIGNER, text);
  const one = Buffer.alloc(signature.length);
  one[one.length - 1] = 1;
  for (const [name, bytes] of Object.entries({
    zero: Buffer.alloc(signature.length),
    one,
    modulus: Buffer.from(SIGNER.n, 'base64url'),
    'all bits': Buffer.alloc(signature.length, 0xff),
    'a zero byte before': Buffer.concat([Buffer.alloc(1), signature]),
    'a byte after': Buffer.concat([signature, Buffer.alloc(1)]),
    'a byte less': signature.subarray(1),
  })) {
    row(name, `${text}.${base64url(bytes)}`, BAD_SIGNATURE);
  }
});
