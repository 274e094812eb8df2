import type { Progress } from "@apt-ostree/base";
import type { Transaction, Tree } from "@apt-ostree/ostree";
import type { Sandbox } from "@apt-ostree/sandbox";
import { writeTreeText } from "../../assemble/tree_text.ts";
import { ComposeError } from "../../error.ts";

/** Copies the program that switches to a deployment into the initramfs. */
const HOOK = `#!/bin/sh
case "$1" in prereqs) exit 0 ;; esac
. /usr/share/initramfs-tools/hook-functions
copy_exec /usr/lib/ostree/ostree-prepare-root /usr/lib/ostree/ostree-prepare-root
`;

/** Runs when the root is mounted and /dev has not moved there yet. */
const SCRIPT = `#!/bin/sh
case "$1" in prereqs) exit 0 ;; esac
. /scripts/functions
for word in $(cat /proc/cmdline); do
  case "$word" in
    ostree=*)
      /usr/lib/ostree/ostree-prepare-root "\${rootmnt}" || panic "ostree-prepare-root failed"
      ;;
  esac
done
`;

/** An image fits every machine: it must not look for the swap of the one that builds it. */
const CONFIGURATION = "RESUME=none\n";

/** An initramfs smaller than this holds no system. */
const SMALLEST = 1024 * 1024;

/**
 * Give a tree the hook and script that let its initramfs start a deployment.
 *
 * @throws {ComposeError} `compose/no-initramfs` if the tree lacks what they need.
 */
export function prepareInitramfs(txn: Transaction, tree: Tree): void {
  const needs = [["usr/sbin/mkinitramfs", "initramfs-tools"], [
    "usr/lib/ostree/ostree-prepare-root",
    "ostree-boot",
  ]];
  for (const [path, name] of needs) {
    if (tree.lookup(path!)) continue;
    throw new ComposeError(
      "compose/no-initramfs",
      `Cannot build an initramfs: the tree lacks "/${path}"`,
      {
        subject: name!,
        hint: `Add the package ${name}`,
      },
    );
  }
  const dir = "usr/share/initramfs-tools";
  writeTreeText(txn, tree, `${dir}/hooks/apt-ostree`, HOOK, 0o755);
  writeTreeText(txn, tree, `${dir}/scripts/local-bottom/apt-ostree`, SCRIPT, 0o755);
  writeTreeText(txn, tree, `${dir}/conf.d/apt-ostree`, CONFIGURATION);
}

/**
 * Build the initramfs with the tree's own initramfs-tools.
 *
 * @param directory Directory on the host that takes the result.
 * @param options.args Further arguments for mkinitramfs.
 * @returns Path of the image on the host.
 * @throws {ComposeError} `compose/no-initramfs` if it fails or comes out empty.
 */
export async function buildInitramfs(
  sandbox: Sandbox,
  release: string,
  directory: string,
  options: {
    readonly args?: readonly string[];
    readonly signal?: AbortSignal;
    readonly progress?: Progress;
  } = {},
): Promise<string> {
  const { args = [], progress, signal } = options;
  const start = performance.now();
  const phase = "initramfs";
  progress?.({ type: "phase-start", phase, title: `Building the initramfs of ${release}` });
  Deno.mkdirSync(directory, { recursive: true });
  const { status, output } = await sandbox.run({
    argv: ["mkinitramfs", ...args, "-o", `${INSIDE}/initramfs.img`, release],
    // Its times say nothing: the same files give the same initramfs in every build.
    environment: { SOURCE_DATE_EPOCH: "0" },
    binds: [{ source: directory, dest: INSIDE, writable: true }],
    ...(signal ? { signal } : {}),
  });
  const path = `${directory}/initramfs.img`;
  const size = status === 0 ? Deno.statSync(path).size : 0;
  if (size < SMALLEST) {
    const lines = output.trimEnd().split("\n").slice(-8).join("\n");
    throw new ComposeError(
      "compose/no-initramfs",
      `Cannot build the initramfs of ${release}: status ${status}, ${size} bytes\n${lines}`,
      {
        subject: release,
        hint: "The lines above are what mkinitramfs wrote last",
      },
    );
  }
  progress?.({ type: "phase-end", phase, done: 1, bytes: size, ms: performance.now() - start });
  return path;
}

const INSIDE = "/run/apt-ostree/out";
