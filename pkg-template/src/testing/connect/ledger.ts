// The provider tokens that the service has issued: which of them are live, and for whom.

import type { ConnectTokenSubject } from '../../connect/types.js';
import type { Reach } from './requests.js';

/** A provider token that the service has issued. */
export interface TestConnectToken extends Readonly<Reach> {
  readonly token: string;
  /** `stk_…`, for telling tokens apart in a log. */
  readonly tokenId: string;
  /** The connector's uid. */
  readonly connector: string;
  readonly subject: ConnectTokenSubject;
  /** Whose identity it was issued for. */
  readonly projectId: string;
  readonly environment: string;
  /** Milliseconds since the epoch, as in the service's answer. */
  readonly expiresAt: number;
}

/** The identity of a subject. */
export function subjectKey(subject: ConnectTokenSubject): string {
  switch (subject.type) {
    case 'app':
      return JSON.stringify(['app']);
    case 'user':
      return JSON.stringify(['user', subject.id, subject.issuer]);
    case 'jwt-bearer':
      return JSON.stringify(['jwt-bearer', subject.sub, subject.iss, subject.aud]);
    case 'token':
      return JSON.stringify(['token', subject.token]);
  }
}

export class Ledger {
  readonly #tokens = new Map<string, TestConnectToken>();
  #issued = 0;

  /** How many tokens were ever issued. */
  get issued(): number {
    return this.#issued;
  }

  issue(grant: Omit<TestConnectToken, 'token' | 'tokenId'>): TestConnectToken {
    this.live();
    this.#issued += 1;
    const token = { ...grant, token: `test-${random()}`, tokenId: `stk_test${this.#issued}` };
    this.#tokens.set(token.token, token);
    return token;
  }

  /** The tokens that a provider would accept now; those that have expired are forgotten. */
  live(): TestConnectToken[] {
    const now = Date.now();
    for (const { token, expiresAt } of this.#tokens.values()) if (expiresAt <= now) this.#tokens.delete(token);
    return [...this.#tokens.values()];
  }

  /** Ends the tokens of a subject, or those of one installation; how many there were. */
  revoke(connector: string, subject: ConnectTokenSubject, installationId: string | undefined): number {
    const whose = subjectKey(subject);
    const ended = this.live().filter(
      (token) =>
        token.connector === connector &&
        subjectKey(token.subject) === whose &&
        (installationId === undefined || token.installationId === installationId),
    );
    for (const { token } of ended) this.#tokens.delete(token);
    return ended.length;
  }
}

/** An unguessable text. */
export function random(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_');
}
