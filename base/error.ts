/** What every apt-ostree error can say beside its message. */
export interface AptOstreeErrorOptions extends ErrorOptions {
  /** The file, package or object concerned, as the user would name it. */
  readonly subject?: string;
  /** What the user can do next, in the imperative. */
  readonly hint?: string;
}

/**
 * A failure that a user can meet; wrong arguments stay `TypeError` and `RangeError`.
 *
 * Each member derives its own class with a closed union of codes.
 *
 * @example Usage
 * ```ts
 * import { AptOstreeError } from "@apt-ostree/base";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new AptOstreeError("tree/no-such-path", 'Cannot open "/x": it does not exist', {
 *   subject: "/x",
 *   hint: "Check the spelling",
 * });
 * assertEquals(error.code, "tree/no-such-path");
 * ```
 */
export class AptOstreeError<Code extends string = string> extends Error {
  /** Stable name of the failure: never renamed, never given a new meaning. */
  readonly code: Code;
  /** The file, package or object concerned. */
  readonly subject: string | undefined;
  /** What the user can do next. */
  readonly hint: string | undefined;

  /** Create an error; `message` says what was attempted and what was found. */
  constructor(code: Code, message: string, options: AptOstreeErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.subject = options.subject;
    this.hint = options.hint;
  }
}
