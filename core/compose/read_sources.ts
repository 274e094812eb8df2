import { anchorSources, readHostSources, type SourcesFile } from "@apt-ostree/apt";
import { ComposeError } from "../error.ts";
import type { ReadTreefile } from "../treefile/read_treefile.ts";

/**
 * The sources that a treefile names, from files beside it; else those of this machine.
 *
 * @throws {ComposeError} `compose/no-sources` that names the file which is missing.
 */
export function readSources({ treefile, directory }: ReadTreefile): SourcesFile[] {
  if (treefile.repos === undefined) return readHostSources();
  return treefile.repos.map((repo) => {
    const names = /\.(sources|list)$/.test(repo) ? [repo] : [`${repo}.sources`, `${repo}.list`];
    for (const name of names) {
      try {
        const text = Deno.readTextFileSync(`${directory}/${name}`);
        return anchorSources({ name: name.replace(/^.*\//, ""), text }, directory);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    throw new ComposeError(
      "compose/no-sources",
      `Cannot use repos "${repo}": there is no ${names.join(" or ")} in "${directory}"`,
      {
        subject: repo,
        hint:
          "repos: names files beside the treefile; leave it out to use this machine's own sources",
      },
    );
  });
}
