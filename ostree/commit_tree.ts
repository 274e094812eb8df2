import { TreeError } from "./error.ts";
import type { Commit } from "./object/commit.ts";
import type { TreeChecksums } from "./object/dir_tree.ts";
import { compareNames } from "./object/name.ts";
import { Repo } from "./repo.ts";
import type { Transaction } from "./transaction.ts";
import { Tree } from "./tree/tree.ts";
import { type Variant, variant, type VariantDict } from "./variant/variant.ts";

/** What {@linkcode commitTree} is told beside the tree. */
export interface CommitTreeOptions {
  /** Local refs that will name the commit. @default {[]} */
  readonly refs?: readonly string[];
  /** Commit before it; `null` for none. @default what the first of `refs` names now */
  readonly parent?: string | null;
  /** First line of the message. @default {""} */
  readonly subject?: string;
  /** Rest of the message. @default {""} */
  readonly body?: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Metadata, in this order; keys that the call sets itself come behind them. */
  readonly metadata?: VariantDict;
  /** Detached metadata. */
  readonly detached?: VariantDict;
  /** Whether the commit says which refs it was made for. @default {true} */
  readonly bindRefs?: boolean;
  /** Whether the commit says which kernel it boots; the tree must have just one. @default {false} */
  readonly bootable?: boolean;
}

/**
 * Write a commit and let refs name it.
 *
 * Metadata that it sets: `ostree.ref-binding`, `ostree.collection-binding` where the repository has a
 * collection id, `ostree.linux` and `ostree.bootable`.
 *
 * @returns Checksum of the commit.
 * @throws {TreeError} `tree/not-found` if it should be bootable and has no kernel, or several, below
 * `usr/lib/modules/RELEASE/vmlinuz`.
 * @throws {RefError} `ref/bad-name`.
 */
export function commitTree(
  txn: Transaction,
  root: TreeChecksums,
  options: CommitTreeOptions,
): string {
  const { refs = [], timestamp, subject = "", body = "", bindRefs = true } = options;
  const repo = Repo.open(txn.path);
  const metadata = new Map<string, Variant>(options.metadata ?? []);
  if (bindRefs) {
    metadata.set("ostree.ref-binding", variant("as", refs.toSorted(compareNames)));
    const collection = repo.configValue("core", "collection-id");
    if (collection) metadata.set("ostree.collection-binding", variant("s", collection));
  }
  if (options.bootable) {
    metadata.set("ostree.linux", variant("s", kernelRelease(Tree.fromChecksums(txn, root))));
    metadata.set("ostree.bootable", variant("b", true));
  }
  const [first] = refs;
  const parent = options.parent === undefined && first !== undefined
    ? repo.resolveRev(first)
    : options.parent ?? undefined;
  const commit: Commit = {
    root,
    ...(parent === undefined ? {} : { parent }),
    subject,
    body,
    timestamp,
    metadata,
  };
  const checksum = txn.writeCommit(commit);
  if (options.detached) txn.setDetachedMetadata(checksum, options.detached);
  for (const ref of refs) txn.setRef(ref, checksum);
  return checksum;
}

/** Release of the one kernel in a tree. */
function kernelRelease(tree: Tree): string {
  const modules = "usr/lib/modules";
  const releases = tree.isDir(modules)
    ? tree.list(modules).map(([name]) => name)
      .filter((name) => tree.lookup(`${modules}/${name}/vmlinuz`) !== undefined)
    : [];
  const [release] = releases;
  if (releases.length === 1 && release !== undefined) return release;
  const found = releases.length === 0 ? "none" : releases.join(", ");
  throw new TreeError(
    "tree/not-found",
    `Cannot make the commit bootable: of kernels in ${modules}/RELEASE/vmlinuz there is ${found}`,
    { subject: modules, hint: "A bootable tree has just one" },
  );
}
