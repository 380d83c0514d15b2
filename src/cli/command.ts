/**
 * A subcommand of `noonmark`: one file each, listed in cli/main.
 */
export interface CommandIo {
  out(text: string): void;
  err(text: string): void;
  /** monotonic time, ns: for how long something takes */
  monotonic(): bigint;
  /** standard output is a terminal: tables may have colour, progress may be drawn */
  readonly isTerminal: boolean;
  /** columns of the terminal, 80 when unknown */
  readonly columns: number;
}

export interface Command {
  readonly name: string;
  /** one line for `noonmark --help` */
  readonly summary: string;
  /** full text of `noonmark NAME --help`, with an example */
  readonly usage: string;
  /** Answers the exit code (errors.ts EXIT). A thrown NoonmarkError is printed with its remedy by cli/main. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}
