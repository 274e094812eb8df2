import type { Repo, Transaction, Tree } from "@apt-ostree/ostree";
import { parseDiversions } from "../../assemble/diversions.ts";
import { DPKG_DATABASE } from "../../assemble/root_layout.ts";
import { readTreeText, writeTreeText } from "../../assemble/tree_text.ts";
import { ComposeError } from "../../error.ts";

/** Where the real programs lie. */
const DIRECTORY = "usr/libexec/apt-ostree/cliwrap";

/** A program that changes a system, and the words by which it only reads. */
interface Wrapped {
  readonly path: string;
  /** Options and commands for which the real program runs all the same. */
  readonly reads: readonly string[];
  /** What to do instead. */
  readonly instead: string;
}

/** Programs that can be wrapped. */
export const WRAPPED: Readonly<Record<string, Wrapped>> = {
  "apt": {
    path: "usr/bin/apt",
    reads: ["list", "search", "show", "policy", "depends", "rdepends", "changelog", "--version"],
    instead: "apt-ostree install or apt-ostree upgrade",
  },
  "apt-get": {
    path: "usr/bin/apt-get",
    reads: ["changelog", "indextargets", "download", "source", "-s", "--simulate", "--version"],
    instead: "apt-ostree install or apt-ostree upgrade",
  },
  "dpkg": {
    path: "usr/bin/dpkg",
    reads: [
      ...["-l", "--list", "-L", "--listfiles", "-s", "--status", "-S", "--search", "-p"],
      ...["--print-avail", "-V", "--verify", "--get-selections", "-C", "--audit", "--version"],
      ...["--print-architecture", "--print-foreign-architectures", "--compare-versions"],
      ...[
        "-c",
        "--contents",
        "-I",
        "--info",
        "-f",
        "--field",
        "-x",
        "--extract",
        "--validate-version",
      ],
    ],
    instead: "apt-ostree install ./package.deb",
  },
  "update-initramfs": {
    path: "usr/sbin/update-initramfs",
    reads: [],
    instead: "apt-ostree initramfs --enable",
  },
  "dracut": {
    path: "usr/bin/dracut",
    reads: ["-h", "--help", "--version", "--list-modules"],
    instead: "apt-ostree initramfs --enable",
  },
};

/**
 * Text of the script that stands in for a program: in a booted deployment it refuses what would change
 * the image and passes on what reads; elsewhere, in a build or a container, it passes on everything.
 */
export function formatWrapper(name: string): string {
  const { reads, instead } = WRAPPED[name]!;
  const check = reads.length === 0 ? "" : `
  for word; do
    case "$word" in
      ${reads.join("|")}) exec "$real" "$@" ;;
    esac
  done`;
  return `#!/bin/sh
# Stands in for ${name}: the system is an image, which apt-ostree changes as a whole.
real=/${DIRECTORY}/${name}
if [ -e /run/ostree-booted ]; then${check}
  echo "${name}: this system is an image; use ${instead}" >&2
  exit 1
fi
exec "$real" "$@"
`;
}

/**
 * Wrap programs of a tree. A diversion tells dpkg, so that a newer package puts the new program beside
 * the wrapper.
 *
 * @param names Programs of {@linkcode WRAPPED}; those that the tree lacks are left out.
 * @throws {ComposeError} `compose/no-such-program` for any other.
 */
export function wrapPrograms(
  repo: Repo,
  txn: Transaction,
  tree: Tree,
  names: readonly string[],
): void {
  const file = `${DPKG_DATABASE}/diversions`;
  let diversions = readTreeText(repo, tree, file) ?? "";
  for (const name of names) {
    const program = WRAPPED[name];
    if (!program) {
      throw new ComposeError("compose/no-such-program", `Cannot wrap "${name}": it is not known`, {
        subject: name,
        hint: `Programs that can be wrapped: ${Object.keys(WRAPPED).join(", ")}`,
      });
    }
    const { path } = program;
    const diverted = parseDiversions(diversions).some(({ from }) => from === `/${path}`);
    if (diverted || tree.lookup(path)?.type !== "file") continue;
    tree.mkdir(DIRECTORY);
    tree.rename(path, `${DIRECTORY}/${name}`);
    writeTreeText(txn, tree, path, formatWrapper(name), 0o755);
    diversions += `/${path}\n/${DIRECTORY}/${name}\n:\n`;
  }
  if (diversions !== "") writeTreeText(txn, tree, file, diversions);
}
