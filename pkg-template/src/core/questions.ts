// What the core can be asked beside its hot path: `ANSWERS` in src/wasm/exports/questions.rs gives them, and a test holds the
// two lists against each other. Instants are seconds since the epoch; `entropy` is anything in [0, 1).

import type { CollectedSources, Described, Found } from '../credentials/resolve.js';
import type { Login } from '../host/login.js';
import type { HttpRequest } from './run-operation.js';

/** A credential in JSON, what to do besides, the number of the flight, the credential's name in the store. */
export type Look = [ready?: string, next?: HttpRequest | true, flight?: number, sharedName?: string];

/** Each question with what it comes with and what is answered; a refusal is thrown. */
export interface Questions {
  chain_describe(search: CollectedSources, now: number): { selected?: Described['source']; sources: Described[] };
  chain_resolve(search: CollectedSources, optional: boolean, now: number): Found | 'file' | 'refresh' | undefined;
  check_jws(jws: string, jwks: string, algorithms: string[]): void;
  check_signature(algorithm: string, jwk: string, message: Uint8Array, signature: Uint8Array): void;
  connect_call(action: string, options: object, token: string, entropy: number, clock: number): HttpRequest;
  connect_check(action: string, options: object): void;
  connect_forget(options: object, clock: number): void;
  exchange_check(service: string, options: object): void;
  exchange_clear(): void;
  exchange_find(
    service: string,
    options: object,
    token: string,
    minValidity: number | undefined,
    entropy: number,
    clock: number,
    storeKey: Uint8Array | undefined,
  ): Look;
  exchange_forget(service: string, options: object, token: string): void;
  exchange_restore(flight: number, credential: string, entropy: number, clock: number): boolean;
  exchange_seed(key: Uint8Array): void;
  flight_answered(flight: number, status: number, headers: string[], body: Uint8Array, clock: number): unknown;
  flight_cancel(flight: number, clock: number): void;
  flight_failed(flight: number, failure: string, clock: number): unknown;
  refresh_cached(text: string, project: string, team: string | undefined, minValidity: number, now: number): string | undefined;
  refresh_check(project: string, team: string | undefined): void;
  refresh_fetch(project: string, team: string | undefined, login: string, now: number): HttpRequest;
  refresh_login(text: string, minValidity: number, now: number): Login;
  refresh_printed(text: string, now: number): string;
  refresh_renew(refreshToken: string, now: number): HttpRequest;
  refusal(): never;
  verifier_check_keys(verifier: number, source: number, clock: number): void;
  verifier_create(options: object, vercel: boolean, jwksUrl: string | undefined, jwks: string | undefined): number;
  verifier_max_token_bytes(verifier: number): number;
  verifier_refresh(verifier: number, source: number, unknownKid: boolean, clock: number): HttpRequest | true | undefined;
  verifier_restore(verifier: number, source: number, shared: string, clock: number): boolean | undefined;
  verifier_set_keys(verifier: number, jwks: string): void;
  verifier_shared_name(verifier: number, source: number): string | undefined;
  verifier_sources(verifier: number): number;
}
