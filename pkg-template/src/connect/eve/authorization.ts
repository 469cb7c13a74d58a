// The credential of a connection, from Vercel Connect.

import { type ConnectOptions, deleteTokenCacheEntry, getTokenResponse, revokeToken, startAuthorization } from '../calls.js';
import { invalidOption } from '../../core/errors.js';
import { assertKnown, ownOptions } from '../../core/options.js';
import { credentialsModule } from '../../credentials/module.js';
import { ConnectError, ConnectorInstallationRequiredError, NoValidTokenError, UserAuthorizationRequiredError } from '../errors.js';
import type { ConnectTokenParams, ConnectTokenSubject } from '../types.js';
import { ConnectionAuthorizationFailedError, ConnectionAuthorizationRequiredError } from './errors.js';
import { provisionConnector } from './provision.js';

/** The step of an authorization in which an error occurred. */
export type ConnectAuthorizationPhase = 'getToken' | 'startAuthorization' | 'completeAuthorization';

/** The principal that Eve has resolved. */
export type EveConnectionPrincipal =
  | { readonly type: 'app' }
  | {
      readonly type: 'user';
      readonly id: string;
      readonly issuer?: string;
      readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
    };

/** The connection that Eve asks for. */
export interface EveConnectionAuthorizationContext {
  /** The address of its MCP server. */
  readonly url: string;
}

interface Asked {
  readonly principal: EveConnectionPrincipal;
  readonly connection: EveConnectionAuthorizationContext;
}

interface Token {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A definition without a user who could agree. */
export interface EveNonInteractiveAuthorization {
  readonly principalType: 'app';
  getToken(asked: Asked): Promise<Token>;
}

/** A definition whose user agrees in a browser. */
export interface EveInteractiveAuthorization {
  readonly principalType: 'user';
  getToken(asked: Asked): Promise<Token>;
  startAuthorization(asked: Asked & { readonly callbackUrl?: string; readonly webhook?: string }): Promise<{
    readonly challenge: {
      readonly url: string;
      readonly userCode?: string;
      /** A date of ISO 8601. */
      readonly expiresAt?: string;
      readonly instructions?: string;
      readonly displayName?: string;
    };
  }>;
  completeAuthorization(asked: Asked): Promise<Token>;
}

/** Options of {@link connect}. Unknown members are refused. */
export interface EveAuthorizationOptions {
  /** The connector's id or uid. */
  readonly connector: string;
  /** Whether tokens are those of the agent or of the user who calls it. Default: `user`. */
  readonly principalType?: 'app' | 'user';
  /** The rest of what is requested. */
  readonly tokenParams?: Omit<ConnectTokenParams, 'subject'>;
  /** Makes the subject. Default: the agent, or the user's id and issuer. */
  readonly createSubject?: (
    principal: EveConnectionPrincipal,
    connection: EveConnectionAuthorizationContext,
  ) => ConnectTokenSubject | Promise<ConnectTokenSubject>;
  /** @deprecated Use `createSubject`, which takes precedence. */
  readonly principalToSubject?: (principal: EveConnectionPrincipal) => ConnectTokenSubject | Promise<ConnectTokenSubject>;
  readonly connectOptions?: ConnectOptions;
  /** Whether a missing OAuth connector is created for the MCP server of the connection, or linked to the project. Default: false. */
  readonly autoProvision?: boolean;
  /** Whether each `getToken` asks Connect whether the grant still stands. Each token is billed. Default: false. */
  readonly validate?: boolean;
  /** The instructions for the user. */
  readonly instructions?: string;
  /** The name of the service for the button. Default: that of the connector's service. */
  readonly displayName?: string;
  /** Returns another error in place of one; undefined for the one that this module makes. */
  readonly onError?: (error: unknown, phase: ConnectAuthorizationPhase) => Error | undefined;
}

/** A connector's id or uid, or options. */
export type EveAuthorizationInput = string | EveAuthorizationOptions;

/** The mark by which tools recognize a connection of Connect. */
export interface VercelConnectMetadata {
  readonly connector: string;
}

/** A definition with its mark, and a way to evict its tokens. */
export type EveConnectAuthorizationDefinition<Definition extends EveInteractiveAuthorization | EveNonInteractiveAuthorization> =
  Definition & {
    readonly vercelConnect: VercelConnectMetadata;
    /**
     * Evicts the tokens of a principal, so that the next `getToken` requests a new one. With `revoke` the grant is ended at Connect, too;
     * a failure of that is ignored.
     */
    readonly evict: (asked: {
      readonly principal: EveConnectionPrincipal;
      readonly connection?: EveConnectionAuthorizationContext;
      readonly revoke?: boolean;
    }) => Promise<void>;
  };

const OPTIONS = [
  'connector',
  'principalType',
  'tokenParams',
  'createSubject',
  'principalToSubject',
  'connectOptions',
  'autoProvision',
  'validate',
  'instructions',
  'displayName',
  'onError',
];

/**
 * Makes the `auth` of a connection of Eve.
 *
 * Throws `ERR_INVALID_OPTION`. Its functions reject with the errors of `eve/connections` where a user or an operator has to act, else as
 * `getTokenResponse` does.
 */
export function connect(connector: string): EveConnectAuthorizationDefinition<EveInteractiveAuthorization>;
export function connect(
  options: EveAuthorizationOptions & { readonly principalType?: 'user' },
): EveConnectAuthorizationDefinition<EveInteractiveAuthorization>;
export function connect(
  options: EveAuthorizationOptions & { readonly principalType: 'app' },
): EveConnectAuthorizationDefinition<EveNonInteractiveAuthorization>;
export function connect(
  input: EveAuthorizationInput,
): EveConnectAuthorizationDefinition<EveInteractiveAuthorization | EveNonInteractiveAuthorization>;
export function connect(
  input: EveAuthorizationInput,
): EveConnectAuthorizationDefinition<EveInteractiveAuthorization | EveNonInteractiveAuthorization> {
  const options = ownOptions<EveAuthorizationOptions>(typeof input === 'string' ? { connector: input } : input);
  assertKnown(credentialsModule, options, OPTIONS);
  const {
    connector,
    principalType = 'user',
    tokenParams,
    validate,
    autoProvision,
    instructions,
    displayName,
    connectOptions = {},
  } = options;
  if (typeof connector !== 'string' || connector === '') throw invalidOption('connector', 'must be a string, not empty');
  if (principalType !== 'user' && principalType !== 'app') throw invalidOption('principalType', 'must be `user` or `app`');

  const paramsOf = async ({ principal, connection }: Partial<Asked> & Pick<Asked, 'principal'>): Promise<ConnectTokenParams> => ({
    ...tokenParams,
    subject: await subjectOf(options, principal, connection),
  });
  /** Calls Connect. A missing connector is provisioned, and the call repeated. */
  const attempt = async <T>(
    phase: ConnectAuthorizationPhase,
    asked: Asked,
    call: (params: ConnectTokenParams) => Promise<T>,
  ): Promise<T> => {
    try {
      const params = await paramsOf(asked);
      try {
        return await call(params);
      } catch (thrown) {
        if (autoProvision !== true || !isMissing(thrown)) throw thrown;
        await provisionConnector(connector, asked.connection.url, connectOptions);
        return await call(params);
      }
    } catch (thrown) {
      throw options.onError?.(thrown, phase) ?? translate(thrown, phase, principalType);
    }
  };
  const obtain = (phase: ConnectAuthorizationPhase, asked: Asked, forceRefresh: boolean): Promise<Token> =>
    attempt(phase, asked, async (params) => {
      const { token, expiresAt } = await getTokenResponse(
        connector,
        params,
        forceRefresh ? { ...connectOptions, forceRefresh } : connectOptions,
      );
      return { token, expiresAt };
    });

  const getToken = (asked: Asked) => obtain('getToken', asked, validate === true);
  const shared = {
    vercelConnect: { connector },
    async evict({ principal, connection, revoke }: Partial<Asked> & { principal: EveConnectionPrincipal; revoke?: boolean }) {
      const params = await paramsOf({ principal, ...(connection && { connection }) });
      deleteTokenCacheEntry(connector, params);
      if (revoke !== true) return;
      const { subject, installationId } = params;
      const { forceRefresh: _, ...call } = ownOptions(connectOptions);
      // The refusal that led here is what the caller shall see.
      await revokeToken(connector, { subject, ...(installationId !== undefined && { installationId }) }, call).catch(() => {});
    },
  };
  if (principalType === 'app') return { principalType, getToken, ...shared };
  return {
    principalType,
    getToken,
    startAuthorization: ({ callbackUrl, webhook, ...asked }) =>
      attempt('startAuthorization', asked, async (params) => {
        const { forceRefresh: _, ...call } = ownOptions(connectOptions);
        const back = callbackUrl ?? webhook;
        const started = await startAuthorization(connector, params, {
          ...call,
          ...(back !== undefined && { callbackUrl: back }),
          // Where a browser may come back to http, a service may not.
          ...(webhook?.startsWith('https://') && { webhook }),
          deviceCode: true,
        });
        const name = displayName ?? started.connector?.serviceName ?? started.connector?.name;
        return {
          challenge: {
            url: started.url,
            ...(started.deviceCode && { userCode: started.deviceCode }),
            ...(started.expiresAt && { expiresAt: new Date(started.expiresAt).toISOString() }),
            ...(instructions && { instructions }),
            ...(name && { displayName: name }),
          },
        };
      }),
    completeAuthorization: (asked) => obtain('completeAuthorization', asked, false),
    ...shared,
  };
}

function subjectOf(
  { createSubject, principalToSubject }: EveAuthorizationOptions,
  principal: EveConnectionPrincipal,
  connection: EveConnectionAuthorizationContext | undefined,
): ConnectTokenSubject | Promise<ConnectTokenSubject> {
  if (createSubject && connection) return createSubject(principal, connection);
  if (principalToSubject) return principalToSubject(principal);
  if (principal.type === 'app') return { type: 'app' };
  return { type: 'user', id: principal.id, ...(principal.issuer !== undefined && { issuer: principal.issuer }) };
}

/** Returns whether a connector is missing, or not linked to this project. */
function isMissing(thrown: unknown): boolean {
  if (!(thrown instanceof ConnectError)) return false;
  const { status, provider } = thrown;
  if (status === 404) return provider?.code === 'not_found';
  return (
    status === 403 &&
    provider?.code === 'forbidden' &&
    /connector is not linked to this project/i.test(provider.description ?? thrown.message)
  );
}

/** The error of Eve for one of Connect. Any other error stays as it is. */
function translate(thrown: unknown, phase: ConnectAuthorizationPhase, principalType: 'app' | 'user'): unknown {
  if (thrown instanceof ConnectorInstallationRequiredError) {
    return new ConnectionAuthorizationFailedError(thrown, { reason: 'connector_installation_required', retryable: false });
  }
  if (!(thrown instanceof UserAuthorizationRequiredError || thrown instanceof NoValidTokenError)) return thrown;
  if (principalType === 'app') return new ConnectionAuthorizationFailedError(thrown, { reason: 'app_not_installed', retryable: false });
  if (phase !== 'completeAuthorization') return new ConnectionAuthorizationRequiredError(thrown);
  const message = 'the authorization was not completed: Vercel Connect has no grant of the user';
  return new ConnectionAuthorizationFailedError(thrown, { message, retryable: true });
}
