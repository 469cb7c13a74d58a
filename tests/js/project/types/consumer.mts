// A user's code, as an ES module. It is only type-checked: what counts is that the declarations say what we document.
import {
  type BearerToken,
  type CapturedToken,
  type CountersignEvent,
  CountersignError,
  type AiGatewayOptions,
  type JwksStore,
  type StoreError,
  aiGatewaySettings,
  authenticatedStore,
  captureToken,
  createAiGateway,
  createVercelVerifier,
  createVerifier,
  decode,
  describeKeys,
  getAiGatewayHeaders,
  getBearerToken,
} from 'countersign';
import { type AwsCredentialsProvider, awsCredentialsProvider } from 'countersign/aws';
import { azureClientAssertion } from 'countersign/azure';
import {
  ConnectError,
  type ConnectDelivery,
  type ConnectEvent,
  type ConnectRefusal,
  type ConnectTokenResponse,
  type ReplayStore,
  createMemoryReplayStore,
  experimental_withConnectEvents,
  getToken,
  getTokenResponse,
  withConnectDelivery,
} from 'countersign/connect';
import { connect as signIn, refreshConnectTokens } from 'countersign/connect/authjs';
import { connect as signInWithBetterAuth } from 'countersign/connect/betterauth';
import { type ConnectWebhookVerifier, connectSlackAdapter, createConnectWebhookVerifier } from 'countersign/connect/chat';
import { type EveAuthFn, connect as connectEve, connectOAuth, vercelOidc } from 'countersign/connect/eve';
import { type ConsentChallenge, ConsentRequiredError, connectAuthProvider, getConsentChallenge } from 'countersign/connect/mcp';
import { connectMCPTransport } from 'countersign/connect/tanstack-ai';
import { type Explanation, explain } from 'countersign/explain';
import { type Simulation, generatePolicy, simulate } from 'countersign/inspect';
import {
  type AccessToken,
  type CredentialStore,
  type RedisClient,
  type RedisStore,
  exchangeAudience,
  exchangeToken,
  redisStore,
  shareCredentials,
} from 'countersign/exchange';
import { type FederatedToken, type Federation, type FederationReport, createFederation } from 'countersign/federation';
import { gcpAccessToken, gcpSubjectTokenSupplier } from 'countersign/gcp';
import {
  type ConnectorsReport,
  type Progress,
  type SyncReport,
  awsTrust,
  gcpTrust,
  pullEnvironment,
  readVariables,
  syncConnectors,
  syncEnvironment,
} from 'countersign/infra';
import { createGuard } from 'countersign/guard';
import { type PemOptions, certificateFetch, jwksFromCertificates, jwksFromPem } from 'countersign/keys';
import { guard, withVerifiedToken } from 'countersign/next';
import {
  type PublishResult,
  type RefreshResult,
  type RelayStore,
  type SandboxPolicy,
  type TargetRegistry,
  type TokenRelay,
  createMemoryRegistry,
  createRedisRegistry,
  createSandboxPolicyWriter,
  createSandboxWriter,
  createTokenRelay,
  publishToken,
  refreshAll,
  scheduleRefresh,
  startupScript,
} from 'countersign/refresh';
import { type TestConnectToken, createTestConnect, createTestIssuer } from 'countersign/testing';
import { type GetVercelOidcTokenOptions, type VercelOidcPayload, getVercelOidcToken, verifyVercelOidcToken } from 'countersign/vercel-oidc';

const issuer = await createTestIssuer({ alg: 'ES256' });
const verifier = createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks, fetch: issuer.fetch });
const vercel = createVercelVerifier({ team: 'acme', projectId: 'prj_1', environment: ['production', 'preview'] });

const token: string = await issuer.mint({ sub: 'a' }, { expiresIn: 60 });
export const subject: string | undefined = decode(token).claims.sub;
export const expires: number = verifier.verifySync(token, { now: 0 }).claims.exp;
export const project: string = (await vercel.verify(token)).claims.project_id;

export const explained: Explanation = explain(decode(token), { now: 0 });
export const kids: (string | undefined)[] = describeKeys(issuer.jwks, { algorithms: ['ES256'] }).map(({ kid }) => kid);

export const proxy: (request: Request) => Promise<Response | undefined> = guard(vercel);
export const GET: (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response> = withVerifiedToken(
  vercel,
  (_request: Request, { token }) => Response.json(token.claims.owner_id),
);
export const { check, requireToken } = createGuard(vercel, {
  scope: ['read'],
  check: ({ claims }, { headers }) => claims.project === headers.get('x'),
});
export const federation: Federation<{ iss: string; exp: number; plan: string }> = createFederation({
  policies: async (issuer, { signal }) => (signal.aborted ? null : [{ name: 'one', issuer, audience: 'api' }]),
  ttl: 60,
  onEvent: (event: CountersignEvent) => (event.type === 'refused' ? event.code : event.durationMs),
});
export const federated: FederatedToken<{ plan: string }> = await federation.verify(token);
export const report: FederationReport = await federation.explain(token, { now: 0 });
export const federationGuard = createGuard(federation, { check: ({ claims }) => claims.plan === 'pro' });
// @ts-expect-error a policy has an audience, or null
createFederation({ policies: (issuer) => ({ issuer }) });
// @ts-expect-error the verifier comes first
withVerifiedToken(() => Response.json(''), vercel);
// @ts-expect-error a verifier is required
guard(undefined);

const pemOptions: PemOptions = { kid: 'key-1', alg: 'RS256' };
verifier.setKeys(jwksFromPem('', pemOptions));
createVerifier({ issuer: 'https://a.example', audience: null, jwks: jwksFromCertificates({ a: '' }), fetch: certificateFetch() });
// @ts-expect-error an HMAC is not an algorithm for public keys
jwksFromPem('', { alg: 'HS256' });
// @ts-expect-error the names of a map are the keys' own
jwksFromCertificates({}, { kid: 'a' });

const service = createTestConnect({
  issuer,
  accessToken: 't',
  connectors: [{ uid: 'a/b', links: [{ projectId: 'prj_1', environments: ['preview'] }] }],
});
export const destinations: readonly { path?: string }[] | undefined = service.connectors[0]?.triggerDestinations;
service.fail({ status: 429, retryAfter: 1 }, { cut: true });
export const live: readonly TestConnectToken[] = service.tokens;

export const hook: (request: Request, context: { params: Promise<{ id: string }> }) => Promise<Response> = withConnectDelivery(
  async (request: Request, { token, body }: ConnectDelivery, { params }: { params: Promise<{ id: string }> }) =>
    Response.json([request.url, token.claims.owner_id, body.byteLength, (await params).id]),
  { team: 'acme', replay: createMemoryReplayStore({ maxEntries: 10 }), onRefused: ({ status }: ConnectRefusal) => status },
);
export const taken: (request: Request) => Promise<Response> = withConnectDelivery(() => {});
export const replays: ReplayStore = redisStore({} as RedisClient);
export const ended = experimental_withConnectEvents(({ control }: ConnectEvent) => (control?.type === 'gap' ? 'ended' : undefined), {
  verify: () => true,
});
export const webhookVerifier: ConnectWebhookVerifier = createConnectWebhookVerifier({ projectId: ['prj_1'], replay: false });
export const botToken: () => Promise<string> = connectSlackAdapter(
  'slack/acme',
  { scopes: ['x'] },
  { webhook: { ownerId: 'team_1' } },
).botToken;
export const delivered: readonly number[] = (
  await service.deliver('a/b', { to: hook as (request: Request) => Promise<Response>, claims: { aud: undefined } })
).statuses;
// @ts-expect-error `verify` is required
experimental_withConnectEvents(() => {}, {});

export const provider: string = await getToken('a/b', { subject: { type: 'user', id: 'u' }, authorizationDetails: [{ type: 'x', y: 1 }] });
export const whole: ConnectTokenResponse = await getTokenResponse(
  'a/b',
  { subject: { type: 'app' } },
  { region: 'iad1', forceRefresh: true },
);
export const consent: ConsentChallenge | undefined = getConsentChallenge(new Error());
export const tokens: Promise<{ access_token: string } | undefined> = connectAuthProvider(
  'a/b',
  { subject: { type: 'app' } },
  { vercelToken: () => 'x', consent: 'eager' },
).tokens();
export const consentUrl: string | undefined = new Error() instanceof ConsentRequiredError ? ConsentRequiredError.prototype.url : undefined;
export const mcp: { type: 'http'; fetch?: typeof fetch } = connectMCPTransport({ type: 'http' as const, url: 'https://x.example' }, 'a/b', {
  subject: { type: 'app' },
});
export const signInScope: string = signIn({ id: 'a', name: 'A', connector: 'a/b' }).authorization.params.scope;
export const signInScopes: string[] = signInWithBetterAuth({ providerId: 'a', connector: 'a/b', teamId: 'team_1' }).scopes;
export const renewed: Promise<{ refresh_token: string; expires_at?: number }> = refreshConnectTokens({
  connector: 'a/b',
  refreshToken: 'x',
});
export const auths: EveAuthFn[] = [vercelOidc({ environment: 'qa' }), connectOAuth({ ownerId: 'team_1', environment: '*' })];
export const principal: 'app' = connectEve({ connector: 'a/b', principalType: 'app' }).principalType;
// @ts-expect-error a refresh token is required
refreshConnectTokens({ connector: 'a/b' });
export const vendor: unknown = new Error() instanceof ConnectError ? ConnectError.prototype.vendor?.['x'] : undefined;

try {
  const found: BearerToken = await getBearerToken({ staticKey: { env: 'KEY' }, env: {} });
  found.expiresAt?.getTime();
} catch (error) {
  if (error instanceof CountersignError && error.code === 'ERR_CREDENTIALS_NOT_FOUND') error.causes?.map(({ reason }) => reason);
  // @ts-expect-error the codes are a closed list
  if (error instanceof CountersignError && error.code === 'ERR_UNHEARD_OF') throw error;
}

const captured: CapturedToken = captureToken(new Headers());
export const again: BearerToken = await getBearerToken({
  captured: JSON.parse(JSON.stringify(captured)),
  request: Promise.resolve(new Headers()),
  refresh: { project: 'site' },
});
export const gateway: { apiKey: string; fetch: typeof fetch } = aiGatewaySettings({ baseURL: 'https://gateway.example', minValidity: 60 });

/** The parts of the types of `@ai-sdk/gateway` 3 and 4 that matter here. */
declare function createGateway3(settings?: {
  apiKey?: string;
  baseURL?: string;
  fetch?: typeof fetch;
  headers?: Record<string, string>;
  metadataCacheRefreshMillis?: number;
}): { three: true; getAvailableModels(): Promise<unknown> };
declare function createGateway4(settings?: {
  apiKey?: string | Promise<string> | (() => string | Promise<string>);
  teamIdOrSlug?: string;
  webSocket?: new (
    url: string | URL,
    protocols?: string | string[],
    options?: { headers?: Record<string, string | undefined> },
  ) => { send(data: string): void };
  batchResultDownloads?: { maxLineBytes?: number };
}): { four: true; getAvailableModels(): Promise<unknown> };
export const three: true = createAiGateway(createGateway3, { minValidity: 60, headers: { 'x-trace': 'a' } }).three;
export const four: true = createAiGateway(createGateway4, {
  teamIdOrSlug: 'acme',
  webSocket: WebSocket,
  batchResultDownloads: { maxLineBytes: 1 },
}).four;
export const fromOptions: { four: true } = createAiGateway(createGateway4, { staticKey: 'key' } satisfies AiGatewayOptions);
createGateway3(aiGatewaySettings());
createGateway3({ ...aiGatewaySettings(), headers: {} });
// @ts-expect-error gateway 4 wants a provider of createAiGateway
createGateway4(aiGatewaySettings());
// @ts-expect-error gateway 4 wants a provider of createAiGateway
createGateway4({ ...aiGatewaySettings() });
// @ts-expect-error gateway 3 has no team
createAiGateway(createGateway3, { teamIdOrSlug: 'acme' });
// @ts-expect-error the credential is resolved, and not given
createAiGateway(createGateway4, { apiKey: 'key' });
// @ts-expect-error a provider is made already
createAiGateway({ four: true });
// @ts-expect-error so is a provider that is a function
createAiGateway((_model: string) => ({ specificationVersion: 'v4' }));
export const answer = await fetch('https://gateway.example', { headers: await getAiGatewayHeaders() });
// @ts-expect-error a captured token has both members
await getBearerToken({ captured: { token: 'x' } });

// Its functions do not need the verifier, and its options may come later.
export const { verifySync } = createVerifier(() => ({
  issuer: new URL('https://issuer.example/a'),
  audience: 'b',
  jwks: new URL('https://issuer.example/k'),
}));
// @ts-expect-error the policy belongs to the verifier
verifier.verifySync(token, { audience: 'a' });
// @ts-expect-error the policy belongs to the verifier
await vercel.verify(token, { issuer: 'a' });
// @ts-expect-error claims are the first argument
await issuer.mint({}, { aud: 'a' });
// @ts-expect-error a request is one of the options
await getBearerToken(new Request('https://app.example'));
// @ts-expect-error the audience is left unchecked only by saying so
createVerifier({ issuer: issuer.issuer });
// @ts-expect-error no HMAC with a public key
createVerifier({ issuer: issuer.issuer, audience: null, algorithms: ['HS256'] });
// @ts-expect-error claims are read-only
decode(token).claims.sub = 'b';

const registry: TargetRegistry = createMemoryRegistry();
declare const redisClient: RedisClient;
createRedisRegistry(redisClient, { prefix: 'app' });
const results: RefreshResult[] = [];
const summary = await refreshAll(
  registry,
  async ({ id }, { value, expiresAt }, { signal }) => {
    await fetch(`https://example.com/${id}`, { method: 'PUT', body: value, signal, headers: { expires: String(expiresAt) } });
  },
  { token: () => getBearerToken(), onResult: (result) => results.push(result) },
);
export const skipped: number = summary.shortLived + summary.skipped.fresh + summary.skipped['not-running'];
export const left: (number | string)[] = results.map((result) => (result.status === 'short-lived' ? result.secondsLeft : result.id));
await refreshAll([{ id: 'a', region: 'iad1' }], ({ region }) => (region === 'iad1' ? 'gone' : undefined), { token: () => 'key' });
await refreshAll(['a'], (id) => void id.length);
createSandboxWriter<string>({ sandbox: () => undefined, keyFile: '/key', restart: { cmd: 'true' } });
const networkPolicy: SandboxPolicy = {
  allow: {
    'api.example.com': [{ match: { method: ['GET'] }, transform: [{ headers: { a: 'b' } }] }, { response: { statusCode: 403 } }],
    '*': [],
  },
};
createSandboxPolicyWriter<{ id: string }>({
  sandbox: ({ id }) => (id === '' ? undefined : { status: 'running', update: async ({ networkPolicy }) => networkPolicy.allow }),
  policy: async ({ id }) => (id === 'a' ? {} : networkPolicy),
  headers: ({ value, expiresAt }) => ({ 'x-api-key': value, expires: String(expiresAt) }),
  match: { path: { startsWith: '/v4/' } },
  placeholder: ({ id }) => id,
});
// @ts-expect-error a list of domains sets no header
createSandboxPolicyWriter<string>({ sandbox: () => undefined, policy: { allow: ['*'] } });
// @ts-expect-error an update replaces the whole policy, so it must be there
createSandboxPolicyWriter<string>({ sandbox: () => undefined });
// @ts-expect-error one rule does one thing
export const twice: SandboxPolicy = { allow: { a: [{ transform: [], forwardURL: 'https://example.com' }] } };
const schedule = scheduleRefresh(({ value }) => value, { onError: (_error, { retryIn }) => retryIn });
export const due: Date | undefined = schedule.next;
export const script: string = startupScript({ command: ['agent'], keyFile: '/key' });
// @ts-expect-error a target has a name
await refreshAll([{ name: 'a' }], () => {});
// @ts-expect-error failures must be heard of
scheduleRefresh(() => {}, {});
// @ts-expect-error a link is nothing without its environments
createTestConnect({ issuer, connectors: [{ uid: 'a/b', links: [{ projectId: 'prj_1' }] }] });
// @ts-expect-error a user has an id
getToken('a/b', { subject: { type: 'user' } });
// @ts-expect-error the connector cannot be named twice
getToken('a/b', { subject: { type: 'app' }, connector: 'c' });

const { policy, outputs } = generatePolicy({
  kind: 'aws',
  accountId: '123456789012',
  team: 'acme',
  project: ['a', 'b'],
  environment: 'preview',
});
export const terraform: string | undefined = outputs.find(({ format }) => format === 'terraform')?.text;
export const simulation: Simulation = simulate({ kind: 'aws', policy, context: { 'aws:SourceIp': '203.0.113.9' }, now: null }, token);
export const fixes: (string | undefined)[] = simulation.rules.flatMap(({ checks }) => checks.map(({ fix }) => fix));
simulate(
  { kind: 'vercel-verifier', policy: { team: 'acme', projectId: 'prj_1', environment: '*' } },
  { iss: 'https://oidc.vercel.com/acme' },
);
// @ts-expect-error either a token or names
generatePolicy({ kind: 'azure', appId: '00000000-0000-0000-0000-000000000000', team: 'acme' });
// @ts-expect-error a closed list of kinds
simulate({ kind: 'ldap', policy }, token);
const target = { project: 'site', team: 'acme', token: 't', fetch: issuer.fetch };
export const connectors: Promise<ConnectorsReport> = syncConnectors({
  token: 't',
  connectors: {
    'slack/acme-bot': {
      create: { type: 'slack', data: {}, triggers: true },
      projects: { prj_1: 'production', prj_2: ['preview', 'env_1'] },
      triggerDestinations: [{ projectId: 'prj_1', path: '/hook' }],
    },
  },
  onProgress: ({ done }: Progress) => void done,
});
// @ts-expect-error a destination has a project
syncConnectors({ token: 't', connectors: { 'slack/acme-bot': { triggerDestinations: [{ path: '/hook' }] } } });
const synced: Promise<SyncReport> = syncEnvironment({
  ...target,
  values: readVariables('{}', 'pulumi'),
  targets: ['production', 'env_1'],
  onProgress: (_: Progress) => {},
});
export const changed: readonly string[] = (await synced).created.map(({ name, targets }) => `${name} in ${targets.join()}`);
export const pulled: Readonly<Record<string, string>> = (await pullEnvironment({ ...target, target: 'preview' })).values;
const trusted = { team: 'acme', project: 'site', environment: 'production' };
export const url: string = awsTrust({ ...trusted, accountId: '123456789012' }).provider.url;
export const audience: string = gcpTrust({ ...trusted, projectNumber: '123456789012' }).audience;
const redis: RedisStore = redisStore(redisClient, { prefix: 'app:' });
const store: CredentialStore & RelayStore & JwksStore = redis;
// @ts-expect-error not a client of Redis
redisStore({});
// @ts-expect-error nor is a function that sends commands
redisStore({ sendCommand: async (_command: string[]) => null });
const shared = shareCredentials(store, new Uint8Array(32), {
  storeTimeout: 1,
  onStoreError: (error: StoreError, { reason }) => console.warn(error.found, reason === 'timeout'),
});
export const authenticated = createVerifier({
  issuer: 'https://issuer.example',
  audience: null,
  jwksStore: authenticatedStore(redis, 'key'),
  storeTimeout: 1,
  onStoreError: () => {},
});
const relay: TokenRelay = createTokenRelay({
  store,
  key: ['new', 'old'],
  team: 'acme',
  ownerId: 'team_1',
  projectId: 'prj_1',
  environment: 'production',
  minAdvance: 60,
  onStoreError: () => {},
});
const published: PublishResult = await publishToken(relay, new Headers());
export const publishedUntil: Date | undefined = published.status === 'published' ? published.expiresAt : undefined;
export const publishError: CountersignError | undefined = published.status === 'failed' ? published.error : undefined;
export const relayed: Promise<BearerToken> = getBearerToken({ relay });
// @ts-expect-error a relay is for one environment
createTokenRelay({ store, key: 'key', team: 'acme', ownerId: 'team_1', projectId: 'prj_1', environment: ['production', 'preview'] });
createTokenRelay({
  store,
  key: 'key',
  team: 'acme',
  ownerId: 'team_1',
  projectId: 'prj_1',
  environment: 'production',
  // @ts-expect-error a relay has no cache
  cache: { tokens: 5 },
});
// @ts-expect-error a relay is made by `createTokenRelay`
getBearerToken({ relay: store });
export const credentials: AwsCredentialsProvider = awsCredentialsProvider({
  roleArn: 'arn:…',
  policy: { Version: '2012-10-17' },
  shared,
  relay,
});
export const secret: string = (await credentials({ forceRefresh: true })).secretAccessKey;
export const issued: AccessToken = await exchangeToken({
  url: 'https://idp.example',
  scope: ['a'],
  token: () => 'a.b.c',
  request: new Headers(),
});
export const other: AccessToken = await exchangeAudience({ audience: 'a' });
export const google: string = (await gcpAccessToken({ audience: '//iam…' })).value;
export const suppliers: (() => Promise<string>)[] = [gcpSubjectTokenSupplier().getSubjectToken, azureClientAssertion()];
// @ts-expect-error there are no keys without a role
awsCredentialsProvider({ region: 'eu-central-1' });
// @ts-expect-error a static key is not traded
gcpAccessToken({ audience: '//iam…', staticKey: 'key' });
// @ts-expect-error an audience must be named
exchangeAudience({});
const forAudience: GetVercelOidcTokenOptions = { audience: 'https://api.acme.example', jti: 'one', skipCache: true };
const verified: { payload: VercelOidcPayload } = await verifyVercelOidcToken(await getVercelOidcToken(forAudience), { environment: '*' });
export const owner: string = verified.payload.owner_id;
