// What first-use.mjs and first-use.cjs do with the entries that they load.

const instances = [];
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, [module, imports]) {
    instances.push(...Object.keys(imports));
    return new Instance(module, imports);
  },
});

/** Prints the modules of which there is an instance after each step, one for each instance. */
export async function countInstances(load) {
  const after = {};
  const note = (step) => (after[step] = [...instances]);
  const [countersign, testing] = await load();
  note('import');
  const issuer = await testing.createTestIssuer();
  const token = await issuer.mint();
  const policy = { team: 'acme', projectId: 'prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3', environment: 'production' };
  const verifiers = [
    countersign.createVercelVerifier({ ...policy, fetch: issuer.fetch }),
    countersign.createVercelVerifier({ ...policy, jwks: issuer.jwks }),
    countersign.createVerifier({ issuer: issuer.issuer, audience: null, jwks: issuer.jwks }),
  ];
  note('verifiers');
  for (const verifier of verifiers) await verifier.verify(token);
  for (const verifier of verifiers) verifier.verifySync(token);
  countersign.decode(token);
  countersign.captureToken({ 'x-vercel-oidc-token': token });
  note('verified');
  const options = { staticKey: 'key', fetch: async () => new Response() };
  const settings = countersign.aiGatewaySettings(options);
  countersign.createAiGateway(() => ({ specificationVersion: 'v4', getAvailableModels() {} }), options);
  note('settings');
  await Promise.all([countersign.getBearerToken({ staticKey: 'key' }), countersign.describeCredentials({ env: {}, refresh: false })]);
  note('first credential');
  await countersign.getBearerToken({ staticKey: 'key' });
  await settings.fetch('https://ai-gateway.vercel.sh/v3/ai/x');
  note('second credential');
  console.log(JSON.stringify(after));
}
