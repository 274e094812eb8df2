/** What mmdebstrap makes. */
export interface MmdebstrapInput {
  /** Path of the .sources file. */
  readonly sources: string;
  /** Packages beside the essential ones. */
  readonly packages: readonly string[];
  readonly documentation: boolean;
  readonly sourceDateEpoch: number;
  /** Directory for the root file system; it must not exist. */
  readonly root: string;
}

/** The links of a merged /usr, as the installer of Debian makes them before the first package. */
const MERGE_USR =
  'for name in bin sbin lib lib64; do mkdir -p "$1/usr/$name"; ln -s "usr/$name" "$1/$name"; done';

/** Documentation that is left out; the copyright files stay, as the law of many licences asks. */
const DOCUMENTATION = ["doc", "man", "info", "groff", "lintian", "linda"];

/**
 * Install packages with the real apt and dpkg into an empty directory, as root in a chroot.
 *
 * @throws {Error} With what mmdebstrap wrote, if it fails.
 */
export async function runMmdebstrap(input: MmdebstrapInput): Promise<void> {
  const excluded = input.documentation ? [] : [
    ...DOCUMENTATION.map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
  ];
  const { success, stderr } = await new Deno.Command("unshare", {
    args: [
      // The name of the machine goes into keys and certificates; in our cells it is this one.
      ...["--uts", "sh", "-ec", 'hostname localhost; exec "$@"', "sh", "mmdebstrap"],
      ...["--mode=root", "--variant=apt", "--format=directory", "--quiet"],
      ...(input.packages.length === 0 ? [] : [`--include=${input.packages.join(",")}`]),
      `--setup-hook=${MERGE_USR}`,
      "--dpkgopt=force-unsafe-io",
      ...excluded,
      ...["", input.root, input.sources],
    ],
    clearEnv: true,
    env: {
      HOME: "/root",
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      SOURCE_DATE_EPOCH: String(input.sourceDateEpoch),
      INITRD: "No",
    },
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  throw new Error(`mmdebstrap failed:\n${new TextDecoder().decode(stderr).slice(-8000)}`);
}
