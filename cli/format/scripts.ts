import type { RecordedScript, ScriptsRecord } from "@apt-ostree/core";
import { cleanText } from "@apt-ostree/base";

/** How {@linkcode formatScripts} shows a record. */
export interface FormatScriptsOptions {
  /** Whether long lists are shown in full. */
  readonly verbose: boolean;
}

/** Changes of files that are shown of one script, unless all are asked for. */
const SHOWN = 8;

/**
 * A record of maintainer scripts for people: a paragraph a run, files marked `+`, `~` and `-` for
 * added, changed and removed.
 */
export function formatScripts(record: ScriptsRecord, options: FormatScriptsOptions): string {
  const paragraphs = record.scripts.map((each) => formatScript(each, options).join("\n"));
  const count = (of: (each: RecordedScript) => number) =>
    record.scripts.reduce((sum, each) => sum + of(each), 0);
  const total = `${plural(record.scripts.length, "script")}, ${
    plural(count((each) => each.calls.length), "intercepted call")
  }, ${plural(count((each) => each.omitted ?? each.files.length), "file change")}, ${
    (count((each) => each.ms) / 1000).toFixed(1)
  } s`;
  return [...paragraphs, total].join("\n");
}

function formatScript(run: RecordedScript, { verbose }: FormatScriptsOptions): string[] {
  const words = [run.script, ...run.args.map(quoteWord)].join(" ");
  const status = run.status === undefined ? "end not seen" : `status ${run.status}`;
  const lines = [`${run.package} ${run.version}: ${words} (${status}, ${Math.round(run.ms)} ms)`];
  for (const { program, argv, action, status } of run.calls) {
    const result = action !== "run" ? action : status === undefined ? "run" : `run, ${status}`;
    lines.push(`  call ${[program, ...argv].map(quoteWord).join(" ")} (${result})`);
  }
  for (const name of run.users) lines.push(`  user ${name}`);
  for (const name of run.groups) lines.push(`  group ${name}`);
  for (const name of run.triggers) lines.push(`  trigger ${name}`);
  const shown = verbose || run.files.length <= SHOWN + 1 ? run.files : run.files.slice(0, SHOWN);
  for (const { path, before, after } of shown) {
    lines.push(`  ${before ? (after ? "~" : "-") : "+"} ${path}`);
  }
  const left = (run.omitted ?? run.files.length) - shown.length;
  if (left > 0) lines.push(`  and ${plural(left, "further file change")}`);
  if (run.incomplete) lines.push("  (this record is not complete)");
  return lines.map(cleanText);
}

function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** A word as a shell would read it again. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
