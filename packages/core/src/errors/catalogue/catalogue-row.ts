/** One row of the error catalogue. `exit` is the exit status of design §5; `retryable` says whether the same input may work later. */
export interface CatalogueRow {
  readonly code: string;
  /** 1 build or gate said no; 2 usage, input, config; 3 environment; 4 authentication; 5 plugin; 70 internal; 124 time limit; 130 cancelled. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 70 | 124 | 130;
  readonly retryable: boolean;
  /** What happened, for the reference page. */
  readonly meaning: string;
  /** What to do, used when the thrower knows nothing better. */
  readonly hint: string;
}
