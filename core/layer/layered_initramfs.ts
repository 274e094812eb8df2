import type { Progress } from "@apt-ostree/base";
import type { Repo } from "@apt-ostree/ostree";
import type { Assembly } from "../assemble/assemble_system.ts";
import { readCommittedTreefile } from "../compose/committed_treefile.ts";
import { pickDefined } from "../compose/pick_defined.ts";
import { makeInitramfs } from "../compose/postprocess/make_initramfs.ts";
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

/** Programs that Debian's packages call for a new initramfs where theirs is part of it. */
const PROGRAMS = ["update-initramfs", "dracut"];
/** The trigger by which they ask; dracut's own answer to it does nothing while images are made. */
const TRIGGER = "update-initramfs";

/**
 * The initramfs of a changed base: that of the base, unless its kernel is another one or a script asked
 * for a new one. That is built by the tree's own tool, with the arguments of the base's treefile; a base
 * whose treefile wants none gets none.
 *
 * @returns Checksum of its object; `undefined` where the base had none and needs none.
 * @throws {ComposeError} `compose/no-initramfs`.
 */
export async function layeredInitramfs(
  assembly: Assembly,
  options: LayeredInitramfsOptions,
): Promise<string | undefined> {
  const { work, directory, release, opened } = options;
  const { initramfs, initramfsArgs } = readCommittedTreefile(work, assembly.tree);
  const known = opened.kernels.find((each) => each.release === release);
  if (!initramfs || known && !isAsked(assembly)) return known?.initramfs;
  return await makeInitramfs(assembly, {
    ...{ repo: work, release, directory: `${directory}/initramfs`, args: initramfsArgs },
    ...pickDefined(options, "signal", "progress"),
  });
}

function isAsked({ calls, scripts }: Assembly): boolean {
  return calls.some((call) => PROGRAMS.includes(call.program)) ||
    scripts.some(({ triggers, script, args }) =>
      triggers.includes(TRIGGER) ||
      script === "postinst" && args[0] === "triggered" && args[1]?.split(" ").includes(TRIGGER)
    );
}
