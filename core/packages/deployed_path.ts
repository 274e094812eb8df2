import type { Tree } from "@apt-ostree/ostree";

/** Where a commit keeps what a deployment shows elsewhere. */
const PLACES: readonly (readonly [deployed: string, committed: string])[] = [
  ["etc", "usr/etc"],
  ["opt", "usr/lib/opt"],
];

/** Directories of a deployment that each host fills by itself. */
const HOST = /^(dev|home|media|mnt|proc|root|run|srv|sys|sysroot|tmp|var|usr\/local)(\/|$)/;

/** Symbolic links are followed this often before a path is called endless. */
const MAX_LINKS = 40;

/**
 * Path in a commit's tree of what stands at a path of the deployed system.
 *
 * @param path With or without leading slash. @returns Without.
 */
export function committedPath(path: string): string {
  const plain = path.split("/").filter((part) => part !== "" && part !== ".").join("/");
  for (const [deployed, committed] of PLACES) {
    if (plain === deployed || plain.startsWith(`${deployed}/`)) {
      return committed + plain.slice(deployed.length);
    }
  }
  return plain;
}

/** Path in the deployed system of what stands at a path of a commit's tree. */
export function deployedPath(path: string): string {
  for (const [deployed, committed] of PLACES) {
    if (path === committed || path.startsWith(`${committed}/`)) {
      return deployed + path.slice(committed.length);
    }
  }
  return path;
}

/** What following a path of the deployed system comes to. */
export interface Destination {
  /** `host`: what each host makes by itself, below /var, /run and the like. */
  readonly kind: "there" | "missing" | "host" | "endless";
  /** Path of the deployed system that it leads to, as far as it could be followed. */
  readonly path: string;
}

/**
 * Follow a path of the deployed system through all links, as a host would.
 *
 * @param path Without leading slash, for example `etc/alternatives/awk`.
 */
export function followDeployed(tree: Tree, path: string): Destination {
  const todo = path.split("/");
  const done: string[] = [];
  let followed = 0;
  while (todo.length > 0) {
    const part = todo.shift()!;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    const here = [...done, part].join("/");
    if (HOST.test(here)) return { kind: "host", path: here };
    const entry = tree.lookup(committedPath(here));
    if (!entry) return { kind: "missing", path: here };
    const target = entry.type === "file" ? tree.linkTarget(committedPath(here)) : undefined;
    if (target === undefined) {
      if (entry.type === "file" && todo.some((next) => next !== "" && next !== ".")) {
        return { kind: "missing", path: here };
      }
      done.push(part);
      continue;
    }
    if (++followed > MAX_LINKS) return { kind: "endless", path: here };
    if (target.startsWith("/")) done.length = 0;
    todo.unshift(...target.split("/"));
  }
  return { kind: "there", path: done.join("/") };
}
