import type { Repo } from "./repo.ts";

/** One file below a repository's `objects/`. */
export interface LooseObject {
  readonly checksum: string;
  /** Ending of its file name, `filez` given as `file`. */
  readonly type: string;
  /** Path of the file. */
  readonly path: string;
}

/** All objects of a repository, in no order; files that are none are passed over. */
export function* looseObjects(repo: Repo): Generator<LooseObject> {
  const objects = `${repo.path}/objects`;
  for (const prefix of Deno.readDirSync(objects)) {
    if (!/^[0-9a-f]{2}$/.test(prefix.name)) continue;
    for (const { name } of Deno.readDirSync(`${objects}/${prefix.name}`)) {
      const found = /^([0-9a-f]{62})\.([a-z-]+)$/.exec(name);
      if (!found) continue;
      const type = found[2] === "filez" ? "file" : found[2]!;
      yield { checksum: prefix.name + found[1], type, path: `${objects}/${prefix.name}/${name}` };
    }
  }
}
