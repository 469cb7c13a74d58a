// Where the two verdicts may differ, and why. A difference counts as explained only if the mutation that was made, the error that came of it
// and, where more is needed, the case itself all fit one of these reasons.
import { ALGORITHMS } from '../keys.mjs';

/**
 * @typedef {object} Reason
 * @property {string} reason
 * @property {string[]} by mutations that can lead to it, one of which was made
 * @property {string} [code] of the error here; none where this package accepts
 * @property {unknown[]} [jose] codes of the errors there, where jose refuses
 * @property {RegExp} [message] which check it was
 * @property {string} [claim]
 * @property {(given: object) => boolean} [when] what else must be true of the case
 */

const of = (...names) => names.flatMap((name) => (name.startsWith('*') ? [`header${name.slice(1)}`, `payload${name.slice(1)}`] : [name]));

/** A bit flipped in a JSON text before it is signed can take away or change any member. */
const NOISE = of('* JSON: flipped bit');

/** What adds members that another mutation may have added before. */
const APPENDING = of(
  ...['odd escapes', 'deep nesting', 'big and odd numbers', 'not UTF-8', 'many members', 'members of prototypes', 'size'].map(
    (name) => `* JSON: ${name}`,
  ),
);

const claim = (name, message, reason, by) => ({
  reason,
  by: [...by, ...NOISE],
  code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
  claim: name,
  message,
});
const malformed = (reason, message, by) => [
  { reason, by, code: 'ERR_JWS_INVALID', message },
  { reason, by, code: 'ERR_JWT_INVALID', message },
];
/** A key that is left out may leave no other, none of the token's name, or one that did not sign. */
const key = (reason, by, when) =>
  ['ERR_JWKS_INVALID', 'ERR_JWKS_NO_MATCHING_KEY', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'].map((code) => ({ reason, by, code, when }));

const inFuture = /lies in the future/;
const wrongType = /wrong type or form/;

const kindOf = ({ kty, crv }) => (kty === 'RSA' ? 'rsa' : crv);
const sameKind = ({ alg, keys }) => keys.filter((jwk) => kindOf(jwk) === ALGORITHMS[alg].kind);
const sameName = (given) => sameKind(given).filter(({ kid }) => kid === 'key-1');

/** Refused here and accepted by jose, on purpose. @type {Reason[]} */
export const STRICTER = [
  // The text.
  ...malformed('duplicate member names', /duplicate member name/, [...of('* JSON: duplicate member'), ...NOISE]),
  // Two mutations can add the same member.
  ...malformed('duplicate member names', /duplicate member name/, APPENDING).map((reason) => ({
    ...reason,
    when: ({ mutations }) => mutations.length === 2,
  })),
  ...malformed('lone surrogates', /lone surrogate/, of('* JSON: lone surrogate')),
  ...malformed('byte order mark', /character where a value should be/, of('* JSON: byte order mark')),
  ...malformed('nested deeper than 32 levels', /nested too deeply/, of('* JSON: deep nesting')),
  {
    reason: 'longer than `maxTokenBytes`',
    by: of('* JSON: size', '* JSON: deep nesting', 'header: kid'),
    code: 'ERR_JWS_INVALID',
    message: /bytes long, and `maxTokenBytes` allows/,
  },
  ...[
    [
      'trailing bits in base64url',
      of('* text: trailing bits', 'signature text: trailing bits', 'token: changed character', 'token: flipped bit'),
    ],
    ['padding in base64url', of('* text: padding', 'signature text: padding')],
    ['white space in base64url', of('* text: white space', 'signature text: white space', 'token: shape', 'token: flipped bit')],
  ].map(([reason, by]) => ({ reason, by, code: 'ERR_JWS_INVALID', message: /not canonical base64url|white space: trim|line break: trim/ })),

  // The header.
  {
    reason: '`crit`, though it names only `b64`',
    by: ['header: crit names b64', 'header: crit'],
    code: 'ERR_JOSE_NOT_SUPPORTED',
    message: /`crit` names/,
  },
  {
    reason: '`b64` that is not true, without `crit`',
    by: ['header: b64', 'header: crit names b64'],
    code: 'ERR_JOSE_NOT_SUPPORTED',
    message: /`b64`/,
  },
  { reason: '`typ` that is not `JWT`', by: ['header: typ', ...NOISE], code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'typ' },
  { reason: '`typ` that is no string', by: ['header: typ'], code: 'ERR_JWS_INVALID', message: /`typ` that is not a string/ },
  {
    reason: 'no `kid`, and several keys that fit',
    by: ['header: no kid', 'keys: kid that is no string, and a header without', ...NOISE],
    code: 'ERR_JWKS_NO_MATCHING_KEY',
    message: /no `kid`, and \d+ keys of the issuer fit its `alg`/,
    when: (given) => sameKind(given).length > 1,
  },

  // The claims.
  claim('exp', /is missing/, '`exp` is missing', ['claims: no exp']),
  claim('exp', wrongType, '`exp` is no instant of the years 1 to 9999', ['claims: exp far away', 'payload JSON: exp in other digits']),
  claim('nbf', wrongType, '`nbf` is no instant of the years 1 to 9999', ['claims: nbf far away']),
  claim('iat', wrongType, '`iat` is no instant of the years 1 to 9999', ['claims: iat far away']),
  claim('nbf', inFuture, '`nbf` begins later, by less than a double shows', ['payload JSON: nbf in other digits']),
  claim('sub', wrongType, '`sub` is no string', ['claims: sub']),
  claim('jti', wrongType, '`jti` is no string', ['claims: jti']),
  claim('aud', wrongType, '`aud` is neither a string nor an array of strings', ['claims: aud']),

  // The keys.
  ...key('RSA exponent of 1 or even: a forgery', ['keys: RSA exponent 1 or even']),
  ...key('key with private or secret members', ['keys: private members']),
  ...key('key whose numbers are not canonical base64url', ['keys: numbers in another spelling']),
  ...key(
    'key whose `kid` is no string of at most 256 bytes',
    ['keys: kid', 'keys: kid that is no string, and a header without'],
    ({ keys }) => keys.some(({ kid }) => kid !== undefined && !(typeof kid === 'string' && kid.length <= 256)),
  ),
  ...key(
    'Ed25519 key of small order: a forgery',
    ['keys: Ed25519 of small order', 'keys: coordinates swapped or off the curve'],
    ({ alg }) => ALGORITHMS[alg].kind === 'Ed25519',
  ),
  ...key('beyond the first hundred keys of a set', ['keys: more than a hundred'], ({ keys }) => keys.length > 100),
  {
    reason: 'not among the first four keys of its `kid`',
    by: ['keys: same kid five times', 'keys: same kid twice', 'keys: of another kind beside it'],
    code: 'ERR_JWKS_NO_MATCHING_KEY',
    message: /and only 4 are tried/,
    when: (given) => sameName(given).length > 4,
  },
];

/** Accepted here and refused by jose, on purpose. @type {Reason[]} */
export const WIDER = [
  {
    reason: '`key_ops` of a public key that has more than `verify`: WebCrypto does not import it',
    by: ['keys: key_ops with more than verify'],
    when: ({ keys }) => keys.some(({ key_ops }) => key_ops?.length > 1 && key_ops.includes('verify')),
    // The second code: where another key with the same `kid` stands beside it.
    jose: [DOMException.SYNTAX_ERR, 'ERR_JWKS_MULTIPLE_MATCHING_KEYS'],
  },
];

/** The reason of a difference: of `reasons` the first that fits the case and both verdicts. */
export const find = (reasons, given, { code, claim: blamed, message }, jose) =>
  reasons.find(
    (reason) =>
      reason.code === code &&
      (reason.jose === undefined || reason.jose.includes(jose.code)) &&
      given.mutations.some((name) => reason.by.includes(name)) &&
      (reason.claim === undefined || reason.claim === blamed) &&
      (reason.message?.test(message) ?? true) &&
      (reason.when?.(given) ?? true),
  )?.reason;
