/** What a source of credentials said when it was asked: its text, or why it has none. */
export type Asked =
  | string
  | {
      readonly reason: string;
      /** Something is set up there, and nothing could be had from it. */
      readonly failed?: boolean;
      /** Whether asking again may help. */
      readonly retryable?: boolean;
    };
