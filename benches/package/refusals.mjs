// The cost of what is refused, at several sizes. A refusal that costs more than its share is a way to keep a server busy.
import { KEYS, base64url, signTexts } from '../../tests/peers/keys.mjs';
import { uncachedVerifier } from './benchmarks.mjs';
import { measure } from './measure.mjs';
import { AUDIENCE, ISSUER, subject } from './tokens.mjs';

/** Of the whole token, in bytes. The last is the longest that a verifier reads unless told otherwise. */
export const SIZES = [1, 2, 4, 8, 16].map((kib) => kib * 1024);

const key = KEYS.rsa[0];
const SIGNATURE_LENGTH = 342;
const header = JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'mrk-4302ec1b670f48a98ad61dade4a23be7' });
/** In order, except for `exp`: whoever judges it has read everything before it. */
const start = `{"iss":"${ISSUER}","aud":"${AUDIENCE}","exp":1`;

/** A token of at most so many bytes whose payload `text` makes for a length. */
function payload(size, text) {
  const room = Math.floor(((size - SIGNATURE_LENGTH - 2 - base64url(header).length) * 3) / 4);
  return signTexts('RS256', key, header, text(room));
}

/** As many of the parts that `part` makes as fit between the two texts. */
function fill(length, before, part, after) {
  let text = before;
  for (let i = 0; ; i += 1) {
    const next = part(i);
    if (text.length + next.length + after.length > length) return text + after;
    text += next;
  }
}

const escaped = (text) => [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
const number = (i) => i.toString(36);
const flip = (token) => token.slice(0, -20) + (token.at(-20) === 'A' ? 'B' : 'A') + token.slice(-19);
const long = (room) => fill(room, `${start},"x":"`, () => 'x', '"}');

/** Tokens of a size, by what is hostile in them. All are signed rightly unless they say otherwise: the check that refuses comes last. */
export const SHAPES = {
  'many members, expired': (size) => payload(size, (room) => fill(room, start, (i) => `,"${number(i)}":0`, '}')),
  'many members, the last one twice': (size) => payload(size, (room) => fill(room, start, (i) => `,"${number(i)}":0`, ',"0":0}')),
  'members of escapes, the last one twice': (size) =>
    payload(size, (room) => fill(room, start, (i) => `,"${escaped(number(i))}":0`, ',"0":0}')),
  'a text of escapes, expired': (size) => payload(size, (room) => fill(room, `${start},"x":"`, () => '\\u00e9', '"}')),
  'nested as deep as allowed, expired': (size) =>
    payload(size, (room) => fill(room, `${start},"x":[0`, () => `,${'['.repeat(30)}${']'.repeat(30)}`, ']}')),
  'many audiences, none of them ours': (size) =>
    payload(size, (room) => fill(room, '{"exp":9999999999,"aud":["x"', () => ',"x"', `],"iss":"${ISSUER}"}`)),
  'a kid that is too long': (size) => {
    const end = `.${base64url('{}')}.${'A'.repeat(SIGNATURE_LENGTH)}`;
    const room = Math.floor(((size - end.length) * 3) / 4);
    return base64url(fill(room, '{"alg":"RS256","kid":"', () => 'k', '"}')) + end;
  },
  'a wrong signature over good form': (size) => flip(payload(size, long)),
  'a stray byte at the end': (size) => `${payload(size, long).slice(0, -1)}=`,
};

/** Measures every shape at every size; the refusal that is meant is the one that is measured. */
export async function refusals(countersign, progress) {
  const { jwk } = subject('RS256 2048', {}, 0);
  const verifier = uncachedVerifier(countersign, { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [jwk] } });
  const refuse = (token) => {
    try {
      verifier.verifySync(token);
    } catch (error) {
      return error.code;
    }
    throw new Error('a hostile token was accepted');
  };
  const rows = [];
  for (const [name, make] of Object.entries(SHAPES)) {
    progress(`refusing ${name}`);
    const tokens = SIZES.map(make);
    const codes = new Set(tokens.map(refuse));
    if (codes.size !== 1) throw new Error(`${name}: refused as ${[...codes].join(' and ')}, by size`);
    const measured = await measure(
      tokens.map((token) => ({ name, run: () => refuse(token) })),
      { rounds: 21, warmUpMs: 60 },
    );
    const sizes = measured.map(({ median, min, max }, i) => ({
      size: SIZES[i],
      bytes: tokens[i].length,
      median,
      min,
      max,
      nsPerByte: (1000 * median) / tokens[i].length,
    }));
    rows.push({ name, code: [...codes][0], sizes });
  }
  return rows;
}
