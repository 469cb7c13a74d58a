// The start of a sandbox: a script that finds the credential there, environment first, then the key file.

import { invalidOption } from '../core/errors.js';
import { knownOptions } from './options.js';

/** A configuration file that names a placeholder where its program wants a credential. */
export interface PlaceholderFile {
  /** Absolute. */
  path: string;
  /** The text as it is written. No `${NAME}` is filled in, by the script or, as a rule, by the program that reads it. */
  content: string;
}

/** Options of {@link startupScript}. */
export interface StartupScriptOptions {
  /** The program and its arguments. It finds the credential in `variable`. */
  command: readonly string[];
  /** The file that the writer keeps fresh. Absolute. */
  keyFile: string;
  /** The variable that has the credential, for the script and for the program. Default: `AI_GATEWAY_API_KEY`. */
  variable?: string;
  /** Written at each start. A token, or the name of the variable as `${NAME}`, is refused: a placeholder belongs there. */
  files?: readonly PlaceholderFile[];
}

const KNOWN = ['command', 'keyFile', 'variable', 'files'];

/** The file in which the script notes its process, beside the key file. */
export const pidFileOf = (keyFile: string): string => `${keyFile}.pid`;

/**
 * A script for POSIX `sh` that starts a program with its credential: from the environment if it is there and not blank, else from the key file. Run
 * again, it replaces the process that it started before, so a writer that has renewed the file only has to run it. Of starts at the same time, one process
 * is left. A start that waits for the lock of another for a minute ends with status 75.
 *
 * It is safe under `set -euo pipefail`, and the credential appears in no argument, no file and no trace of the shell.
 */
export function startupScript(options: StartupScriptOptions): string {
  const { command, keyFile, variable = 'AI_GATEWAY_API_KEY', files = [] } = knownOptions(options, KNOWN);
  if (!Array.isArray(command) || command.length === 0 || !command.every(isText)) {
    throw invalidOption('command', 'must be an array with a program and its arguments');
  }
  if (command.some(holdsToken))
    throw invalidOption('command', 'holds a token, which everyone on the machine could read; it comes in the environment');
  checkVariable(variable);
  checkPath('keyFile', keyFile);
  if (!Array.isArray(files)) throw invalidOption('files', 'must be an array of `{ path, content }`');
  const written = files.map((file) => writeFile(file, variable));
  const pidFile = pidFileOf(keyFile);
  return `#!/bin/sh
# Starts a program with its credential: from the environment first, then from the key file. Made by countersign.
{ set +x; } 2>/dev/null
set -eu

# Whatever blanks are in it, blank is not set.
case "\${${variable}:-}" in
  *[![:space:]]*) ;;
  *)
    ${variable}=''
    if [ -r ${quote(keyFile)} ]; then
      # A shell drops NULs or what follows them, each in its own way. A file that was not written whole may have some.
      if [ "$(tr -d '\\000' <${quote(keyFile)} | wc -c)" -ne "$(wc -c <${quote(keyFile)})" ]; then
        echo ${quote(`${keyFile} holds a NUL: write the credential again`)} >&2
        exit 78
      fi
      ${variable}=$(cat ${quote(keyFile)})
    fi
    ;;
esac
case "$${variable}" in
  *[![:space:]]*) ;;
  *)
    echo ${quote(`no credential: set ${variable}, or write ${keyFile}`)} >&2
    exit 78
    ;;
esac
export ${variable}
${written.join('')}
# The process that this script started before makes way. A number may belong to another process by now, so the time of its start goes with it.
mkdir -p ${quote(folderOf(keyFile))}
countersign_pid_file=${quote(pidFile)}
countersign_lock="$countersign_pid_file.lock"
countersign_began() {
  countersign_stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  countersign_stat=\${countersign_stat##*') '}
  case "$countersign_stat" in Z* | X*) return 0 ;; esac
  printf '%s\\n' "$countersign_stat" | cut -d ' ' -f 20
}
countersign_lives() {
  case "$1" in *[!0-9\\ ]* | ' '* | *' ') return 1 ;; esac
  case "$1" in *' '*) ;; *) return 1 ;; esac
  [ "$(countersign_began "\${1%% *}")" = "\${1#* }" ]
}
countersign_pause() { sleep 0.1 2>/dev/null || sleep 1; }
countersign_self="$$ $(countersign_began "$$")"

# One start at a time. Of a lock whose holder has died, only one start at a time may take it away.
countersign_waits=0
until ln -s "$countersign_self" "$countersign_lock" 2>/dev/null; do
  countersign_holder=$(readlink "$countersign_lock" 2>/dev/null) || countersign_holder=''
  countersign_breaking="$countersign_lock.\${countersign_holder%% *}.\${countersign_holder#* }"
  if [ -n "$countersign_holder" ] && ! countersign_lives "$countersign_holder" && mkdir "$countersign_breaking" 2>/dev/null; then
    countersign_now=$(readlink "$countersign_lock" 2>/dev/null) || countersign_now=''
    if [ "$countersign_now" = "$countersign_holder" ]; then rm -f "$countersign_lock"; fi
    rmdir "$countersign_breaking"
  else
    countersign_waits=$((countersign_waits + 1))
    if [ "$countersign_waits" -gt 600 ]; then
      echo ${quote(`another start holds ${pidFile}.lock`)} >&2
      exit 75
    fi
    countersign_pause
  fi
done
countersign_old=$(cat "$countersign_pid_file" 2>/dev/null) || countersign_old=''
if [ "$countersign_old" != "$countersign_self" ] && countersign_lives "$countersign_old"; then
  kill "\${countersign_old%% *}" 2>/dev/null || :
  countersign_waits=0
  while countersign_lives "$countersign_old" && [ "$countersign_waits" -lt 50 ]; do
    countersign_pause
    countersign_waits=$((countersign_waits + 1))
  done
  if countersign_lives "$countersign_old"; then kill -9 "\${countersign_old%% *}" 2>/dev/null || :; fi
fi
printf '%s\\n' "$countersign_self" >"$countersign_pid_file"
rm -f "$countersign_lock"
exec ${command.map(quote).join(' ')}
`;
}

function writeFile(file: PlaceholderFile, variable: string): string {
  if (typeof file !== 'object' || file === null || !isText(file.content))
    throw invalidOption('files', 'must be an array of `{ path, content }`');
  checkPath('files', file.path);
  if (holdsToken(file.content)) {
    throw invalidOption('files', `holds a token in \`${file.path}\`: put a placeholder there, the token comes in \`${variable}\``);
  }
  if (file.content.includes(`\${${variable}}`)) {
    throw invalidOption('files', `relies on \`\${${variable}}\` in \`${file.path}\`, which nobody fills in there: put a placeholder there`);
  }
  return `mkdir -p ${quote(folderOf(file.path))}\nprintf '%s' ${quote(file.content)} >${quote(file.path)}\n`;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';

/** A program could be given no other text. */
const isText = (text: unknown): text is string => typeof text === 'string' && !text.includes('\0');

/** The beginning of a compact JWS: `{"` in base64url. */
const holdsToken = (text: string): boolean => /eyJ[\w-]{8,}\.[\w-]{8,}\./.test(text);

/** One word of the shell, whatever is in it. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Refuses what is no name of a variable, or one that the shell needs for itself. */
export function checkVariable(variable: unknown): asserts variable is string {
  if (
    typeof variable !== 'string' ||
    !/^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(variable) ||
    /^(PATH|IFS|ENV|BASH_ENV|PWD|LD_.*|countersign_.*)$/.test(variable)
  ) {
    throw invalidOption('variable', 'must be the name of an environment variable for a credential');
  }
}

/** Refuses what is not plainly one absolute path. */
export function checkPath(option: string, path: unknown): asserts path is string {
  const plain = typeof path === 'string' && path.length <= 1024 && /^(\/[^/\0\n\r]+)+$/.test(path);
  if (!plain || path.split('/').some((part) => part === '.' || part === '..')) {
    throw invalidOption(option, 'must be an absolute path without `.` or `..`');
  }
}
