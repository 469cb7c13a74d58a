// The guarded routes: who is let in, who is not, and why.

const ROUTES = [
  ['/api/node', 'Node.js route'],
  ['/api/edge', 'Edge route'],
  ['/protected', 'proxy'],
];

export async function routes({ issuer, token }) {
  const callers = [
    ['a good token', token, 200],
    ['an expired token', await issuer.mint({}, { expiresIn: -60 }), 401],
    ['a wrong project', await issuer.mint({ project_id: 'prj_another' }), 401],
    ['no token', undefined, 401],
  ];
  return {
    async show({ call, row, expect }) {
      for (const [path, kind] of ROUTES) {
        for (const [name, presented, status] of callers) {
          const response = await call(path, presented);
          expect(response.status === status);
          row(`${path} (${kind})`, name, response.status, await reason(response));
        }
      }
      const health = await (await call('/api/health')).json();
      row('/api/health', 'anyone', 200, `credential in use: ${health.credentials.selected}`);
    },
  };
}

/** What a refusal says for itself. */
export async function reason(response) {
  if (response.ok) return 'accepted';
  const { code, error_description: description } = await response.json();
  return code ? `${code}: ${description}` : description;
}
