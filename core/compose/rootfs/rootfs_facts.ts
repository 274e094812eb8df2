import type { TreeChecksums } from "@apt-ostree/ostree";
import { pathExists } from "@apt-ostree/base";
import { ComposeError } from "../../error.ts";
import type { PackageId } from "../../import/package_ref.ts";
import type { OstreeLayers } from "../postprocess/add_layers.ts";

/** What is known about a root file system beside its files. */
export interface RootfsFacts {
  /** Version of the form. */
  readonly version: 1;
  /** The directory's content when it was left: what has another one was edited since. */
  readonly tree: TreeChecksums;
  /** Digest of the treefile that made all of it; `null` where something else had a part in it. */
  readonly treefile: string | null;
  /** Seconds since 1970 that scripts took for the time of the build. */
  readonly timestamp: number;
  /** Version of the commit to be; `null` where it has none. */
  readonly commitVersion: string | null;
  /** Its packages, in apt's order of unpacking, each with the SHA-256 of its .deb. */
  readonly packages: readonly (PackageId & { readonly sha256: string })[];
  /** Sources of the packages: names and dates, in seconds since 1970. */
  readonly repositories: readonly { readonly id: string; readonly date: number }[];
  /** Commits of the treefile's layers. */
  readonly layers: OstreeLayers;
  /** What maintainer scripts did: the record of commits, in base64. */
  readonly scripts: string;
}

/** File beside a root file system that says what is known about it. */
export function factsFile(rootfs: string): string {
  return `${rootfs}.apt-ostree.json`;
}

/** Write what is known about a root file system. */
export function writeRootfsFacts(rootfs: string, facts: RootfsFacts): void {
  const file = factsFile(rootfs);
  Deno.writeTextFileSync(`${file}.new`, `${JSON.stringify(facts, null, 1)}\n`);
  Deno.renameSync(`${file}.new`, file);
}

/**
 * Read what is known about a root file system.
 *
 * @returns `undefined` where nothing is: another program made it, or it was moved.
 * @throws {ComposeError} `compose/bad-facts` if the file is damaged.
 */
export function readRootfsFacts(rootfs: string): RootfsFacts | undefined {
  const file = factsFile(rootfs);
  if (!pathExists(file)) return undefined;
  const bad = (what: string, cause?: unknown) =>
    new ComposeError("compose/bad-facts", `Cannot read "${file}": ${what}`, {
      subject: file,
      hint: "Remove the file: the commit then knows of its packages what dpkg's database says",
      cause,
    });
  let facts: Partial<RootfsFacts> | null;
  try {
    facts = JSON.parse(Deno.readTextFileSync(file)) as Partial<RootfsFacts> | null;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw bad(cause.message, cause);
  }
  const lists = [
    facts?.packages,
    facts?.repositories,
    facts?.layers?.plain,
    facts?.layers?.override,
  ];
  const whole = facts?.version === 1 && lists.every((each) => Array.isArray(each)) &&
    typeof facts.timestamp === "number" && typeof facts.scripts === "string" &&
    typeof facts.tree?.dirtree === "string" && typeof facts.tree.dirmeta === "string";
  if (!whole) throw bad("it is of a form that is not known here");
  return facts as RootfsFacts;
}

/** Whether two trees are the same. */
export function isSameTree(a: TreeChecksums, b: TreeChecksums): boolean {
  return a.dirtree === b.dirtree && a.dirmeta === b.dirmeta;
}
