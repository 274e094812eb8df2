import { AptOstreeError, type AptOstreeErrorOptions } from "@apt-ostree/base";
import type { CellExcess } from "./cell_excess.ts";
import type { RunningScript } from "./interception/record.ts";

/** Code of a {@linkcode SandboxError}. */
export type SandboxErrorCode =
  | "sandbox/missing"
  | "sandbox/failed"
  | "sandbox/no-program"
  | "sandbox/limit"
  | "sandbox/refused"
  | "sandbox/edited-script"
  | "sandbox/special-file"
  | "sandbox/needs-root"
  | "sandbox/no-capabilities"
  | "sandbox/too-few-ids"
  | "sandbox/no-subordinate-ids"
  | "sandbox/no-user-namespaces";

/** A sandbox that cannot be set up, or a program in it that had to be stopped. */
export class SandboxError extends AptOstreeError<SandboxErrorCode> {
  /** For `sandbox/limit`: which one was passed, and how. */
  readonly excess: CellExcess | undefined;
  /** The maintainer script that was at work then. */
  readonly script: RunningScript | undefined;
  /** End of what the program wrote. */
  readonly output: string;

  /** Create an error; `options` adds what the program did. */
  constructor(
    code: SandboxErrorCode,
    message: string,
    options: AptOstreeErrorOptions & {
      readonly excess?: CellExcess;
      readonly script?: RunningScript | undefined;
      readonly output?: string;
    } = {},
  ) {
    super(code, message, options);
    this.excess = options.excess;
    this.script = options.script;
    this.output = options.output ?? "";
  }
}

/** Code of a {@linkcode ScriptError}. */
export type ScriptErrorCode = "script/failed" | "script/limit" | "script/refused";

/** A maintainer script that failed, or was ended. */
export class ScriptError extends AptOstreeError<ScriptErrorCode> {
  /** Package the script belongs to; "" where dpkg does not say. */
  readonly package: string;
  /** Which of its scripts, for example `postinst`. */
  readonly script: string;
  /** Exit status; `undefined` where none is known. */
  readonly status: number | undefined;
  /** Last lines that it wrote. */
  readonly output: string;

  /** Create an error about a script. */
  constructor(
    code: ScriptErrorCode,
    message: string,
    options: {
      readonly package: string;
      readonly script: string;
      readonly status: number | undefined;
      readonly output: string;
      readonly hint: string;
      readonly cause?: unknown;
    },
  ) {
    super(code, message, { subject: options.package, hint: options.hint, cause: options.cause });
    this.package = options.package;
    this.script = options.script;
    this.status = options.status;
    this.output = options.output;
  }
}
