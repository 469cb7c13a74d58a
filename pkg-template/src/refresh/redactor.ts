// Messages of failures without secrets: an error of other code may quote the token.

import { Cancelled } from './abort-group.js';

const LONGEST = 300;
/** As long as no accident is: a shorter piece of a token is no secret. */
const PIECE = 12;

/** Redacts known secrets, longer pieces of them and anything that looks like a token. */
export class Redactor {
  readonly #secrets: string[] = [];
  readonly #pieces = new Set<string>();

  /** Makes a secret known. */
  add(secret: string): void {
    this.#secrets.push(secret);
    for (const piece of piecesOf(secret)) this.#pieces.add(piece);
  }

  /** Turns what was thrown into a reason. */
  explain(thrown: unknown): string {
    const text = this.#secrets.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), wordsOf(thrown));
    return text.replace(/[^\s"'`,;:=()<>{}[\]]{12,}/g, (word) => (this.#tells(word) ? '[redacted]' : word)).slice(0, LONGEST);
  }

  #tells(word: string): boolean {
    return readings(word).some((text) => /eyJ[\w-]{6,}/.test(text) || piecesOf(text).some((piece) => this.#pieces.has(piece)));
  }
}

/** A word as it is, and as what it may be an encoding of: of a URL, of base64 in both alphabets, of hex. */
function readings(word: string): string[] {
  const attempts = [
    () => decodeURIComponent(word),
    () =>
      atob(
        word
          .replaceAll('-', '+')
          .replaceAll('_', '/')
          .replace(/[^A-Za-z0-9+/].*$/, '')
          .replace(/^((?:.{4})*).$/, '$1'),
      ),
    () => word.replace(/[0-9a-f]{2}/gi, (digits) => String.fromCharCode(Number.parseInt(digits, 16))),
  ];
  const found = [word];
  for (const attempt of attempts) {
    try {
      found.push(attempt());
    } catch {
      // It is not written that way.
    }
  }
  return found;
}

const piecesOf = (text: string): string[] =>
  Array.from({ length: Math.max(0, text.length - PIECE + 1) }, (_, at) => text.slice(at, at + PIECE));

/**
 * The words of what was thrown, cut before they are searched, so that a message of a megabyte costs nothing. Never throws: members of an error may be
 * getters that do, and an error may be a proxy.
 */
function wordsOf(thrown: unknown): string {
  try {
    if (thrown instanceof Cancelled) return thrown.message;
    if (typeof thrown === 'string') return thrown.slice(0, 4 * LONGEST);
    if (!(thrown instanceof Error)) return `a value of type ${typeof thrown} was thrown`;
    const { code, name, message } = thrown as { code?: unknown; name: unknown; message: unknown };
    return `${typeof code === 'string' ? code : String(name)}: ${String(message)}`.slice(0, 4 * LONGEST);
  } catch {
    return 'an error that cannot be read was thrown';
  }
}
