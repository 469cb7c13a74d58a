// The OAuth endpoints of the Connect service, with which users sign in (RFC 6749, RFC 7636, OpenID Connect Core 1.0).

import type { VercelClaims } from '../../verify/types.js';
import type { Connector } from './connectors.js';
import { random } from './ledger.js';
import { Refusal } from './requests.js';

/** Finds the connector of a client that presents an identity of Vercel. */
export type FindClient = (connector: string, vercelToken: string) => Promise<{ connector: Connector; caller: VercelClaims }>;

/** A sign-in that a user has agreed to. */
interface Grant {
  client: string;
  user: string;
  scope: string;
}

interface Code extends Grant {
  redirectUri: string;
  challenge: string;
}

/** A refusal in the form of RFC 6749 section 5.2. */
const refuse = (error: string, description: string, status = 400): Response =>
  Response.json({ error, error_description: description }, { status, headers: { 'cache-control': 'no-store' } });

export class SignIn {
  readonly #findClient: FindClient;
  readonly #connectors: Connector[];
  readonly #lifetimeSeconds: number;
  readonly #codes = new Map<string, Code>();
  readonly #accessTokens = new Map<string, Grant & { expiresAt: number }>();
  readonly #refreshTokens = new Map<string, Grant>();

  constructor(findClient: FindClient, connectors: Connector[], lifetimeMs: number) {
    this.#findClient = findClient;
    this.#connectors = connectors;
    this.#lifetimeSeconds = lifetimeMs / 1000;
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /oauth/authorize':
        return this.#authorize(url.searchParams);
      case 'POST /oauth/token':
        return this.#token(request.headers.get('authorization') ?? '', new URLSearchParams(await request.text()));
      case 'GET /oauth/userinfo':
        return this.#userinfo(request.headers.get('authorization') ?? '');
      default:
        throw new Refusal(404, 'not_found', 'there is nothing under this path');
    }
  }

  /** Opening the address is consent: of the user `login_hint`, else of the connector's first. */
  #authorize(query: URLSearchParams): Response {
    const client = query.get('client_id') ?? '';
    const connector = this.#connectors.find(({ uid, id }) => uid === client || id === client);
    if (!connector) return refuse('invalid_client', 'there is no such connector', 401);
    const redirectUri = query.get('redirect_uri') ?? '';
    if (!URL.canParse(redirectUri)) return refuse('invalid_request', '`redirect_uri` must be a URL');
    const back = new URL(redirectUri);
    const state = query.get('state');
    if (state !== null) back.searchParams.set('state', state);
    const challenge = query.get('code_challenge');
    const problem =
      query.get('response_type') !== 'code'
        ? 'unsupported_response_type'
        : challenge === null || query.get('code_challenge_method') !== 'S256'
          ? 'invalid_request'
          : undefined;
    if (problem !== undefined) back.searchParams.set('error', problem);
    else {
      const code = random();
      const user = query.get('login_hint') ?? connector.signsIn;
      this.#codes.set(code, { client, user, scope: query.get('scope') ?? '', redirectUri, challenge: challenge as string });
      back.searchParams.set('code', code);
    }
    return new Response(null, { status: 302, headers: { location: back.href } });
  }

  async #token(authorization: string, form: URLSearchParams): Promise<Response> {
    const [client, vercelToken] = readBasic(authorization);
    if (client === undefined || vercelToken === undefined) return refuse('invalid_client', 'the client must authenticate with Basic', 401);
    try {
      await this.#findClient(client, vercelToken);
    } catch (thrown) {
      if (thrown instanceof Refusal) return refuse('invalid_client', thrown.message, 401);
      throw thrown;
    }
    const grant = await this.#grant(form);
    if (grant === undefined || grant.client !== client)
      return refuse('invalid_grant', 'the code or token is not one of this client, or was used');
    return this.#issue(grant);
  }

  /** The grant behind a code or a refresh token. Both are used once. */
  async #grant(form: URLSearchParams): Promise<Grant | undefined> {
    if (form.get('grant_type') === 'refresh_token') {
      const token = form.get('refresh_token') ?? '';
      const grant = this.#refreshTokens.get(token);
      this.#refreshTokens.delete(token);
      return grant;
    }
    const code = form.get('code') ?? '';
    const grant = form.get('grant_type') === 'authorization_code' ? this.#codes.get(code) : undefined;
    this.#codes.delete(code);
    const challenge = await s256(form.get('code_verifier') ?? '');
    return grant?.redirectUri === form.get('redirect_uri') && grant.challenge === challenge ? grant : undefined;
  }

  #issue({ client, user, scope }: Grant): Response {
    const [accessToken, refreshToken] = [`test-${random()}`, `test-${random()}`];
    const offline = scope.split(' ').includes('offline_access');
    this.#accessTokens.set(accessToken, { client, user, scope, expiresAt: Date.now() + this.#lifetimeSeconds * 1000 });
    if (offline) this.#refreshTokens.set(refreshToken, { client, user, scope });
    const tokens = { access_token: accessToken, token_type: 'Bearer', expires_in: this.#lifetimeSeconds, scope };
    return Response.json({ ...tokens, ...(offline && { refresh_token: refreshToken }) }, { headers: { 'cache-control': 'no-store' } });
  }

  #userinfo(authorization: string): Response {
    const grant = this.#accessTokens.get(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '');
    if (grant === undefined || grant.expiresAt <= Date.now())
      return refuse('invalid_token', 'the access token is not one of this service', 401);
    const { user } = grant;
    return Response.json({
      sub: user,
      name: user,
      email: `${user}@example.com`,
      email_verified: true,
      picture: `https://example.com/${user}.png`,
    });
  }
}

/** The two halves of Basic credentials, each percent-encoded (RFC 6749 section 2.3.1). */
function readBasic(authorization: string): (string | undefined)[] {
  try {
    const [, encoded = ''] = /^Basic +(\S+)$/i.exec(authorization) ?? [];
    const [, client, secret] = /^([^:]+):([^:]+)$/.exec(atob(encoded)) ?? [];
    return [client, secret].map((half) => (half === undefined ? undefined : decodeURIComponent(half)));
  } catch {
    return [];
  }
}

async function s256(verifier: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  return btoa(String.fromCharCode(...digest))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}
