// What an examination finds.

/** One finding. */
export interface Check {
  /** `none` is neither good nor bad. Only `failed` makes the exit code 1. */
  readonly state: 'ok' | 'warning' | 'failed' | 'none';
  readonly name: string;
  /** What stands between backticks is a name or a value. */
  readonly message: string;
  /** What to do. */
  readonly remedy?: string;
}

export interface Section {
  readonly title: string;
  readonly checks: readonly Check[];
}
