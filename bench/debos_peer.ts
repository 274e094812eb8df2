import { measure, type Measurement } from "./measure.ts";
import type { PeerInput } from "./mmdebstrap_peer.ts";

/** Programs that debos needs to run without a virtual machine. */
export const DEBOS_PROGRAMS = ["debos", "debootstrap", "systemd-nspawn"];

/** What the root file system is told before apt runs in it, as the other peer's is. */
const SETUP = `rm "$ROOTDIR/etc/apt/sources.list"
cp mirror.sources "$ROOTDIR/etc/apt/sources.list.d/"
cp peer.cfg "$ROOTDIR/etc/dpkg/dpkg.cfg.d/"
`;

const DPKG_OPTIONS =
  ["doc", "man", "info", "groff", "lintian", "linda"].map((name) =>
    `path-exclude=/usr/share/${name}/*\n`
  ).join("") + "path-include=/usr/share/doc/*/copyright\nforce-unsafe-io\n";

/**
 * The recipe: debootstrap knows one suite of one mirror, so what is newer elsewhere is upgraded to;
 * then the packages, and the commit.
 */
function recipe(input: PeerInput, mirror: string): string {
  const actions = [
    { action: "debootstrap", suite: input.suite, mirror, variant: "minbase" },
    { action: "run", chroot: false, script: "setup.sh" },
    {
      action: "run",
      chroot: true,
      command: "apt-get -q update && apt-get -q --yes dist-upgrade",
    },
    { action: "apt", recommends: false, packages: input.packages },
    { action: "run", chroot: true, command: "rm -rf /var/lib/apt/lists/*" },
    { action: "ostree-commit", repository: "repo", branch: input.ref, subject: "debos" },
  ];
  return JSON.stringify({ architecture: "amd64", actions });
}

/**
 * Build and commit by debos, without a virtual machine, which would only make it slower.
 *
 * @param input `root` is the directory in which it works; `repo` is linked there.
 * @param mirror URL of the archive with `input.suite`.
 */
export async function measureDebos(input: PeerInput, mirror: string): Promise<Measurement> {
  const { root } = input;
  await Deno.mkdir(root);
  await Deno.symlink(input.repo, `${root}/repo`);
  await Deno.copyFile(input.sources, `${root}/mirror.sources`);
  await Deno.writeTextFile(`${root}/peer.cfg`, DPKG_OPTIONS);
  await Deno.writeTextFile(`${root}/setup.sh`, `#!/bin/sh -e\ncd "$RECIPEDIR"\n${SETUP}`, {
    mode: 0o755,
  });
  await Deno.writeTextFile(`${root}/recipe.yaml`, recipe(input, mirror));
  // As for the other peer: no initramfs.
  const options = ["--disable-fakemachine", "--environ-var=INITRD:No", `--artifactdir=${root}`];
  return await measure(["debos", ...options, "recipe.yaml"], { cwd: root });
}
