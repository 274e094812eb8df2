import { AptOstreeError } from "@apt-ostree/base";

/** A command line that cannot be understood, or a command that cannot be carried out here. */
export class CliError extends AptOstreeError<
  | "cli/unknown-command"
  | "cli/unknown-option"
  | "cli/bad-option"
  | "cli/bad-arguments"
  | "cli/not-booted"
  | "cli/not-a-sysroot"
  | "cli/no-record"
  | "cli/no-transactions"
> {}
