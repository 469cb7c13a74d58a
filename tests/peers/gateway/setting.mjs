// What the tests of this folder share: a fake gateway that verifies its callers, and each major of the real provider with the
// AI SDK that it belongs to. They run in processes of their own, in the versions of Node.js that `../gateway.test.mjs` names.
import { after, before, beforeEach } from 'node:test';
import { inspect } from 'node:util';
import * as gateway4 from '@ai-sdk/gateway';
import * as ai7 from 'ai';
import * as ai6 from 'ai-6';
import * as gateway3 from 'gateway-3';
import { WebSocketServer } from 'ws';
import { startGateway } from '../../../www/scripts/gateway-api.mjs';
import { importPackage } from '../package-under-test.mjs';

/** The package under test. */
export const { countersign, testing } = await (process.env.COUNTERSIGN_ENTRIES
  ? import(process.env.COUNTERSIGN_ENTRIES)
  : importPackage('peers-gateway'));

/** The majors of the provider, with the AI SDK of each. */
export const MAJORS = { 3: { ...gateway3, ai: ai6 }, 4: { ...gateway4, ai: ai7 } };

const PROJECT = 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3';

/** The subject of the issuer's tokens. */
export const SUBJECT = 'owner:acme:project:acme_website:environment:production';

export const issuer = await testing.createTestIssuer();
const verifier = countersign.createVercelVerifier({ team: 'acme', projectId: PROJECT, environment: 'production', fetch: issuer.fetch });

/** Starts a fake gateway around the tests of a file. `fake.requests` holds those of the test. */
export function useFakeGateway(apiKeys = ['good-key']) {
  const fake = {};
  before(async () => {
    Object.assign(fake, await startGateway({ verifier, apiKeys, WebSocketServer }));
  });
  after(() => fake.close());
  beforeEach(() => fake.requests.splice(0));
  return fake;
}

/** Makes the real provider of this major with this environment, in front of the fake gateway. */
export const makeProvider = (fake, major, env, options = {}) =>
  countersign.createAiGateway(MAJORS[major].createGateway, { baseURL: `${fake.origin}/v${major}/ai`, env, refresh: false, ...options });

/** The prompt of a model, below the AI SDK. */
export const prompt = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }];

/** Calls a model without the AI SDK, which would retry. */
export const textOf = async (provider) => (await provider('demo/echo').doGenerate({ prompt })).content[0].text;

/** The error with which a promise rejects. */
export const rejectionOf = (promise) =>
  promise.then(
    (value) => {
      throw new Error(`resolved to ${inspect(value)}`);
    },
    (error) => error,
  );

/** The error of this package among the causes of another one. */
export function causeOf(error) {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof countersign.CountersignError) return inner;
  return undefined;
}

/** Everything that shows an error or an object to people. */
export const shown = (value) => [inspect(value, { depth: null, showHidden: true }), JSON.stringify(value) ?? '', String(value)].join('\n');
