import { parse } from "yaml";
import type { Aspect, Difference } from "./compare_trees.ts";

/** A difference that is meant to be, or that no build repeats. */
export interface ExpectedDifference {
  /** Absolute path; `*` stands for part of a name, `**` for any path, `{a,b}` for one of several. */
  readonly path: string;
  /** In what the trees may differ there. */
  readonly aspects: readonly Aspect[];
  /** What each line must look like that only one of the trees has; for content of text. */
  readonly lines?: string;
  /** Why. */
  readonly reason: string;
}

const FILE = new URL("./expected.yaml", import.meta.url);
/** More than these would be a sign that the list hides what should be mended. */
const MOST = 40;

/** Read `expected.yaml`. @throws {Error} If an entry lacks something, or there are too many. */
export function readExpectedDifferences(): ExpectedDifference[] {
  const entries = parse(Deno.readTextFileSync(FILE)) as ExpectedDifference[];
  for (const entry of entries) {
    const { path, aspects, reason } = entry;
    if (!path?.startsWith("/") || !aspects?.length || !reason?.trim()) {
      throw new Error(`expected.yaml: an entry lacks something: ${JSON.stringify(entry)}`);
    }
  }
  if (entries.length > MOST) throw new Error(`expected.yaml has ${entries.length} entries`);
  return entries;
}

/** Differences, each with the entry that expects it. */
export interface Sorted {
  readonly expected: ReadonlyMap<ExpectedDifference, readonly Difference[]>;
  readonly unexpected: readonly Difference[];
}

/** Find for each difference the first entry that expects it. */
export function sortDifferences(
  differences: readonly Difference[],
  entries: readonly ExpectedDifference[],
): Sorted {
  const patterns = entries.map((entry) => ({ entry, pattern: pathPattern(entry.path) }));
  const expected = new Map<ExpectedDifference, Difference[]>();
  const unexpected: Difference[] = [];
  for (const difference of differences) {
    const found = patterns.find(({ entry, pattern }) =>
      pattern.test(difference.path) && entry.aspects.includes(difference.aspect) &&
      allowsLines(entry, difference)
    );
    if (!found) unexpected.push(difference);
    else expected.set(found.entry, [...expected.get(found.entry) ?? [], difference]);
  }
  return { expected, unexpected };
}

function allowsLines({ lines }: ExpectedDifference, difference: Difference): boolean {
  if (lines === undefined || difference.aspect !== "content") return true;
  if (difference.lines === undefined) return false;
  const pattern = new RegExp(`^(?:${lines})$`);
  return difference.lines.every((line) => pattern.test(line));
}

function pathPattern(path: string): RegExp {
  const text = path.replace(
    /\*\*|[*{},]|[.+?^$()|[\]\\]/g,
    (part) => PATTERNS[part] ?? `\\${part}`,
  );
  return new RegExp(`^${text}$`);
}

const PATTERNS: Readonly<Record<string, string>> = {
  "**": ".*",
  "*": "[^/]*",
  "{": "(?:",
  ",": "|",
  "}": ")",
};
