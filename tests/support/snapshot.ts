import { output } from "./archive.ts";

/** State of every path below a directory, as find and sha256sum tell it. */
export type Snapshot = ReadonlyMap<string, string>;

/** One path that differs between two snapshots. */
export interface SnapshotChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  f: "file",
  d: "dir",
  l: "symlink",
  p: "fifo",
  s: "socket",
  b: "device",
  c: "device",
};

/**
 * Look at every path below a directory: type, mode, owner, and the SHA-256 of a file or target of a
 * link. Times do not count.
 */
export async function takeSnapshot(dir: string): Promise<Snapshot> {
  const find = await output("find", dir, "-mindepth", "1", "-printf", "%P\\0%y %m %U:%G\\0%l\\0");
  const sums = await output(
    "sh",
    "-c",
    'cd "$1" && find . -type f -exec sha256sum -z {} +',
    "sh",
    dir,
  );
  const digests = new Map(
    sums.split("\0").filter((line) => line !== "").map((
      line,
    ) => [line.slice(68), line.slice(0, 64)]),
  );
  const fields = find.split("\0");
  const snapshot = new Map<string, string>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = "", stat = "", target = ""] = fields.slice(at, at + 3);
    const [type = "", mode = "", owner = ""] = stat.split(" ");
    const shown = type === "l" ? "" : ` ${mode}`;
    const content = type === "f" ? digests.get(path) ?? "" : target;
    snapshot.set(path, `${TYPES[type]}${shown} ${owner} ${content}`);
  }
  return snapshot;
}

/** Paths that differ, sorted. */
export function diffSnapshots(before: Snapshot, after: Snapshot): SnapshotChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.map((path) => ({ path, before: before.get(path), after: after.get(path) }))
    .filter((change) => change.before !== change.after);
}
