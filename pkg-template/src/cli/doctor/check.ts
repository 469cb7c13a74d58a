// The findings of an examination.

/** One finding. */
export interface Check {
  /** `none` is neither good nor bad. Only `failed` makes the exit code 1. */
  readonly state: 'ok' | 'warning' | 'failed' | 'none';
  readonly name: string;
  /** Text between backticks is a name or a value. */
  readonly message: string;
  /** The remedy. */
  readonly remedy?: string;
  /** The kind of a finding about variables, for programs. */
  readonly finding?: VariableFinding;
  /** The place whose value the app uses. */
  readonly used?: Place;
  /** The places whose values are not used, by precedence. */
  readonly unused?: readonly Place[];
  /** The dotenv files that were read, by precedence. */
  readonly files?: readonly string[];
}

/**
 * `expired-hides-valid`: an expired token is used, and a valid one is not. `blank-hides-value`: a blank value is used.
 * `different-values`: several places set a variable differently. `quotes`, `bearer-prefix`: part of the value by mistake.
 * `ambiguous`: readers of dotenv files do not agree on the value.
 */
export type VariableFinding = 'expired-hides-valid' | 'blank-hides-value' | 'different-values' | 'quotes' | 'bearer-prefix' | 'ambiguous';

/** A place that sets a variable. */
export interface Place {
  /** `process` is the environment of this process. */
  readonly source: 'process' | 'file';
  /** The name of another variable that holds the value. */
  readonly variable?: string;
  readonly file?: string;
  /** The number of the line, from 1. */
  readonly line?: number;
  /** When the token that the value holds expires. Seconds since the epoch. */
  readonly expiresAt?: number;
}

export interface Section {
  readonly title: string;
  readonly checks: readonly Check[];
}
