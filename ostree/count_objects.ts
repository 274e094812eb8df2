import { looseObjects } from "./loose_objects.ts";
import type { Repo } from "./repo.ts";

/** How many objects of one kind a repository has. */
export interface ObjectCount {
  /** Number of objects. */
  readonly count: number;
  /** Bytes of their files. */
  readonly bytes: number;
}

/** Number and size of the objects of a repository, by kind, sorted by kind. */
export function countObjects(repo: Repo): Map<string, ObjectCount> {
  const counts = new Map<string, { count: number; bytes: number }>();
  for (const { type, path } of looseObjects(repo)) {
    const of = counts.get(type) ?? { count: 0, bytes: 0 };
    of.count++;
    of.bytes += Deno.lstatSync(path).size;
    counts.set(type, of);
  }
  return new Map([...counts].sort(([a], [b]) => a < b ? -1 : 1));
}
