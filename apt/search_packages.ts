import type { PackagesIndex } from "./packages_index.ts";

/** A package that a search found. */
export interface FoundPackage {
  /** Its name. */
  readonly name: string;
  /** First line of its description. */
  readonly summary: string;
}

/** What of an index a search looks at: made once, searched often. */
export interface SearchTable {
  /** Names, one a line. */
  readonly names: string;
  /** First lines of the descriptions, one a line, in the same order. */
  readonly summaries: string;
}

/** Names and summaries of all packages of some indexes, each name once, sorted. */
export function makeSearchTable(indexes: Iterable<PackagesIndex>): SearchTable {
  const found = new Map<string, string>();
  for (const index of indexes) {
    for (let at = 0; at < index.length; at++) {
      const name = index.name(at);
      if (name === "" || found.has(name)) continue;
      found.set(name, /^Description(?:-en)?: ?(.*)$/m.exec(index.text(at))?.[1] ?? "");
    }
  }
  const sorted = [...found].sort(([a], [b]) => a < b ? -1 : 1);
  return {
    names: sorted.map(([name]) => name).join("\n"),
    summaries: sorted.map(([, summary]) => summary.replaceAll("\n", " ")).join("\n"),
  };
}

/** What {@linkcode searchPackages} found, as three groups; a package may be in several. */
export interface SearchResult {
  /** One term: in name and summary. Several: each of them in name or summary. */
  readonly both: readonly FoundPackage[];
  /** Every term in the name. */
  readonly name: readonly FoundPackage[];
  /** Every term in the summary. */
  readonly summary: readonly FoundPackage[];
}

/**
 * Find packages by words in their names and summaries, whatever their case.
 *
 * @param terms Words; `*` and `?` are wild.
 */
export function searchPackages(table: SearchTable, terms: readonly string[]): SearchResult {
  const names = table.names.split("\n");
  const summaries = table.summaries.split("\n");
  const inNames = terms.map((term) => linesWith(table.names, term));
  const inSummaries = terms.map((term) => linesWith(table.summaries, term));
  const either = terms.map((_, at) => inNames[at]!.union(inSummaries[at]!));
  const all = (sets: readonly Set<number>[]) =>
    sets.reduce((a, b) => a.intersection(b), sets[0] ?? new Set<number>());
  const show = (lines: Set<number>) =>
    [...lines].sort((a, b) => a - b).map((at) => ({ name: names[at]!, summary: summaries[at]! }));
  const both = terms.length === 1 ? inNames[0]!.intersection(inSummaries[0]!) : all(either);
  return { both: show(both), name: show(all(inNames)), summary: show(all(inSummaries)) };
}

/** Numbers of the lines that have a term. */
function linesWith(text: string, term: string): Set<number> {
  const source = term.split(/([*?])/).map((part) =>
    part === "*" ? "[^\\n]*" : part === "?" ? "[^\\n]" : RegExp.escape(part)
  ).join("");
  const lines = new Set<number>();
  if (term === "") return lines;
  let line = 0;
  let counted = 0;
  for (const found of text.matchAll(new RegExp(source, "gi"))) {
    for (; counted < found.index; counted++) if (text.charCodeAt(counted) === 10) line++;
    lines.add(line);
  }
  return lines;
}
