import { type PackageDifference, packageTitle } from "@apt-ostree/core";

/** Package difference in rpm-ostree's block form. */
export function formatDiffBlock(difference: PackageDifference): string {
  const block = (title: string, lines: string[]) =>
    lines.length === 0 ? [] : [`${title}:`, ...lines.map((l) => `  ${l}`)];
  const change = (each: PackageDifference["upgraded"][number]) =>
    `${each.name} ${each.from.version} -> ${each.to.version}`;
  return [
    ...block("Upgraded", difference.upgraded.map(change)),
    ...block("Downgraded", difference.downgraded.map(change)),
    ...block("Removed", difference.removed.map(packageTitle)),
    ...block("Added", difference.added.map(packageTitle)),
  ].join("\n");
}

/** Package difference as lines of `!OLD`, `=NEW`, `-REMOVED` and `+ADDED`, in the order of names. */
export function formatDiffLines(difference: PackageDifference): string {
  const lines: [name: string, text: string][] = [
    ...[...difference.upgraded, ...difference.downgraded].map((each): [string, string] => [
      each.name,
      `!${packageTitle(each.from)}\n=${packageTitle(each.to)}`,
    ]),
    ...difference.removed.map((each): [string, string] => [each.name, `-${packageTitle(each)}`]),
    ...difference.added.map((each): [string, string] => [each.name, `+${packageTitle(each)}`]),
  ];
  return lines.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0).map(([, text]) => text).join("\n");
}
