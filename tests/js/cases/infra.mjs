// countersign/infra: trust documents, and a synchronisation against a project that is one list.

const VARIABLES = { AWS_REGION: 'eu-central-1', AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/app' };

/** As much of Vercel's REST API as one project needs: it lists what was created. */
function project() {
  const envs = [];
  const answer = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
  const fetcher = async (_url, { method, body }) => {
    if (method === 'GET') return answer({ envs, pagination: { count: envs.length, next: null, prev: null } });
    for (const item of JSON.parse(body)) envs.push({ ...item, id: String(envs.length), decrypted: true });
    return answer({ created: [], failed: [] }, 201);
  };
  return { envs, options: { project: 'site', team: 'acme', token: 'token', fetch: fetcher } };
}

export const cases = [
  {
    name: 'infra: a synchronisation creates what is missing, and finds it unchanged the next time',
    async run({ infra, assert }) {
      const { envs, options } = project();
      const first = await infra.syncEnvironment({ ...options, values: VARIABLES });
      const lines = Object.keys(VARIABLES).map((name) => ({ name, targets: ['development', 'preview', 'production'] }));
      assert.same(first.created, lines);
      assert.equal(envs[0].comment.startsWith('Set by countersign, stack default: do not edit.'), true);
      assert.same((await infra.syncEnvironment({ ...options, values: VARIABLES })).unchanged, lines);
      const { values } = await infra.pullEnvironment(options);
      assert.same(values, VARIABLES);
    },
  },
  {
    name: 'infra: what is no option, no variable or no answer is refused with a code',
    async run({ infra, assert }) {
      const { options } = project();
      await assert.rejects(infra.syncEnvironment({ ...options, values: { TZ: 'UTC' } }), 'ERR_INVALID_OPTION');
      await assert.rejects(infra.syncEnvironment({ ...options, values: VARIABLES, vlaues: {} }), 'ERR_INVALID_OPTION');
      const odd = async () => new Response('<html>', { status: 200 });
      await assert.rejects(infra.syncEnvironment({ ...options, values: VARIABLES, fetch: odd }), 'ERR_EXCHANGE_INVALID');
    },
  },
  {
    name: 'infra: trust documents name the issuer, the audience and the subject',
    run({ infra, assert }) {
      const { provider, trustPolicy } = infra.awsTrust({
        team: 'acme',
        project: 'site',
        environment: 'production',
        accountId: '123456789012',
      });
      assert.same(provider, {
        url: 'https://oidc.vercel.com/acme',
        clientIds: ['https://vercel.com/acme'],
        thumbprints: [],
        arn: 'arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/acme',
      });
      assert.same(trustPolicy.Statement[0].Condition.StringEquals, {
        'oidc.vercel.com/acme:aud': 'https://vercel.com/acme',
        'oidc.vercel.com/acme:sub': 'owner:acme:project:site:environment:production',
      });
      assert.throws(
        () => infra.awsTrust({ team: 'acme', project: '*', environment: 'production', accountId: '123456789012' }),
        'ERR_INVALID_OPTION',
      );
    },
  },
  {
    name: 'infra: variables are read and written',
    run({ infra, assert }) {
      assert.same(infra.readVariables('{"roleArn":"x"}', 'sst', { AWS_ROLE_ARN: 'roleArn' }), { AWS_ROLE_ARN: 'x' });
      const file = infra.formatDotenv({ A: "it's", B: '$x' });
      assert.same(infra.readVariables(file, 'dotenv'), { A: "it's", B: '$x' });
      assert.throws(() => infra.readVariables('A=$x', 'dotenv'), 'ERR_INVALID_OPTION');
    },
  },
];
