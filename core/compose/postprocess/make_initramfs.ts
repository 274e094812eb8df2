import type { Progress } from "@apt-ostree/base";
import type { Repo } from "@apt-ostree/ostree";
import type { Assembly } from "../../assemble/assemble_system.ts";
import { pickDefined } from "../pick_defined.ts";
import { buildInitramfs } from "./build_initramfs.ts";
import { findInitramfsTool } from "./find_initramfs_tool.ts";
import { findInitramfs, keepInitramfs } from "./initramfs_cache.ts";
import { initramfsInputs } from "./initramfs_inputs.ts";

/** What {@linkcode makeInitramfs} works with. */
export interface MakeInitramfsOptions {
  /** Repository of the tree, which keeps the initramfs for builds to come. */
  readonly repo: Repo;
  /** Release of the kernel. */
  readonly release: string;
  /** Directory for the image while it is built; its owner removes it. */
  readonly directory: string;
  /** Further arguments for the tool. */
  readonly args: readonly string[];
  /** Build it even where one from the same files is known. @default {false} */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/**
 * Build the initramfs of a system by its own tool, or take the one that was built from the same.
 *
 * @returns Checksum of its object.
 * @throws {ComposeError} `compose/no-initramfs`.
 */
export async function makeInitramfs(
  assembly: Assembly,
  options: MakeInitramfsOptions,
): Promise<string> {
  const { repo, args } = options;
  const { tree } = assembly;
  const tool = findInitramfsTool(tree);
  assembly.write((txn) => {
    tool.prepare?.(txn, tree);
    tree.write(txn);
  });
  const inputs = initramfsInputs(repo, tree, tool, args);
  const known = options.fresh ? undefined : findInitramfs(repo, inputs);
  if (known !== undefined) return known;
  // It takes programs of the tree into the initramfs: what stands in for them must not be there.
  const path = await buildInitramfs(await assembly.sandbox({ policies: [] }), {
    ...{ tree, tool, args, release: options.release, directory: options.directory },
    ...pickDefined(options, "signal", "progress"),
  });
  Deno.chmodSync(path, 0o644);
  return assembly.write((txn) => {
    const checksum = txn.importFile(path);
    keepInitramfs(repo, txn, inputs, checksum);
    return checksum;
  });
}
