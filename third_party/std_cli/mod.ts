/** Offline stand-in for `@std/cli`: the part of `parseArgs` that this project uses. @module */
import { parseArgs as parse } from "node:util";

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions<S extends string, B extends string> {
  /** Options with a value. */
  readonly string?: readonly S[];
  /** Options without a value. */
  readonly boolean?: readonly B[];
}

/** Options by name, and the other words under `_`. */
export type Args<S extends string, B extends string> =
  & { [Name in S]?: string }
  & { [Name in B]: boolean }
  & { _: string[] };

/** Read command line words. */
export function parseArgs<const S extends string = never, const B extends string = never>(
  args: readonly string[],
  options: ParseOptions<S, B> = {},
): Args<S, B> {
  const table: Record<string, { type: "string" | "boolean" }> = {};
  for (const name of options.string ?? []) table[name] = { type: "string" };
  for (const name of options.boolean ?? []) table[name] = { type: "boolean" };
  const { values, positionals } = parse({ args: [...args], options: table, allowPositionals: true });
  const flags = Object.fromEntries((options.boolean ?? []).map((name) => [name, false]));
  return { ...flags, ...values, _: positionals } as Args<S, B>;
}
