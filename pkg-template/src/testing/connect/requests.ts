// The requests of the Connect service, read member by member, so that a mistake is named.

import type { ConnectAuthorizationDetail, ConnectTokenSubject } from '../../connect/types.js';
import type { TriggerDestination } from '../../inspect_bg.js';
import type { TestConnector } from './connectors.js';

/** Why the service refuses a request, in its own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const bad = (message: string) => new Refusal(400, 'bad_request', message);

/** The scopes and resources of a token. */
export interface Reach {
  installationId?: string;
  scopes: string[];
  audience?: string[];
  resources?: string[];
  authorizationDetails?: ConnectAuthorizationDetail[];
}

/** The way in which a user is asked for consent. */
export interface Consent {
  returnUrl?: string;
  expiresInMs?: number;
  tenantId?: string;
  deviceCode: boolean;
}

/** A JSON object; unknown members are ignored, since services and their clients grow. */
export type JsonObject = Record<string, unknown>;

/** The body of a request. */
export async function readBody(request: Request): Promise<JsonObject> {
  const text = await request.text();
  try {
    return object(JSON.parse(text), 'the body');
  } catch (thrown) {
    throw thrown instanceof Refusal ? thrown : bad('the body must be JSON');
  }
}

export function readSubject(body: JsonObject): ConnectTokenSubject {
  const subject = object(body['subject'], '`subject`');
  const { type } = subject;
  switch (type) {
    case 'app':
      return { type };
    case 'user':
      return { type, id: text(subject, 'id'), ...optional({ issuer: maybe(text, subject, 'issuer') }) };
    case 'jwt-bearer': {
      const claims = maybe((claims, name) => object(claims[name], `\`${name}\``), subject, 'additionalClaims');
      const parties = { iss: maybe(text, subject, 'iss'), aud: maybe(text, subject, 'aud'), additionalClaims: claims };
      return { type, sub: text(subject, 'sub'), ...optional(parties) };
    }
    case 'token':
      return { type, token: text(subject, 'token') };
    default:
      throw bad('`subject.type` must be app, user, jwt-bearer or token');
  }
}

export function readReach(body: JsonObject): Reach {
  return {
    scopes: maybe(texts, body, 'scopes') ?? ['*'],
    ...optional({
      installationId: maybe(text, body, 'installationId'),
      audience: maybe(texts, body, 'audience'),
      resources: maybe(texts, body, 'resources'),
      authorizationDetails: maybe(details, body, 'authorizationDetails'),
    }),
  };
}

export function readProvision(body: JsonObject): { uid: string; serverUrl: string } {
  return { uid: text(body, 'uid'), serverUrl: text(body, 'serverUrl') };
}

/** A connector to create: a `type`, or a `service` with a `connectionMethod`, and the provider's `data`. */
export function readNewConnector(body: JsonObject): Pick<TestConnector, 'uid' | 'type' | 'name' | 'service' | 'triggers'> {
  const [type, service] = [maybe(text, body, 'type'), maybe(text, body, 'service')];
  if (type === undefined && (service === undefined || maybe(text, body, 'connectionMethod') === undefined))
    throw bad('`type` is required, or `service` and `connectionMethod`');
  object(body['data'], '`data`');
  maybe(texts, body, 'events');
  return {
    uid: text(body, 'uid'),
    name: text(body, 'name'),
    triggers: maybe(flag, body, 'triggers') ?? false,
    ...optional({ type, service }),
  };
}

export function readEnvironments(body: JsonObject): string[] {
  const environments = [...new Set(texts(body, 'environments'))];
  if (environments.length > 0 && environments.every(isEnvironment)) return environments;
  throw bad('`environments` must name production, preview, development or ids of custom environments');
}

const isEnvironment = (name: string): boolean => ['production', 'preview', 'development'].includes(name) || name.startsWith('env_');

export function readDestinations(body: JsonObject): TriggerDestination[] {
  const { destinations } = body;
  if (!Array.isArray(destinations)) throw bad('`destinations` must be an array');
  return destinations.map((value) => {
    const destination = object(value, 'each of `destinations`');
    const [branch, customEnvironmentId] = [maybe(text, destination, 'branch'), maybe(text, destination, 'customEnvironmentId')];
    if (branch !== undefined && customEnvironmentId !== undefined) throw bad('`branch` and `customEnvironmentId` exclude each other');
    const path = maybe(text, destination, 'path');
    if (path !== undefined && !path.startsWith('/')) throw bad('`path` must begin with a slash');
    return { projectId: text(destination, 'projectId'), ...optional({ branch, customEnvironmentId, path }) };
  });
}

export function readConsent(body: JsonObject): Consent {
  const returnUrl = maybe(text, body, 'returnUrl');
  if (returnUrl !== undefined && !isReturnUrl(returnUrl)) throw bad('`returnUrl` must be https, or http on this machine');
  const webhook = maybe(text, body, 'webhook');
  if (webhook !== undefined && parseUrl(webhook)?.protocol !== 'https:') throw bad('`webhook` must be https');
  maybe(text, body, 'prompt');
  return {
    deviceCode: maybe(flag, body, 'deviceCode') ?? false,
    ...optional({ returnUrl, expiresInMs: maybe(span, body, 'expiresInMs'), tenantId: maybe(text, body, 'tenantId') }),
  };
}

/** https, or http where the browser of a developer runs. */
function isReturnUrl(value: string): boolean {
  const url = parseUrl(value);
  if (url?.protocol !== 'http:') return url?.protocol === 'https:';
  return url.hostname === 'localhost' || url.hostname.endsWith('.localhost') || url.hostname === '127.0.0.1';
}

const parseUrl = (value: string): URL | undefined => (URL.canParse(value) ? new URL(value) : undefined);

function object(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw bad(`${what} must be an object`);
}

function text(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value !== '') return value;
  throw bad(`\`${name}\` must be a string that is not empty`);
}

function texts(body: JsonObject, name: string): string[] {
  const value = body[name];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')) return value;
  throw bad(`\`${name}\` must be an array of strings, none of which is empty`);
}

function flag(body: JsonObject, name: string): boolean {
  const value = body[name];
  if (typeof value === 'boolean') return value;
  throw bad(`\`${name}\` must be true or false`);
}

function span(body: JsonObject, name: string): number {
  const value = body[name];
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw bad(`\`${name}\` must be a number of milliseconds above zero`);
}

function details(body: JsonObject, name: string): ConnectAuthorizationDetail[] {
  const value = body[name];
  if (!Array.isArray(value)) throw bad(`\`${name}\` must be an array`);
  return value.map((item) => {
    const detail = object(item, `each of \`${name}\``);
    const type = text(detail, 'type');
    if (type === 'github_app_installation') checkGitHub(detail);
    return { ...detail, type };
  });
}

/** The one kind whose members are documented. */
function checkGitHub(detail: JsonObject): void {
  const each = (name: string, pattern: RegExp, form: string) => {
    const values = [detail[name] ?? []].flat();
    if (values.every((value) => typeof value === 'string' && pattern.test(value))) return;
    throw bad(`\`${name}\` of github_app_installation must be ${form}`);
  };
  maybe(text, detail, 'org');
  each('repositories', /^[\w.-]+\/[\w.-]+$/, 'names like `org/repo`');
  each('permissions', /^[a-z_]+:(read|write|admin)$/, 'permissions like `contents:read`');
}

/** Reads a member; undefined where it is missing. */
function maybe<T>(read: (body: JsonObject, name: string) => T, body: JsonObject, name: string): T | undefined {
  return body[name] === undefined ? undefined : read(body, name);
}

/** The members that are there. */
function optional<T extends object>(members: T): { [name in keyof T]?: Exclude<T[name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}
