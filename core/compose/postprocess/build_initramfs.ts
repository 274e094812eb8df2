import type { Progress } from "@apt-ostree/base";
import type { Tree } from "@apt-ostree/ostree";
import type { Sandbox } from "@apt-ostree/sandbox";
import { ComposeError } from "../../error.ts";
import type { InitramfsTool } from "./initramfs_tool.ts";

/** How {@linkcode buildInitramfs} builds. */
export interface BuildInitramfsOptions {
  /** The tree that the sandbox shows. */
  readonly tree: Tree;
  readonly tool: InitramfsTool;
  /** Release of the kernel. */
  readonly release: string;
  /** Directory on the host that takes the result. */
  readonly directory: string;
  /** Further arguments for the tool. @default none */
  readonly args?: readonly string[];
  readonly signal?: AbortSignal;
  readonly progress?: Progress;
}

/** An initramfs smaller than this holds no system. */
const SMALLEST = 1024 * 1024;

/** Where the directory of the result is in the sandbox. */
const INSIDE = "/run/apt-ostree/out";
const NAME = "initramfs.img";

/**
 * Build the initramfs with a tool of the tree itself.
 *
 * @returns Path of the image on the host.
 * @throws {ComposeError} `compose/no-initramfs` if the tool fails, or the image comes out empty or
 * without what starts a deployment.
 */
export async function buildInitramfs(
  sandbox: Sandbox,
  options: BuildInitramfsOptions,
): Promise<string> {
  const { tree, tool, release, directory, args = [], progress, signal } = options;
  const start = performance.now();
  const phase = "initramfs";
  progress?.({ type: "phase-start", phase, title: `Building the initramfs of ${release}` });
  Deno.mkdirSync(directory, { recursive: true });
  const image = `${INSIDE}/${NAME}`;
  const run = (argv: readonly string[]) =>
    sandbox.run({
      argv,
      // Its times say nothing: the same files give the same initramfs in every build.
      environment: { SOURCE_DATE_EPOCH: "0" },
      binds: [{ source: directory, dest: INSIDE, writable: true }],
      ...(signal ? { signal } : {}),
    });
  const { status, output } = await run(tool.build(tree, { release, image, args }));
  const path = `${directory}/${NAME}`;
  const size = status === 0 ? sizeOf(path) : 0;
  if (size < SMALLEST) {
    const lines = output.trimEnd().split("\n").slice(-8).join("\n");
    throw new ComposeError(
      "compose/no-initramfs",
      `Cannot build the initramfs of ${release}: status ${status}, ${size} bytes\n${lines}`,
      { subject: release, hint: `The lines above are what ${tool.name} wrote last` },
    );
  }
  if (tool.inspect) {
    const { argv, wanted, what, hint } = tool.inspect;
    if (!wanted.test((await run(argv(image))).output)) {
      throw new ComposeError(
        "compose/no-initramfs",
        `Cannot use the initramfs of ${release}: it lacks ${what}, and starts no deployment`,
        { subject: release, hint },
      );
    }
  }
  progress?.({ type: "phase-end", phase, done: 1, bytes: size, ms: performance.now() - start });
  return path;
}

/** Bytes of a file; 0 where there is none. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
