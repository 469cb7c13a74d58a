// Where the verdicts of the other peers differ, and why. As in reasons.mjs, a difference is explained only where the mutation that was made, the error
// that came of it, and the peer fit one reason.

/**
 * @typedef {object} PeerReason
 * @property {string} reason
 * @property {string[]} peers
 * @property {RegExp} by names of mutations that can lead to it, one of which was made
 * @property {RegExp} [message] of the error here
 * @property {string} [claim]
 * @property {RegExp} [there] message of the error there, where the peer refuses
 * @property {true} [rare] whether a tenth of the cases may have none
 */

const AWS = 'aws-jwt-verify';
const FAST = 'fast-jwt';
const JSONWEBTOKEN = 'jsonwebtoken';
const ALL = [AWS, FAST, JSONWEBTOKEN];
const UNCHECKED = [FAST, JSONWEBTOKEN];

/** A flipped bit in a JSON text before it is signed can change any member. */
const orNoise = (by) => new RegExp(`${by.source}|JSON: flipped bit`);
const wrongType = /wrong type or form/;

/** Refused here and accepted by the peers, on purpose. @type {PeerReason[]} */
export const PEER_STRICTER = [
  // The text.
  {
    reason: 'duplicate member names',
    peers: ALL,
    message: /duplicate member name/,
    by: orNoise(/JSON: (duplicate member|odd escapes|deep nesting|big and odd numbers|not UTF-8|many members|members of prototypes|size)/),
  },
  { reason: 'lone surrogates', peers: ALL, message: /lone surrogate/, by: /JSON: lone surrogate/ },
  { reason: 'text that is not UTF-8', peers: ALL, message: /is not UTF-8/, by: orNoise(/JSON: not UTF-8/) },
  { reason: 'nested deeper than 32 levels', peers: ALL, message: /nested too deeply/, by: /JSON: deep nesting/ },
  { reason: 'longer than `maxTokenBytes`', peers: ALL, message: /`maxTokenBytes` allows/, by: /JSON: (size|deep nesting)/ },
  {
    reason: 'trailing bits in base64url',
    peers: ALL,
    message: /not canonical base64url/,
    by: /text: (trailing bits|one character more or less)|token: (changed character|flipped bit)/,
  },
  { reason: 'padding in base64url', peers: [AWS], message: /not canonical base64url/, by: /text: padding/ },

  // The header.
  { reason: '`crit` with an extension', peers: [AWS, JSONWEBTOKEN], message: /`crit` names/, by: /header: crit/ },
  { reason: '`crit` that is empty or not an array', peers: ALL, message: /malformed `crit`/, by: orNoise(/header: crit/) },
  { reason: '`b64` that is not true', peers: ALL, message: /`b64`/, by: /header: (b64|crit names b64)/ },
  { reason: '`typ` that is not `JWT`', peers: ALL, claim: 'typ', message: /`typ`/, by: orNoise(/header: typ/) },
  { reason: '`typ` that is not a string', peers: ALL, message: /`typ` that is not a string/, by: /header: typ/ },

  // The claims.
  { reason: '`exp` is missing', peers: ALL, claim: 'exp', message: /is missing/, by: orNoise(/claims: no exp/) },
  ...['exp', 'nbf', 'iat'].map((claim) => ({
    reason: `\`${claim}\` is not a time of the years 1 to 9999`,
    peers: ALL,
    claim,
    message: wrongType,
    by: new RegExp(`claims: ${claim} far away|JSON: ${claim} in other digits`),
  })),
  { reason: '`iat` is not a number', peers: UNCHECKED, claim: 'iat', message: wrongType, by: /claims: iat odd/ },
  { reason: '`sub` is not a string', peers: UNCHECKED, claim: 'sub', message: wrongType, by: orNoise(/claims: sub/) },
  { reason: '`jti` is not a string', peers: UNCHECKED, claim: 'jti', message: wrongType, by: orNoise(/claims: jti/) },
  {
    reason: '`aud` with a value that is not a string',
    peers: [JSONWEBTOKEN],
    claim: 'aud',
    message: wrongType,
    by: /claims: aud/,
    rare: true,
  },
  { reason: '`aud` is missing', peers: [FAST], claim: 'aud', message: /is missing/, by: orNoise(/claims: no aud/) },
  { reason: '`iss` is missing', peers: [FAST], claim: 'iss', message: /is missing/, by: orNoise(/claims: no iss|JSON: not JSON/) },
  {
    reason: '`exp` is now',
    peers: [AWS, FAST],
    claim: 'exp',
    message: /has expired/,
    by: orNoise(/claims: exp near now|JSON: exp in other digits/),
  },
  {
    reason: '`nbf` begins later, by less than a double shows',
    peers: ALL,
    claim: 'nbf',
    message: /lies in the future/,
    by: /JSON: nbf in other digits/,
    rare: true,
  },

  // The keys.
  { reason: 'beyond the first hundred keys of a set', peers: ALL, message: /99 more|100 more|first 100/, by: /keys: more than a hundred/ },
  { reason: '`key_ops` that does not allow to verify', peers: ALL, message: /`key_ops`/, by: /keys: key_ops/ },
  { reason: '`alg` of the key', peers: UNCHECKED, message: /`alg` is not|none of the allowed|no usable key/, by: /keys: alg/ },
  { reason: '`alg` of the key is empty', peers: [AWS], message: /`alg` is not/, by: /keys: alg/, rare: true },
  // Without an `alg` of the key, the kind of the key decides there.
  { reason: '`alg` of the token is of another kind of key', peers: [AWS], message: /no usable key/, by: /header: alg/, rare: true },
  { reason: '`use` that is not `sig`', peers: [AWS], message: /`use` is not `sig`/, by: /keys: use/ },
  { reason: 'key with private or secret members', peers: ALL, message: /private or secret members/, by: /keys: private members/ },
  {
    reason: 'key whose numbers are not canonical base64url',
    peers: ALL,
    message: /is not base64url/,
    by: /keys: numbers in another spelling/,
  },
  { reason: 'RSA exponent of 1 or even: a forgery', peers: ALL, message: /RSA exponent/, by: /keys: RSA exponent 1 or even/ },
  { reason: 'RSA under 2048 bits', peers: ALL, message: /shorter than 2048 bits/, by: /keys: RSA of another size/ },
  {
    reason: 'Ed25519 key of small order: a forgery',
    peers: [AWS, FAST],
    message: /small order/,
    by: /keys: (Ed25519 of small order|coordinates swapped)/,
    rare: true,
  },
];

/** Accepted here and refused by the peers, on purpose. @type {PeerReason[]} */
export const PEER_WIDER = [
  { reason: 'no `kid`, and one key that fits', peers: ALL, there: /kid/, by: orNoise(/header: no kid|keys: kid that is no string/) },
  {
    reason: 'several keys of one `kid`: the first one alone is tried',
    peers: ALL,
    there: /signature|algorithm|"alg" parameter|not for signatures|not allowed|key/i,
    by: /keys: (same kid|of another kind beside it|bad ones beside it)/,
  },
  { reason: 'both names of Ed25519 are one algorithm', peers: [AWS, FAST], there: /algorithm/, by: /(header|keys): alg/, rare: true },
  { reason: '`scope` that is not a string', peers: [AWS], there: /scope claim is not a string/, by: /claims: any claim/, rare: true },
  { reason: 'a key with a member of another type fails the set', peers: [AWS], there: /Expected a valid JWK/, by: /keys: /, rare: true },
];

/** Both accept, and the peer reads other claims. */
export const PEER_READING = [
  { reason: 'members that are named like those of prototypes are left out', peers: [AWS], by: /members of prototypes|claims: any claim/ },
];

/** The reason of a difference: of `reasons` the first that fits. */
export const findPeerReason = (reasons, peer, given, here, there) =>
  reasons.find(
    ({ peers, by, message, claim, there: error }) =>
      peers.includes(peer) &&
      given.mutations.some((name) => by.test(name)) &&
      (message?.test(here.message) ?? true) &&
      (claim === undefined || claim === here.claim) &&
      (error?.test(there.message) ?? true),
  )?.reason;
