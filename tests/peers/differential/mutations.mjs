// What a token can be changed into. Each mutation says at which stage of making the token it works; later stages sign what it left.
import { ALGORITHMS, KEYS, base64url, publicJwk } from '../keys.mjs';
import { ISSUER, NOW, keysOf } from './policies.mjs';
import { mirrored, orderOf, signAlike, signPss } from './sign.mjs';

/**
 * A token in the making.
 * @typedef {object} Making
 * @property {string} alg how it is signed, whatever its header says
 * @property {object} jwk the private key
 * @property {object} header
 * @property {object} claims
 * @property {object[]} keys the key set
 * @property {string | Buffer} headerText
 * @property {string | Buffer} payloadText
 * @property {string} headerPart the encoded header
 * @property {string} payloadPart
 * @property {string} input what is signed
 * @property {(making: Making) => Buffer} [forge] makes the signature without the key that the set names
 * @property {Buffer} signature
 * @property {string} token
 */

/** In this order: members of header, claims and keys; their JSON texts; the encoded parts; the signature; the token's text. */
export const STAGES = ['members', 'texts', 'parts', 'signature', 'token'];

/** @type {{name: string, stage: string, apply(making: Making, random: object): void}[]} */
export const MUTATIONS = [];

const mutation = (stage, name, apply) => MUTATIONS.push({ stage, name, apply });

/** Odd values for any member. */
const ODD = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  '',
  ' ',
  'x',
  [],
  {},
  [''],
  [null],
  { sub: 'x' },
  'NaN',
  '\u0000',
  'é',
  '🦁',
  '__proto__',
  'constructor',
];

// ---- header

const HEADER_VALUES = {
  alg: [
    'none',
    'nOnE',
    'HS256',
    'HS384',
    'HS512',
    'RS1',
    'rs256',
    'RS256 ',
    'ES256K',
    'ES512',
    'Ed448',
    'RSA-OAEP',
    ...Object.keys(ALGORITHMS),
  ],
  kid: [
    'key-2',
    'key-3',
    'KEY-1',
    'key-1 ',
    'key-1\u0000',
    '__proto__',
    'toString',
    '../../key-1',
    'k'.repeat(256),
    'k'.repeat(257),
    'k'.repeat(10_000),
  ],
  typ: [
    'jwt',
    'Jwt',
    'application/jwt',
    'APPLICATION/JWT',
    'at+jwt',
    'AT+JWT',
    'application/at+jwt',
    'logout+jwt',
    'JWS',
    'JOSE',
    'application/x/jwt',
    'text/jwt',
  ],
  crit: [['exp'], ['b64'], ['alg'], ['x'], [''], ['b64', 'b64'], [1], 'b64', {}],
  b64: [true, false, 'false', 0],
  cty: ['JWT', 'json'],
  zip: ['DEF'],
  enc: ['A256GCM'],
};
for (const [member, values] of Object.entries(HEADER_VALUES)) {
  mutation('members', `header: ${member}`, ({ header }, { pick, chance }) => {
    header[member] = chance(0.25) ? pick(ODD) : pick(values);
  });
}
for (const member of ['alg', 'kid', 'typ']) {
  mutation('members', `header: no ${member}`, ({ header }) => {
    delete header[member];
  });
}
mutation('members', 'header: crit names b64', ({ header }, { pick }) => {
  Object.assign(header, { crit: ['b64'], b64: pick([true, true, false, 'true']) });
});
mutation('members', 'header: brings a key', ({ header, alg }, { pick }) => {
  const jwk = publicJwk(keysOf(alg)[1], { kid: 'key-1' });
  Object.assign(
    header,
    pick([{ jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/x5u' }, { x5c: ['MIIC'] }, { x5t: 'x' }, { jwk: 1 }]),
  );
});
mutation('members', 'header: brings the key that signed', (making) => {
  making.jwk = keysOf(making.alg)[1];
  making.header.jwk = publicJwk(making.jwk, { kid: 'key-1' });
});
mutation('members', 'header: any member', ({ header }, { pick }) => {
  header[pick(['x', '', 'exp', 'iss', 'nonce', 'é', 'p2c', 'url', 'ALG', 'Kid'])] = pick(ODD);
});

// ---- claims

const STRINGS = {
  iss: [
    `${ISSUER}/`,
    ISSUER.toUpperCase(),
    `${ISSUER}.evil.example`,
    'https://issuer.example',
    ` ${ISSUER}`,
    `${ISSUER}\u0000`,
    'https://other.example',
    [ISSUER],
  ],
  aud: [
    'ap',
    'api2',
    'API',
    'app',
    ['api'],
    ['x', 'api'],
    ['x', 'app'],
    ['x'],
    ['api', 1],
    ['api', null],
    [['api']],
    { api: 'api' },
    'x api',
  ],
  sub: ['someone else', 'Someone', 'someone ', ['someone'], 7],
  jti: ['', 5, ['x']],
};
for (const [claim, values] of Object.entries(STRINGS)) {
  mutation('members', `claims: ${claim}`, ({ claims }, { pick, chance }) => {
    claims[claim] = chance(0.3) ? pick(ODD) : pick(values);
  });
}
for (const claim of ['iss', 'aud', 'sub', 'iat', 'nbf', 'exp', 'jti']) {
  mutation('members', `claims: no ${claim}`, ({ claims }) => {
    delete claims[claim];
  });
}
const AROUND = [
  -605, -602, -601, -600, -599, -6, -5.5, -5, -4.5, -4, -3, -2.5, -2, -1.5, -1, -0.5, -0.001, 0, 0.001, 0.5, 1, 1.5, 2, 2.5, 3, 4, 4.5, 5,
  5.5, 6,
];
for (const claim of ['iat', 'nbf', 'exp']) {
  mutation('members', `claims: ${claim} near now`, ({ claims }, { pick }) => {
    claims[claim] = NOW + pick(AROUND);
  });
  mutation('members', `claims: ${claim} odd`, ({ claims }, { pick }) => {
    claims[claim] = pick([...ODD, String(NOW + 60), `${NOW + 60}`, [NOW + 60], { valueOf: NOW + 60 }]);
  });
  mutation('members', `claims: ${claim} far away`, ({ claims }, { pick }) => {
    const sign = pick([1, -1]);
    claims[claim] =
      sign *
      pick([1e10, 1e11, 253402300799, 253402300800, 62135596800, 62135596801, 1e12, 1e13, 1e15, 2 ** 53, 1e18, 1e20, 1e21, 1e300, 5e-324]);
  });
}
mutation('members', 'claims: any claim', ({ claims }, { pick }) => {
  claims[pick(['x', '', 'scope', 'toJSON', '__proto_', 'constructor', 'ISS', 'a.b', '\u2028', 'é'])] = pick(ODD);
});

// ---- JSON texts of header and payload

const OF = ['header', 'payload'];
const inText = (name, change) => {
  for (const part of OF) {
    mutation('texts', `${part} JSON: ${name}`, (making, random) => {
      making[`${part}Text`] = change(making[`${part}Text`], random, making);
    });
  }
};
const textOf = (text) => text.toString();
/** Adds members behind those that are there. */
const append = (text, members) => textOf(text).replace(/\s*}\s*$/, `,${members}}`);

inText('duplicate member', (text, { pick }, { header, claims }) => {
  const members = Object.entries(pick([header, claims]));
  const [name, value] = pick(members.length > 0 ? members : [['a', 1]]);
  // Once more as the first and as the last; the same value and another; written plainly and with an escape.
  const again = pick([JSON.stringify(name), `"\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(name).slice(2)}`]);
  const member = `${again}:${JSON.stringify(pick([value, value, 'other', NOW + 60]) ?? null)}`;
  const both = `${JSON.stringify(name)}:${JSON.stringify(value)},${member}`;
  return pick([
    append(text, both),
    textOf(text).replace('{', `{${both},`),
    append(text, `"nested":{${both}}`),
    append(text, `"list":[{"deep":{${both}}}]`),
  ]);
});
inText('escaped names and values', (text, { int }) => {
  const strings = [...textOf(text).matchAll(/"[^"\\]+"/g)];
  if (strings.length === 0) return text;
  const { 0: string, index } = strings[int(strings.length)];
  const escaped = string.replace(/[a-z]/gi, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
  return textOf(text).slice(0, index) + escaped + textOf(text).slice(index + string.length);
});
inText('odd escapes', (text, { pick }) =>
  append(
    text,
    `"x":"${pick(['\\/', '\\b\\f\\n\\r\\t', '\\u0000', '\\ud83e\\udd81', '\\u2028', '\\uFEFF', '\\x', '\\u12', '\\u{41}', '\\', "\\'", '\\U0041', '\\0'])}"`,
  ),
);
inText('lone surrogate', (text, { pick }) => {
  const surrogate = pick(['\\ud800', '\\udc00', '\\ud800\\ud800', '\\udfff\\ud800', '\\ud83ex']);
  return append(text, pick([`"x":"${surrogate}"`, `"${surrogate}":1`, `"x":[{"y":"a${surrogate}b"}]`]));
});
inText('byte order mark', (text, { pick }) =>
  Buffer.concat(
    pick([
      [Buffer.from('\ufeff'), Buffer.from(text)],
      [Buffer.from(text), Buffer.from('\ufeff')],
    ]),
  ),
);
inText('white space', (text, { pick }) => {
  const space = pick([' ', '\t', '\n', '\r\n', '   \n']);
  return pick([
    space + text,
    text + space,
    textOf(text).replace('{', `{${space}`),
    textOf(text).replaceAll(':', `${space}:${space}`),
    textOf(text).replaceAll(',', `,${space}`),
  ]);
});
inText('foreign white space', (text, { pick }) => pick(['\u00a0', '\u2028', '\v', '\f', '\u0000', '\u3000']) + textOf(text));
inText('not UTF-8', (text, { pick }) => {
  const octets = pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82]]);
  return Buffer.concat([Buffer.from(append(text, '"x":"')).subarray(0, -1), Buffer.from(octets), Buffer.from('"}')]);
});
inText('not JSON', (text, { pick }) =>
  pick([
    () => textOf(text).replace(/}$/, ',}'),
    () => append(text, "'x':1"),
    () => append(text, 'x:1'),
    () => append(text, '"x":NaN'),
    () => append(text, '"x":Infinity'),
    () => append(text, '"x":01'),
    () => append(text, '"x":+1'),
    () => append(text, '"x":.5'),
    () => append(text, '"x":1.'),
    () => append(text, '"x":0x10'),
    () => append(text, '"x":undefined'),
    () => append(text, '"x":"a\nb"'),
    () => append(text, '"x":"a\u0001b"'),
    () => `${text}/**/`,
    () => `//\n${text}`,
    () => `${text}{}`,
    () => `${text}x`,
    () => `[${text}]`,
    () => `"${text}"`,
    () => '',
    () => 'null',
    () => '{}',
    () => '[]',
    () => '1',
    () => '"{}"',
    () => textOf(text).slice(0, -1),
    () => textOf(text).slice(1),
  ])(),
);
inText('deep nesting', (text, { pick }) => {
  const depth = pick([3, 16, 30, 31, 32, 33, 64, 300, 1500]);
  return append(text, pick([`"x":${'['.repeat(depth)}${']'.repeat(depth)}`, `"x":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`]));
});
inText('big and odd numbers', (text, { pick }) =>
  append(
    text,
    `"x":${pick(['1e400', '-1e400', '1e-400', '-0', '0e0', '1E+2', '123456789012345678901234567890', `0.${'1'.repeat(300)}`, '9'.repeat(400), '1e99999999999'])}`,
  ),
);
inText('many members', (text, { pick }) =>
  append(text, Array.from({ length: pick([15, 16, 17, 18, 60]) }, (_, number) => `"m${number}":${number}`).join(',')),
);
inText('members of prototypes', (text, { pick }) =>
  append(
    text,
    pick([
      '"__proto__":{"alg":"none","admin":true}',
      '"constructor":{"prototype":{}}',
      '"toString":1',
      '"hasOwnProperty":false',
      '"__proto__":null',
    ]),
  ),
);
inText('flipped bit', (text, { int }) => {
  const octets = Buffer.from(text);
  if (octets.length > 0) octets[int(octets.length)] ^= 1 << int(8);
  return octets;
});
inText('size', (text, { pick }) =>
  append(text, `"pad":"${'p'.repeat(pick([100, 1000, 2500, 2700, 3000, 11_000, 11_700, 12_500, 30_000]))}"`),
);
mutation('texts', 'payload JSON: exp in other digits', (making, { pick }) => {
  const exp = NOW + pick([-1, 0, 1, 600]);
  const fraction = ['0', '5', '0000001', '000000', '0000000000000000000001', '999999999'];
  const digits = pick([
    `${exp}.${pick(fraction)}`,
    `${exp}e0`,
    `${exp}E-0`,
    `${exp}0e-1`,
    `${exp / 1e9}e9`,
    `${exp}${'0'.repeat(80)}e-80`,
    `0.${'0'.repeat(60)}${exp}e70`,
    `${exp}e1`,
    `${exp}e-1`,
  ]);
  making.payloadText = textOf(making.payloadText).replace(/"exp":[-\d.e+]+/i, `"exp":${digits}`);
});
mutation('texts', 'payload JSON: nbf in other digits', (making, { pick }) => {
  const nbf = NOW + pick([-1, 0, 1]);
  const digits = pick([`${nbf}.0000005`, `${nbf}.000001`, `${nbf}.0`, `${nbf}e0`, `${nbf}0e-1`, `${nbf}.0000000000001`]);
  making.payloadText = textOf(making.payloadText).replace(/"nbf":[-\d.e+]+/i, `"nbf":${digits}`);
});

// ---- encoded parts, signed as they are

const inPart = (stage, name, change) => {
  for (const part of stage === 'parts' ? OF : ['signature']) {
    mutation(stage, `${part} text: ${name}`, (making, random) => {
      if (stage === 'parts') making[`${part}Part`] = change(making[`${part}Part`], random);
      else {
        const at = making.token.lastIndexOf('.') + 1;
        making.token = making.token.slice(0, at) + change(making.token.slice(at), random);
      }
    });
  }
};
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const insert = (text, at, piece) => text.slice(0, at) + piece + text.slice(at);

/** The same octets with a bit set that no octet has, or the text as it is where there is no such bit. */
function trailingBits(text, { int }) {
  const spare = { 2: 4, 3: 2 }[text.length % 4];
  if (!spare) return text;
  const last = ALPHABET.indexOf(text.at(-1));
  return text.slice(0, -1) + ALPHABET[last ^ (1 + int(2 ** spare - 1))];
}
for (const stage of ['parts', 'token']) {
  inPart(stage, 'trailing bits', trailingBits);
  inPart(stage, 'padding', (text, { pick }) => text + pick(['=', '==', '===', '='.repeat((4 - (text.length % 4)) % 4)]));
  inPart(stage, 'white space', (text, { pick, int }) =>
    insert(text, pick([0, text.length, int(text.length + 1)]), pick([' ', '\n', '\t', '\r', '\f', '\r\n'])),
  );
  inPart(stage, 'foreign character', (text, { pick, int }) =>
    insert(text, int(text.length + 1), pick(['+', '/', '\u0000', '\u00a0', 'é', '🦁', '\ud800', '%', '"', '\v', '\u200b'])),
  );
  inPart(stage, 'alphabet of base64', (text) => text.replaceAll('-', '+').replaceAll('_', '/'));
  inPart(stage, 'one character more or less', (text, { pick, int }) =>
    pick([() => text.slice(0, -1), () => `${text}A`, () => text.slice(1), () => insert(text, int(text.length), 'A')])(),
  );
}

// ---- signatures

mutation('signature', 'signature: flipped bit', ({ signature }, { int }) => {
  signature[int(signature.length)] ^= 1 << int(8);
});
mutation('signature', 'signature: of another key', (making) => {
  making.signature = signAlike(making.alg, keysOf(making.alg)[1], making.input);
});
mutation('signature', 'signature: of another algorithm', (making, { pick }) => {
  const kin = Object.keys(ALGORITHMS).filter((alg) => alg !== making.alg && ALGORITHMS[alg].kind === ALGORITHMS[making.alg].kind);
  making.signature = kin.length > 0 ? signAlike(pick(kin), keysOf(making.alg)[0], making.input) : Buffer.alloc(64, 1);
});
mutation('signature', 'signature: of other text', (making) => {
  making.signature = signAlike(making.alg, making.jwk, `${making.input}x`);
});
mutation('signature', 'signature: length', (making, { pick }) => {
  const { signature } = making;
  const zero = Buffer.alloc(1);
  making.signature = pick([
    () => signature.subarray(1),
    () => signature.subarray(0, -1),
    () => Buffer.concat([zero, signature]),
    () => Buffer.concat([signature, zero]),
    () => Buffer.concat([signature, signature]),
    () => Buffer.alloc(0),
    () => zero,
  ])();
});
mutation('signature', 'signature: special values', (making, { pick }) => {
  const { alg, signature, jwk } = making;
  const half = signature.length / 2;
  const zeros = Buffer.alloc(signature.length);
  if (alg.startsWith('ES')) {
    const [r, s, none, order] = [signature.subarray(0, half), signature.subarray(half), Buffer.alloc(half), orderOf(alg)];
    const der = Buffer.concat([Buffer.from([0x30, 2 * half + 4, 2, half]), r, Buffer.from([2, half]), s]);
    making.signature = pick([
      zeros,
      Buffer.concat([none, s]),
      Buffer.concat([r, none]),
      Buffer.concat([order, s]),
      Buffer.concat([r, order]),
      der,
      Buffer.alloc(signature.length, 0xff),
    ]);
  } else if (ALGORITHMS[alg].kind === 'Ed25519') {
    // S + L, L = 2^252 + 27742317777372353535851937790883648493.
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${Buffer.from(signature.subarray(half)).reverse().toString('hex')}`) + order;
    const sPlusL = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
    making.signature = pick([
      zeros,
      Buffer.concat([signature.subarray(0, half), sPlusL]),
      Buffer.concat([NEUTRAL, Buffer.alloc(32)]),
      Buffer.alloc(64, 0xff),
    ]);
  } else {
    const modulus = Buffer.from(jwk.n, 'base64url');
    const one = Buffer.from(zeros);
    one[one.length - 1] = 1;
    making.signature = pick([zeros, one, modulus.subarray(-signature.length), Buffer.alloc(signature.length, 0xff)]);
  }
});
mutation('signature', 'signature: other valid form', (making) => {
  // Both halves of an ECDSA signature are valid; a PSS salt of another length is not.
  if (making.alg.startsWith('ES')) making.signature = mirrored(making.alg, making.signature);
  else if (making.alg.startsWith('PS')) making.signature = signPss(ALGORITHMS[making.alg].hash, making.jwk, making.input, 20);
});

// ---- the token's text, after signing

mutation('token', 'token: flipped bit', (making, { int }) => {
  const octets = Buffer.from(making.token, 'latin1');
  octets[int(octets.length)] ^= 1 << int(8);
  making.token = octets.toString('latin1');
});
mutation('token', 'token: changed character', (making, { int }) => {
  const at = int(making.token.length);
  making.token = making.token.slice(0, at) + ALPHABET[int(64)] + making.token.slice(at + 1);
});
mutation('token', 'token: truncated', (making, { int }) => {
  making.token = making.token.slice(0, int(making.token.length));
});
mutation('token', 'token: shape', (making, { pick }) => {
  const { token } = making;
  const [header, payload, signature] = token.split('.');
  making.token = pick([
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `.${payload}.${signature}`,
    `${header}..${signature}`,
    `${header}.${signature}.${payload}`,
    `${payload}.${header}.${signature}`,
    `${token}.`,
    `.${token}`,
    `${token}.${signature}`,
    `${header}.${payload}..${signature}`,
    `${header}.${payload}.${signature}.x.y`,
    `Bearer ${token}`,
    token.replaceAll('.', ','),
    token.toUpperCase(),
    `"${token}"`,
    `${token} `,
    `\n${token}`,
    `${token}\u0000`,
    `${token}${token}`,
    token.replaceAll('.', '%2E'),
    '',
    '..',
  ]);
});

// ---- key sets

/** The neutral element of Ed25519, encoded. */
const NEUTRAL = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);

const inKeys = (name, change) =>
  mutation('members', `keys: ${name}`, (making, random) => {
    // An earlier mutation may have emptied the set.
    if (making.keys.length > 0)
      making.keys = change(
        making.keys.map((jwk) => ({ ...jwk })),
        random,
        making,
      );
  });
const inFirst = (name, change) =>
  inKeys(name, (keys, random, making) => {
    change(keys[0], random, making);
    return keys;
  });
inFirst('use', (jwk, { pick }) => (jwk.use = pick(['enc', 'sig', 'SIG', '', 'verify', null, ['sig'], 1])));
inFirst(
  'key_ops',
  (jwk, { pick }) =>
    (jwk.key_ops = pick([['verify'], ['sign'], [], ['encrypt'], 'verify', null, ['wrapKey', 'deriveKey'], ['Verify'], {}])),
);
inFirst(
  'key_ops that RFC 7517 forbids',
  (jwk, { pick }) =>
    (jwk.key_ops = pick([
      ['verify', 'verify'],
      ['verify', 1],
      ['verify', null],
    ])),
);
inFirst(
  'key_ops with more than verify',
  (jwk, { pick }) =>
    (jwk.key_ops = pick([
      ['sign', 'verify'],
      ['verify', 'encrypt'],
      ['verify', 'x'],
    ])),
);
inFirst(
  'alg',
  (jwk, { pick, chance }) =>
    (jwk.alg = chance(0.2) ? pick(ODD) : pick([...Object.keys(ALGORITHMS), 'HS256', 'none', 'RSA-OAEP', 'ES256K', 'rs256'])),
);
inFirst('kid', (jwk, { pick, chance }) => (jwk.kid = chance(0.4) ? pick(ODD) : pick(['key-2', 'KEY-1', 'key-1 ', 'k'.repeat(300)])));
inFirst('kid that is no string, and a header without', (jwk, { pick }, { header }) => {
  jwk.kid = pick([1, null, true, [], {}, 'k'.repeat(257)]);
  delete header.kid;
});
inFirst('no kid', (jwk) => delete jwk.kid);
inFirst('kty', (jwk, { pick }) => (jwk.kty = pick(['RSA', 'EC', 'OKP', 'oct', 'rsa', 'AKP', '', null, 1])));
inFirst('crv', (jwk, { pick }) => (jwk.crv = pick(['P-256', 'P-384', 'P-521', 'secp256k1', 'Ed25519', 'X25519', 'Ed448', 'p-256', null])));
inFirst('private members', (jwk, { pick }, { alg }) => {
  const secret = keysOf(alg)[0];
  pick([
    () => Object.assign(jwk, secret),
    () => (jwk.d = secret.d),
    () => (jwk.d = 'AQ'),
    () => (jwk.k = 'c2VjcmV0'),
    () => (jwk.p = 'AQ'),
    () => (jwk.oth = []),
    () => (jwk.d = ''),
  ])();
});
/** The members of a key that are numbers, as far as earlier mutations left them. */
const numbersOf = (jwk) => ['n', 'e', 'x', 'y'].filter((name) => typeof jwk[name] === 'string' && jwk[name] !== '');
inFirst('missing or damaged numbers', (jwk, { pick, int }) => {
  const member = pick(numbersOf(jwk));
  if (!member) return;
  const text = jwk[member];
  const octets = Buffer.from(text, 'base64url');
  pick([
    () => delete jwk[member],
    () => (jwk[member] = ''),
    () => (jwk[member] = null),
    () => (jwk[member] = 65537),
    () => (jwk[member] = base64url(octets.subarray(1))),
    () => (jwk[member] = base64url(octets.subarray(0, -1))),
    () => ((octets[int(octets.length)] ^= 1 << int(8)), (jwk[member] = base64url(octets))),
    () => (jwk[member] = base64url(Buffer.alloc(octets.length))),
    () => (jwk[member] = base64url(Buffer.alloc(octets.length, 0xff))),
  ])();
});
inFirst('numbers in another spelling', (jwk, { pick }, { alg }) => {
  const member = pick(numbersOf(jwk));
  if (!member) return;
  const text = jwk[member];
  const octets = Buffer.from(text, 'base64url');
  const spellings = [
    `${text}=`,
    `${text}==`,
    trailingBits(text, { int: () => 0 }),
    text.replaceAll('-', '+').replaceAll('_', '/'),
    `${text}\n`,
    ` ${text}`,
  ];
  jwk[member] = pick([
    ...spellings,
    base64url(Buffer.concat([Buffer.alloc(1), octets])),
    ...(alg.startsWith('E') ? [base64url(octets.subarray(octets[0] === 0 ? 1 : 0))] : []),
  ]);
});
inFirst('coordinates swapped or off the curve', (jwk) => {
  if ('y' in jwk) [jwk.x, jwk.y] = [jwk.y, jwk.x];
  else if ('x' in jwk) jwk.x = base64url(NEUTRAL);
});
inKeys('RSA exponent 1 or even', ([jwk, ...others], { pick }, making) => {
  // With e = 1 the padded message is its own signature: anyone can make it.
  if (ALGORITHMS[making.alg].kind !== 'rsa') return [jwk, ...others];
  making.forge = forgeUnderExponentOne;
  return [{ ...jwk, e: pick(['AQ', 'AQ', 'AAE', 'Ag', 'AA', 'BA']) }, ...others];
});
inKeys('Ed25519 of small order', ([jwk, ...others], _random, making) => {
  // Under the neutral element as the key, R = S·B is all that a signature must fulfil.
  if (ALGORITHMS[making.alg].kind !== 'Ed25519') return [jwk, ...others];
  making.forge = () => Buffer.concat([NEUTRAL, Buffer.alloc(32)]);
  return [{ ...jwk, x: base64url(NEUTRAL) }, ...others];
});
inKeys('RSA of another size', (keys, { pick }, making) => {
  if (ALGORITHMS[making.alg].kind !== 'rsa') return keys;
  // Hash and salt of PS512 do not fit into 1024 bits.
  making.jwk = KEYS[pick([making.alg === 'PS512' ? 'rsa-2056' : 'rsa-1024', 'rsa-2056', 'rsa-3072', 'rsa-4096', 'rsa-e3'])][0];
  return [publicJwk(making.jwk, { kid: 'key-1' })];
});
inKeys('even RSA modulus', ([jwk, ...others]) => {
  if (jwk.kty !== 'RSA') return [jwk, ...others];
  const octets = Buffer.from(String(jwk.n), 'base64url');
  octets[octets.length - 1] &= 0xfe;
  return [{ ...jwk, n: base64url(octets) }, ...others];
});
inKeys('same kid twice', ([jwk], { pick }, { alg }) => {
  const other = publicJwk(keysOf(alg)[1], { ...jwk, ...Object.fromEntries(Object.entries(publicJwk(keysOf(alg)[1]))) });
  const bad = { ...jwk, use: 'enc' };
  return pick([
    [jwk, jwk],
    [other, jwk],
    [jwk, other],
    [bad, jwk],
    [other, other, other, jwk],
    [bad, bad, bad, bad, bad, jwk],
    [other, other],
  ]);
});
inKeys('same kid five times', ([jwk], _random, { alg }) => {
  const other = { ...jwk, ...publicJwk(keysOf(alg)[1]) };
  return [other, other, other, other, jwk];
});
inKeys('of another kind beside it', (keys, { pick }) => {
  const foreign = Object.keys(KEYS).map((kind) => publicJwk(KEYS[kind].at(-1), { kid: pick(['key-1', 'foreign']) }));
  return [...foreign.slice(0, 4), ...keys, ...foreign.slice(4)];
});
inKeys('bad ones beside it', (keys, { pick }) => [
  ...pick([
    [{}],
    [{ kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' }],
    [{ kty: 'RSA', kid: 'x' }],
    [{ kty: 'EC', crv: 'P-256', x: 'AQ', y: 'AQ', kid: 'x' }],
    [{ kty: 1 }],
  ]),
  ...keys,
]);
inKeys('more than a hundred', (keys, { pick }) => {
  const filler = Array.from({ length: pick([99, 100, 101]) }, (_, number) => ({ kty: 'EC', kid: `filler-${number}` }));
  return [...filler, ...keys];
});
inKeys('none', () => []);
inKeys('only others', (keys) => keys.slice(1));
inKeys('unknown members', (keys) => keys.map((jwk) => ({ ...jwk, x5c: ['MIIC'], x5t: 1, issuer: 'x', nbf: 1, '': null })));

/** EMSA-PKCS1-v1_5 (RFC 8017 section 9.2): what a signature under e = 1 looks like. */
function forgeUnderExponentOne(making) {
  const encoded = signAlike(making.alg, making.jwk, making.input);
  // The public operation undoes the private one, which leaves the encoded message.
  return publicOperation(making.jwk, encoded);
}

function publicOperation({ n, e }, signature) {
  let [base, exponent, result] = [BigInt(`0x${signature.toString('hex')}`), BigInt(`0x${Buffer.from(e, 'base64url').toString('hex')}`), 1n];
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return Buffer.from(result.toString(16).padStart(2 * signature.length, '0'), 'hex');
}
