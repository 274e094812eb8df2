import type { Progress } from "@apt-ostree/base";
import type { Repo } from "@apt-ostree/ostree";
import type { Assembly } from "../assemble/assemble_system.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { buildInitramfs, prepareInitramfs } from "../compose/postprocess/initramfs.ts";
import { findInitramfs, keepInitramfs } from "../compose/postprocess/initramfs_cache.ts";
import { initramfsInputs } from "../compose/postprocess/initramfs_inputs.ts";
import type { OpenedDeployment } from "./open_deployment.ts";

/** What {@linkcode layeredInitramfs} works with. */
export interface LayeredInitramfsOptions {
  readonly work: Repo;
  /** For the image; its owner removes it. */
  readonly directory: string;
  /** Release of the kernel that the tree has now. */
  readonly release: string;
  /** What the base had. */
  readonly opened: OpenedDeployment;
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/**
 * The initramfs of a changed base: that of the base, unless its kernel is another one or a script asked
 * for a new one, as Debian's packages do by `update-initramfs` where theirs is part of it.
 *
 * @returns Checksum of its object; `undefined` where the base had none and needs none.
 * @throws {ComposeError} `compose/no-initramfs`.
 */
export async function layeredInitramfs(
  assembly: Assembly,
  options: LayeredInitramfsOptions,
): Promise<string | undefined> {
  const { work, directory, release, opened } = options;
  const known = opened.kernels.find((each) => each.release === release);
  const asked = assembly.calls.some((call) => call.program === "update-initramfs");
  if (known && !asked) return known.initramfs;
  const { tree } = assembly;
  assembly.write((txn) => {
    prepareInitramfs(txn, tree);
    tree.write(txn);
  });
  const inputs = initramfsInputs(work, tree);
  const built = findInitramfs(work, inputs);
  if (built !== undefined) return built;
  const call = pickDefined(options, "signal", "progress");
  const place = `${directory}/initramfs`;
  // It takes programs of the tree into the initramfs: what stands in for them must not be there.
  const path = await buildInitramfs(await assembly.sandbox({ policies: [] }), release, place, call);
  Deno.chmodSync(path, 0o644);
  return assembly.write((txn) => {
    const checksum = txn.importFile(path);
    keepInitramfs(work, txn, inputs, checksum);
    return checksum;
  });
}
