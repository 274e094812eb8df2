import { measure, type Measurement } from "./measure.ts";

/** What the peer builds. */
export interface PeerInput {
  /** Path of a deb822 sources file. */
  readonly sources: string;
  readonly suite: string;
  /** Packages beside the essential ones and apt. */
  readonly packages: readonly string[];
  /** Repository to commit to, which exists. */
  readonly repo: string;
  readonly ref: string;
  /** Directory for the root filesystem, which must not exist. */
  readonly root: string;
}

/**
 * Makes the links of a merged /usr beforehand. Without it mmdebstrap, which settles the essential
 * packages before it looks at the others, takes usrmerge and all of Perl beside usr-is-merged.
 */
const MERGED_USR = "/usr/share/mmdebstrap/hooks/merged-usr";

/** mmdebstrap tuned as far as it goes: no initramfs, no documentation, no fsync. */
function mmdebstrap(input: PeerInput): string[] {
  const excluded = ["doc", "man", "info", "groff", "lintian", "linda"];
  return [
    ...["mmdebstrap", "--quiet", "--variant=apt", "--format=directory"],
    `--include=${input.packages.join(",")}`,
    ...excluded.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=force-unsafe-io",
    `--hook-dir=${MERGED_USR}`,
    ...[input.suite, input.root, input.sources],
  ];
}

/** Build the root filesystem and commit it, measured together; the root filesystem stays. */
export async function measurePeer(input: PeerInput): Promise<Measurement> {
  // OSTree takes no device nodes; those that mmdebstrap makes are of no use in a commit.
  const script = 'root=$1 repo=$2 ref=$3; shift 3; "$@"; rm -rf "$root"/dev/*; ' +
    'ostree commit --repo="$repo" --branch="$ref" --tree=dir="$root"';
  return await measure(
    ["sh", "-ec", script, "peer", input.root, input.repo, input.ref, ...mmdebstrap(input)],
    { env: { INITRD: "No" } },
  );
}

/** Build the root filesystem without measuring, for what it fetches on the way. */
export async function warmPeer(input: PeerInput): Promise<void> {
  await measure(mmdebstrap(input), { env: { INITRD: "No" } });
}

/** Names and versions of the packages in a root filesystem, in order. */
export async function installedPackages(root: string): Promise<string[]> {
  const query = new Deno.Command("dpkg-query", {
    args: [`--admindir=${root}/var/lib/dpkg`, "--show", "--showformat=${Package} ${Version}\\n"],
  });
  const { stdout, success } = await query.output();
  if (!success) throw new Error(`Cannot list the packages of "${root}"`);
  return new TextDecoder().decode(stdout).trim().split("\n").sort();
}
