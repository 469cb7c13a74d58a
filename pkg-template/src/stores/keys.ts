// Keys of the caller, and what is made of them: names that tell nothing, sealed values, authenticated texts.

import { invalidOption } from '../core/errors.js';

/** 32 random bytes, as bytes or in base64. `openssl rand -base64 32` prints such a key. */
export type StoreKey = string | Uint8Array;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

const LENGTH = 32;

/**
 * Reads a key, and refuses one that is not 32 bytes or that chance could not have made. A random key is refused less than once in
 * 10^9 times. Entropy itself cannot be measured: a key that passes may still be a weak one.
 */
export function readKey(key: unknown, option = 'key'): Uint8Array<ArrayBuffer> {
  const bytes = toBytes(key);
  if (bytes?.length !== LENGTH) throw invalidOption(option, `must be ${LENGTH} random bytes, or their base64`);
  const isText = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  // Of 32 random bytes about 30 differ; 16 or fewer do once in 10^13 times.
  const repeats = new Set(bytes).size <= LENGTH / 2;
  const step = ((bytes[1] as number) - (bytes[0] as number)) & 0xff;
  const counts = bytes.every((byte, at) => at === 0 || ((byte - (bytes[at - 1] as number)) & 0xff) === step);
  const oneCase = typeof key === 'string' && (!/[a-z]/.test(key) || !/[A-Z]/.test(key));
  if (isText || repeats || counts || oneCase) {
    throw invalidOption(option, `must be random: print one with \`openssl rand -base64 ${LENGTH}\``);
  }
  return bytes;
}

function toBytes(key: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (typeof key === 'string') return fromBase64(key.trim().replace(/-/g, '+').replace(/_/g, '/'));
    return key instanceof Uint8Array || Object.prototype.toString.call(key) === '[object Uint8Array]'
      ? Uint8Array.from(key as Uint8Array)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Derives keys from one key (RFC 5869). Keys for different purposes have nothing in common. */
async function derive(key: Uint8Array<ArrayBuffer>, purposes: readonly string[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const material = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
  const hkdf = (purpose: string) => ({
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: encoder.encode(`countersign ${purpose}`),
  });
  return Promise.all(purposes.map(async (purpose) => new Uint8Array(await crypto.subtle.deriveBits(hkdf(purpose), material, 256))));
}

/** Names entries by a keyed hash, and seals their values with AES-256-GCM. */
export class Sealer {
  readonly #keys: Promise<{ names: Uint8Array<ArrayBuffer>; values: CryptoKey }>;

  /** `purpose` separates what is sealed for different things with the same key. */
  constructor(key: Uint8Array<ArrayBuffer>, purpose = '') {
    const prefix = purpose && `${purpose} `;
    this.#keys = derive(key, [`${prefix}names`, `${prefix}values`]).then(async ([names, values]) => ({
      names: names as Uint8Array<ArrayBuffer>,
      values: await crypto.subtle.importKey('raw', values as Uint8Array<ArrayBuffer>, 'AES-GCM', false, ['encrypt', 'decrypt']),
    }));
    // Callers that need the keys get the error.
    this.#keys.catch(() => {});
  }

  /** The key of names. */
  async nameKey(): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#keys).names;
  }

  /** The name of an entry: HMAC-SHA256 of what it is for, in hexadecimal. */
  async name(subject: string): Promise<string> {
    return toHex(await crypto.subtle.sign('HMAC', await hmacKey(await this.nameKey(), ['sign']), encoder.encode(subject)));
  }

  /** Seals a text. The name is authenticated with it, so the value cannot be opened under another name. */
  async seal(name: string, text: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const { values } = await this.#keys;
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: encoder.encode(name) }, values, encoder.encode(text));
    return btoa(String.fromCharCode(...iv, ...new Uint8Array(sealed)));
  }

  /** Opens a sealed text; undefined where it was sealed with another key, under another name, or not at all. */
  async open(name: string, sealed: string): Promise<string | undefined> {
    const { values } = await this.#keys;
    try {
      const bytes = fromBase64(sealed);
      const algorithm = { name: 'AES-GCM', iv: bytes.subarray(0, 12), additionalData: encoder.encode(name) };
      return decoder.decode(await crypto.subtle.decrypt(algorithm, values, bytes.subarray(12)));
    } catch {
      return undefined;
    }
  }
}

/** Authenticates texts with HMAC-SHA256. They stay readable. */
export class Authenticator {
  readonly #key: Promise<CryptoKey>;

  constructor(key: Uint8Array<ArrayBuffer>, purpose: string) {
    this.#key = derive(key, [purpose]).then(([derived]) => hmacKey(derived as Uint8Array<ArrayBuffer>, ['sign', 'verify']));
    this.#key.catch(() => {});
  }

  /** The tag of a text, in hexadecimal. */
  async sign(text: string): Promise<string> {
    return toHex(await crypto.subtle.sign('HMAC', await this.#key, encoder.encode(text)));
  }

  /** Returns whether the tag is that of the text. */
  async verify(text: string, tag: string): Promise<boolean> {
    const bytes = Uint8Array.from(tag.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    return crypto.subtle.verify('HMAC', await this.#key, bytes, encoder.encode(text));
  }
}

const hmacKey = (key: Uint8Array<ArrayBuffer>, usages: KeyUsage[]): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, usages);

const toHex = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

const fromBase64 = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
