// The firewall of the fake sandboxes: what a program in a sandbox may reach, and which headers are set on the way. It stands for Vercel's, which ends TLS
// itself; here a program sends plain HTTP to a proxy, which acts as if the request had come over TLS.

import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * Starts the proxy of one sandbox: `{ url, seen, stop() }`. `policy()` is the policy of the running session, `hosts` has the origin that stands for each host.
 * `seen` notes each request as it left.
 */
export async function startFirewall({ policy, hosts }) {
  const seen = [];
  const server = createServer(async (request, response) => {
    const refuse = (status, why) => {
      response.writeHead(status, { 'content-type': 'text/plain' });
      response.end(why);
    };
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!URL.canParse(request.url)) return refuse(400, 'not a request to a proxy');
    const url = new URL(request.url);
    const verdict = decide(policy(), url, request);
    if (!verdict.allowed) return refuse(403, `the policy does not allow ${url.hostname}`);
    if (verdict.response) {
      const { statusCode, headers = {}, body, contentType } = verdict.response;
      response.writeHead(statusCode, { ...headers, ...(contentType && { 'content-type': contentType }) });
      return response.end(body);
    }
    const origin = hosts()[url.hostname];
    if (origin === undefined || verdict.forwardURL) return refuse(502, `nothing here stands for ${verdict.forwardURL ?? url.hostname}`);
    const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...sent } = request.headers;
    const headers = { ...sent, ...verdict.headers };
    seen.push({ host: url.hostname, path: url.pathname, headers });
    try {
      const body = Buffer.concat(chunks);
      const answer = await fetch(origin + url.pathname + url.search, { method: request.method, headers, ...(body.length > 0 && { body }) });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    } catch (error) {
      refuse(502, String(error));
    }
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    stop() {
      server.closeAllConnections();
      server.close();
      return once(server, 'close');
    },
  };
}

/**
 * What a policy says of a request, as the service documents it: the domain must be allowed; of the domain's rules the first that matches is the one that
 * applies, and a request that matches none goes out unchanged. Where several patterns cover a host, this firewall takes the most specific one.
 */
export function decide(policy, url, { method, headers }) {
  if (policy === undefined || policy.mode === 'allow-all') return { allowed: true, headers: {} };
  const { allow = {} } = policy.mode === 'deny-all' ? {} : policy;
  const domains = Array.isArray(allow) ? Object.fromEntries(allow.map((domain) => [domain, []])) : allow;
  const [pattern] = Object.keys(domains)
    .filter((domain) => covers(domain, url.hostname))
    .sort((a, b) => precision(b) - precision(a));
  if (pattern === undefined) return { allowed: false };
  const rule = domains[pattern].find(({ match }) => matches(match, url, method, headers));
  const set = Object.assign({}, ...(rule?.transform ?? []).map(({ headers = {} }) => lowerCase(headers)));
  return { allowed: true, headers: set, response: rule?.response, forwardURL: rule?.forwardURL };
}

const covers = (pattern, host) =>
  new RegExp(
    `^${pattern
      .split('.')
      .map((label) => (label === '*' ? '.+' : label))
      .join('\\.')}$`,
  ).test(host);

const precision = (pattern) => (pattern.includes('*') ? pattern.length : 1000);

const lowerCase = (headers) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

function matches(match, url, method, headers) {
  if (!match) return true;
  const has = (entries, { key, value }) => entries.some(([name, text]) => compares(key, name) && compares(value, text));
  return (
    compares(match.path, url.pathname) &&
    (!match.method?.length || match.method.includes(method)) &&
    (match.queryString ?? []).every((entry) => has([...url.searchParams], entry)) &&
    (match.headers ?? []).every((entry) => has(Object.entries(headers), entry))
  );
}

function compares(matcher, text) {
  if (!matcher) return true;
  if (matcher.exact !== undefined) return text === matcher.exact;
  if (matcher.startsWith !== undefined) return text.startsWith(matcher.startsWith);
  // RE2 has its flags in the expression.
  const [, flags, expression] = /^(?:\(\?(i)\))?([^]*)$/.exec(matcher.regex);
  return new RegExp(expression, flags).test(text);
}

/** A policy as the service tells it: in the older form, with names of headers and no values, and without rules that answer. */
export function toldPolicy(policy) {
  if (policy === undefined || policy.mode) return policy;
  const { allow = {}, subnets } = policy;
  const domains = Array.isArray(allow) ? Object.fromEntries(allow.map((domain) => [domain, []])) : allow;
  const rules = Object.entries(domains).flatMap(([domain, list]) => list.map((rule) => ({ domain, ...rule })));
  return {
    mode: 'custom',
    allowedDomains: Object.keys(domains),
    injectionRules: rules
      .filter(({ transform }) => transform)
      .map(({ domain, match, transform }) => ({
        domain,
        ...(match && { match }),
        headerNames: transform.flatMap(({ headers = {} }) => Object.keys(headers)),
      })),
    forwardRules: rules
      .filter(({ forwardURL }) => forwardURL)
      .map(({ domain, match, forwardURL }) => ({ domain, ...(match && { match }), forwardURL })),
    ...(subnets?.allow && { allowedCIDRs: subnets.allow }),
    ...(subnets?.deny && { deniedCIDRs: subnets.deny }),
  };
}
