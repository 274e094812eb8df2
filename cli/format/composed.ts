import type { ComposedCommit, ComposeTreeResult, InstallTreeResult } from "@apt-ostree/core";
import { formatFindings } from "./findings.ts";
import { formatDiffBlock } from "./packages.ts";

/**
 * Lines about what ended before there was a tree; `undefined` for a result that is one.
 *
 * @param options.imports Whether packages were to be imported, beside being downloaded.
 */
export function formatUnmade(
  result: ComposeTreeResult | InstallTreeResult,
  options: { readonly imports: boolean },
): string[] | undefined {
  switch (result.kind) {
    case "printed":
      return [result.text.trimEnd()];
    case "dry-run": {
      const count = result.packages.length;
      const packages = result.packages.toSorted((a, b) => a.name < b.name ? -1 : 1);
      return [
        count === 0 ? "Empty transaction" : `Installing ${count} packages:`,
        ...packages.map((each) =>
          `  ${each.name}_${each.version}_${each.architecture} (${each.source})`
        ),
      ];
    }
    case "downloaded":
      return [
        options.imports
          ? `${result.packages.length} packages, ${result.imported} newly imported`
          : `${result.packages.length} packages in ${result.directory}`,
      ];
    case "unchanged": {
      const { commit, ref } = result;
      const since = `No changes since ${commit ? `commit ${commit}` : "that input hash"}`;
      return ref === undefined ? [since] : [since, `${ref} => ${commit}`];
    }
    default:
      return undefined;
  }
}

/** Lines about a commit; its name is the last. */
export function formatCommitted(result: ComposedCommit): string[] {
  const { difference, packages, imported } = result;
  const change = difference.added.length < packages ? formatDiffBlock(difference) : "";
  return [
    `Input hash: ${result.inputHash}`,
    `${packages} packages, ${imported} newly imported`,
    ...change === "" ? [] : [change],
    ...result.sboms.map((path) => `SBOM: ${path}`),
    ...result.checks.findings.length > 0 ? [formatFindings(result.checks)] : [],
    result.ref === undefined ? result.commit : `${result.ref} => ${result.commit}`,
  ];
}

/** Sentence about files that each host makes again; `undefined` where there are none. */
export function formatDropped(files: readonly string[]): string | undefined {
  return files.length > 0 ? `Not kept, made again on each host: ${files.join(", ")}` : undefined;
}
