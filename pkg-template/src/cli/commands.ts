// Every command there is. To add one, add its file and its row here; a file is loaded only when its command is called.

import type { Command } from './command.js';

export interface Row {
  readonly name: string;
  /** One line for the general help. */
  readonly about: string;
  readonly load: () => Promise<{ default: Command }>;
}

export const COMMANDS: readonly Row[] = [
  { name: 'inspect', about: 'read a token, and say in words what it claims', load: () => import('./inspect.js') },
  { name: 'verify', about: 'verify a token against a policy; the exit code says how it went', load: () => import('./verify.js') },
  {
    name: 'doctor',
    about: 'which credential would be sent from here, and what is wrong with the others',
    load: () => import('./doctor.js'),
  },
  { name: 'issuer', about: 'an issuer for local development: mint tokens, serve their keys', load: () => import('./issuer.js') },
  { name: 'policy', about: 'would a cloud’s policy let the token in, and which is the least that does', load: () => import('./policy.js') },
  {
    name: 'env',
    about: 'keep the environment variables of a Vercel project in step with SST, Pulumi or Terraform',
    load: () => import('./env.js'),
  },
  {
    name: 'connect',
    about: 'keep connectors of Vercel Connect, their projects and trigger destinations in step with a file',
    load: () => import('./connect.js'),
  },
];
