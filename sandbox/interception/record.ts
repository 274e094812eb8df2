import type { InterceptionAction } from "./policy.ts";

/** One call of an intercepted program. */
export interface InterceptedCall {
  /** Name of the program. */
  readonly program: string;
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** Working directory of the caller. */
  readonly cwd: string;
  /** Package whose script made the call; "" where none is known. */
  readonly package: string;
  /** Which of its scripts; "" where none is known. */
  readonly script: string;
  /** What becomes of the call. */
  readonly action: InterceptionAction;
}

/** Read what shims have written; a record that is cut off is left out. */
export function parseCalls(bytes: Uint8Array): InterceptedCall[] {
  const fields = new TextDecoder().decode(bytes).split("\0");
  fields.pop(); // what stands after the last NUL is no complete field
  const calls: InterceptedCall[] = [];
  for (let at = 0; at < fields.length;) {
    const count = Number(fields[at]);
    if (!Number.isInteger(count) || count < 5 || at + count >= fields.length) break;
    const [program = "", cwd = "", name = "", script = "", action = ""] = fields.slice(
      at + 1,
      at + 6,
    );
    const argv = fields.slice(at + 6, at + 1 + count);
    calls.push({ program, argv, cwd, package: name, script, action: action as InterceptionAction });
    at += 1 + count;
  }
  return calls;
}
