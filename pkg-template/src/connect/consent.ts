// The consent of a user, as an error that a route handler turns into a redirect.

import { CountersignError } from '../core/errors.js';
import { redact } from '../core/redact.js';
import type { ConnectTokenSubject } from './types.js';

/** A consent that is missing: send the user to `url`. Printing it, or making it JSON, does not show the verifier. */
export interface ConsentChallenge {
  readonly connector: string;
  readonly subject: ConnectTokenSubject;
  readonly url: string;
  readonly request: string;
  /** A secret. */
  readonly verifier: string;
  readonly deviceCode?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
}

/** The challenge of each error. Outside the error, since the console of a browser shows private members. */
const challenges = new WeakMap<ConsentRequiredError, ConsentChallenge>();

/** The user has to agree first. Redirect to `url`. */
export class ConsentRequiredError extends CountersignError {
  declare readonly connector: string;
  declare readonly url: string;
  declare readonly request: string;
  declare readonly deviceCode?: string;
  /** Milliseconds since the epoch. */
  declare readonly expiresAt?: number;

  constructor(challenge: ConsentChallenge) {
    const message = `the user must agree first for connector \`${challenge.connector}\`; redirect to \`url\``;
    const provider = { name: 'connect', code: 'user_authorization_required' };
    super({ code: 'ERR_EXCHANGE_REJECTED', message, provider });
    const { subject, verifier, ...visible } = challenge;
    challenges.set(this, challenge);
    for (const [name, value] of Object.entries(visible)) if (value !== undefined) Object.assign(this, { [name]: value });
  }

  get subject(): ConnectTokenSubject {
    return (challenges.get(this) as ConsentChallenge).subject;
  }

  /** A secret, which is not printed. */
  get verifier(): string {
    return (challenges.get(this) as ConsentChallenge).verifier;
  }
}

// Written out, since bundlers rename classes.
Object.defineProperty(ConsentRequiredError.prototype, 'name', { value: 'ConsentRequiredError' });
// Shows a copy: with `getters` and `showHidden`, `util.inspect` calls the accessors of a class.
Object.defineProperty(ConsentRequiredError.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: ConsentRequiredError) {
    const shown = Object.assign(new Error(this.message), this);
    if (this.stack !== undefined) shown.stack = this.stack;
    return shown;
  },
});

/** Returns whether an error is a {@link ConsentRequiredError} itself. {@link getConsentChallenge} also finds it behind other errors. */
export const isConsentRequiredError = (error: unknown): error is ConsentRequiredError => error instanceof ConsentRequiredError;

/** How many causes are followed. */
const MAX_CAUSES = 16;

/**
 * Finds the consent that is missing in an error or its causes. Clients of MCP wrap what a provider throws.
 *
 * An error of another copy of this package, or of `@vercel/connect`, is recognized by its name.
 */
export function getConsentChallenge(error: unknown): ConsentChallenge | undefined {
  let current = error as (Partial<ConsentChallenge> & { name?: unknown; cause?: unknown }) | null | undefined;
  for (let depth = 0; depth < MAX_CAUSES && typeof current === 'object' && current !== null; depth += 1) {
    const { name, connector, subject, url, request, verifier, deviceCode, expiresAt } = current;
    const texts = [connector, url, request, verifier].every((text) => typeof text === 'string');
    if (name === 'ConsentRequiredError' && texts && subject !== undefined) {
      return challengeOf({ connector, subject, url, request, verifier, deviceCode, expiresAt } as ConsentChallenge);
    }
    current = current.cause as typeof current;
  }
  return undefined;
}

/** A challenge whose secrets are read by their names and not printed. */
export function challengeOf({ subject, verifier, ...visible }: ConsentChallenge): ConsentChallenge {
  const secret = subject.type === 'token' ? { subject, verifier } : { verifier };
  return redact(subject.type === 'token' ? visible : { subject, ...visible }, secret) as ConsentChallenge;
}
