// What generatePolicy writes, run: the programs against fakes of their libraries, the commands in a real shell. Both must
// arrive at the policy that the simulator was shown, whatever the subject is called.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { transform } from 'esbuild';
import { installProject } from './install.mjs';
import { command } from './runtimes/command.mjs';

const SUBJECTS = ['owner:acme:project:site:environment:production', 'repo:it\'s/"q":${aws:username}:$(echo x)`y`\\z:%{a}:*,?'];
const KINDS = {
  aws: { accountId: '123456789012' },
  gcp: { projectNumber: '123456789', serviceAccount: 'site@acme-1.iam.gserviceaccount.com' },
  azure: { appId: '00000000-0000-0000-0000-00000000000a' },
};
const ARN = 'arn:aws:iam::123456789012:oidc-provider/issuer.example';

let inspect;
before(async () => {
  const project = await installProject('inspect');
  inspect = await import(pathToFileURL(join(project, 'node_modules/countersign/dist/inline/inspect.js')));
});

const generate = (kind, sub) => {
  const token = { iss: 'https://issuer.example', aud: 'an,audience', sub };
  const { policy, outputs } = inspect.generatePolicy({ kind, ...KINDS[kind], token });
  assert.ok(inspect.simulate({ kind, policy, now: null }, token).accepted, `${kind}: its own token`);
  return { policy, texts: Object.fromEntries(outputs.map(({ format, text }) => [format, text])) };
};

/** The resources that a program makes, of libraries in which every name is a class. */
async function run(text, globals = {}) {
  const { code } = await transform(text, { loader: 'ts', format: 'cjs', target: 'es2022' });
  const made = [];
  const resource = (type) =>
    function Resource(_name, args) {
      made.push({ type, args });
      return { ...args, arn: ARN, name: _name };
    };
  const classes = new Proxy({}, { get: (_, type) => resource(type) });
  const libraries = {
    '@pulumi/aws': { iam: classes },
    '@pulumi/azuread': { ApplicationFederatedIdentityCredential: resource('credential'), getApplicationOutput: () => ({ id: 'id' }) },
    '@pulumi/gcp': { iam: classes, serviceaccount: classes },
    '@pulumi/pulumi': { jsonStringify: JSON.stringify },
  };
  const all = { aws: libraries['@pulumi/aws'], $jsonStringify: JSON.stringify, ...globals };
  const module = { exports: {} };
  new Function('require', 'exports', 'module', ...Object.keys(all), code)(
    (name) => libraries[name],
    module.exports,
    module,
    ...Object.values(all),
  );
  return made;
}

/** The commands that a shell understands, as lists of words. */
async function shell(text) {
  const tools = ['aws', 'gcloud', 'az'].map((tool) => `${tool}() { printf '%s\\0' ${tool} "$@"; printf '\\0\\0'; }`).join('\n');
  const printed = await command('sh', ['-euc', `${tools}\n${text}`]);
  return printed
    .split('\0\0\0')
    .filter(Boolean)
    .map((words) => words.split('\0').filter(Boolean));
}

const after = (words, option) => words[words.indexOf(option) + 1];
const value = (words, option) => words.find((word) => word.startsWith(`${option}=`)).slice(option.length + 1);

for (const sub of SUBJECTS) {
  test(`aws, for ${sub}`, async () => {
    const { policy, texts } = generate('aws', sub);
    let sst = [];
    const config = { $config: ({ run }) => run() };
    for (const made of [await run(texts.pulumi), (sst = await run(texts.sst, config))]) {
      assert.deepEqual(
        made.map(({ type }) => type),
        ['OpenIdConnectProvider', 'Role'],
      );
      assert.deepEqual(made[0].args, { url: 'https://issuer.example', clientIdLists: ['an,audience'] });
      assert.deepEqual(JSON.parse(made[1].args.assumeRolePolicy), policy);
    }
    assert.equal(sst.length, 2);
    const [provider, role] = await shell(texts.cli);
    assert.equal(after(provider, '--client-id-list'), 'an,audience');
    assert.deepEqual(JSON.parse(after(role, '--assume-role-policy-document')), policy);
  });

  test(`gcp, for ${sub}`, async () => {
    const { policy, texts } = generate('gcp', sub);
    const [, provider, member] = await run(texts.pulumi);
    const { attributeCondition, attributeMapping, oidc } = provider.args;
    assert.deepEqual({ attributeCondition, attributeMapping, oidc, name: policy.name }, policy);
    assert.ok(member.args.member.endsWith(`/subject/${sub}`), member.args.member);
    const [, create, bind] = await shell(texts.cli);
    assert.equal(value(create, '--attribute-condition'), policy.attributeCondition);
    assert.equal(value(create, '--allowed-audiences'), '^;^an,audience');
    assert.equal(value(bind, '--member'), member.args.member);
  });

  test(`azure, for ${sub}`, async () => {
    const { policy, texts } = generate('azure', sub);
    const made = await run(texts.pulumi);
    const bodies = made.map(({ args: { displayName: name, issuer, subject, audiences } }) => ({ name, issuer, subject, audiences }));
    assert.deepEqual(bodies, policy);
    const [create] = await shell(texts.cli);
    assert.deepEqual([JSON.parse(after(create, '--parameters'))], policy);
  });
}
