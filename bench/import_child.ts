/**
 * `import_child.ts REPO JOBS`: import the packages that a file of JSON names.
 *
 * @module
 */
import { type ImportJob, importPackages } from "@apt-ostree/core";
import { Repo } from "@apt-ostree/ostree";

export type { ImportJob };

if (import.meta.main) {
  const [repo = "", file = ""] = Deno.args;
  const jobs: ImportJob[] = JSON.parse(Deno.readTextFileSync(file));
  await importPackages(Repo.open(repo), each(jobs), jobs.length);
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}
