import { AptOstreeError } from "@apt-ostree/base";

/** A sandbox that cannot be set up, or a program in it that had to be stopped. */
export class SandboxError extends AptOstreeError<
  | "sandbox/missing"
  | "sandbox/failed"
  | "sandbox/timeout"
  | "sandbox/refused"
  | "sandbox/edited-script"
  | "sandbox/special-file"
  | "sandbox/needs-root"
  | "sandbox/no-capabilities"
  | "sandbox/too-few-ids"
  | "sandbox/no-subordinate-ids"
  | "sandbox/no-user-namespaces"
> {}

/** A maintainer script that failed. */
export class ScriptError extends AptOstreeError<"script/failed" | "script/refused"> {
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
    code: "script/failed" | "script/refused",
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
