import { hostRunner } from "@apt-ostree/base";

/** The product as a user starts it from a checkout. */
const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;

/**
 * Compose a treefile by the product's own command line.
 *
 * @param treefile Name of a file in this folder's testdata.
 * @param options `repo` is the repository to write, `cachedir` keeps packages from run to run.
 */
export async function compose(
  treefile: string,
  options: { repo: string; cachedir: string },
): Promise<void> {
  const file = new URL(`./testdata/${treefile}`, import.meta.url).pathname;
  await hostRunner.run(
    [
      ...[PROGRAM, "compose", "tree", `--repo=${options.repo}`, `--cachedir=${options.cachedir}`],
      file,
    ],
    { env: { ...Deno.env.toObject(), APT_OSTREE_DENO: Deno.execPath() } },
  );
}

/** Checksum of the commit that a ref names. */
export async function readRef(repo: string, ref: string): Promise<string> {
  const { stdout } = await hostRunner.run(["ostree", "rev-parse", `--repo=${repo}`, ref]);
  return new TextDecoder().decode(stdout).trim();
}
