/** The text of a source of credentials, or why it has none. */
export type SourceResult =
  | string
  | {
      readonly reason: string;
      /** The source is configured, and failed. */
      readonly failed?: boolean;
      /** Whether a retry may help. */
      readonly retryable?: boolean;
    };
