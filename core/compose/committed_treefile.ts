import type { Repo, Tree } from "@apt-ostree/ostree";
import type { PathFilter } from "../assemble/path_filter.ts";
import { readTreeText } from "../assemble/tree_text.ts";
import { treeFilter } from "./tree_filter.ts";

/** What the treefile in a commit says that counts later. */
export interface CommittedTreefile {
  /** Whether recommended packages come too. @default {true} */
  readonly recommends: boolean;
  /** Which shipped paths are laid out. */
  readonly filter: PathFilter;
  /** Value of its field `checks`, whatever it is. */
  readonly checks: unknown;
  /** Whether the tree gets an initramfs. @default {true} */
  readonly initramfs: boolean;
  /** Arguments for what builds it. */
  readonly initramfsArgs: readonly string[];
  /** Whether it is the tree of a container, whose kernel stays where its package put it. */
  readonly container: boolean;
  /** Modules that the kernel has to have. */
  readonly kernelModules: readonly string[];
}

/** Where a compose leaves the merged treefile. */
export const COMMITTED_TREEFILE = "usr/share/apt-ostree/treefile.json";

/** Read the treefile that a composed tree carries; a tree without one is as a treefile's defaults. */
export function readCommittedTreefile(repo: Repo, tree: Tree): CommittedTreefile {
  const fields = parseFields(readTreeText(repo, tree, COMMITTED_TREEFILE) ?? "{}");
  const list = (name: string) => {
    const value = fields[name];
    return Array.isArray(value) ? value.map(String) : undefined;
  };
  const installLangs = list("install-langs");
  return {
    recommends: fields["recommends"] !== false,
    filter: treeFilter({
      documentation: fields["documentation"] !== false,
      ...(installLangs ? { installLangs } : {}),
      pathExclude: list("path-exclude") ?? [],
      pathInclude: list("path-include") ?? [],
    }),
    checks: fields["checks"],
    initramfs: fields["no-initramfs"] !== true,
    initramfsArgs: list("initramfs-args") ?? [],
    container: fields["container"] === true,
    kernelModules: list("kernel-modules") ?? [],
  };
}

function parseFields(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    value = undefined; // no treefile of ours
  }
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
