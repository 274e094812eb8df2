import type { FoundPackage, SearchResult } from "@apt-ostree/apt";

/** Most packages of a group that are shown. */
const MOST = 50;

/** What a search found, in rpm-ostree's groups. */
export function formatSearch({ both, name, summary }: SearchResult): string {
  const groups: [title: string, found: readonly FoundPackage[]][] = [
    ["Summary & Name Matched", both],
    ["Name Matched", name],
    ["Summary Matched", summary],
  ];
  // Each package stands in the first group that has it.
  const shown = new Set<string>();
  const text = groups.flatMap(([title, found]) => {
    const lines = found.filter((each) => !shown.has(each.name)).slice(0, MOST);
    for (const each of lines) shown.add(each.name);
    if (lines.length === 0) return [];
    return ["", `===== ${title} =====`, ...lines.map((each) => `${each.name} : ${each.summary}`)];
  });
  return text.length === 0 ? "No matches found." : text.join("\n");
}
