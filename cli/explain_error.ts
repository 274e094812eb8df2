import { AptOstreeError } from "@apt-ostree/base";

/** What a failure looks like on a terminal. */
export interface ExplainOptions {
  /** Whether colours may be used. */
  readonly color: boolean;
}

/** A terminal obeys control characters, and what files are called or programs say can hold any. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "?");
}

/**
 * Text of a failure for standard error.
 *
 * What a user can meet is one sentence, its code and a hint; anything else is a bug and keeps its stack.
 */
export function explainError(error: unknown, options: ExplainOptions): string {
  // What could not be cleaned up is no use to anybody without what went wrong first.
  if (error instanceof SuppressedError) return explainError(error.suppressed, options);
  const label = options.color ? "\x1b[31m\x1b[1merror: \x1b[0m" : "error: ";
  const code = error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return `${label}Cannot write: no space left on the device\n  hint: Free space and run it again: nothing was changed`;
  }
  if (error instanceof AptOstreeError) {
    const lines = [`${label}${printable(error.message)}`, `  code: ${error.code}`];
    if (error.hint !== undefined) lines.push(`  hint: ${printable(error.hint)}`);
    return lines.join("\n");
  }
  if (error instanceof DOMException && error.name === "AbortError") return `${label}Cancelled`;
  if (error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied) {
    return `${label}${error.message}\n  hint: Check the permissions of the files, or run it as root`;
  }
  // What the system says of a path is no fault of ours, and has the path in it.
  if (error instanceof Error && /\(os error \d+\)/.test(error.message)) {
    return `${label}Cannot go on: ${
      printable(error.message)
    }\n  hint: Check that path and its file system`;
  }
  const stack = error instanceof Error ? error.stack ?? error.message : String(error);
  return `${label}${stack}\n  hint: This is a bug in apt-ostree: please report it with the lines above`;
}
