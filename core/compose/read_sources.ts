import { anchorSources, readHostSources, type SourcesFile } from "@apt-ostree/apt";
import { ComposeError } from "../error.ts";
import type { ReadTreefile } from "../treefile/read_treefile.ts";
import type { Treefile } from "../treefile/treefile.ts";

/** How {@linkcode readSources} goes about it. */
export interface ReadSourcesOptions {
  /** Names of further sources, meant like the treefile's `repos`. */
  readonly more?: readonly string[];
  /** Root of the system whose sources serve where the treefile names none. @default "/" */
  readonly sourceRoot?: string;
}

/**
 * The sources that a treefile names, from files beside it or else from this machine; where it names
 * none, all of this machine.
 *
 * @throws {ComposeError} `compose/no-sources` that names the file which is missing.
 */
export function readSources(
  { treefile, directory }: ReadTreefile,
  options: ReadSourcesOptions = {},
): SourcesFile[] {
  const { more = [], sourceRoot = "/" } = options;
  const host = treefile.repos === undefined ? readHostSources(sourceRoot) : [];
  const named = [...new Set([...treefile.repos ?? [], ...more])].map((repo) => {
    const names = /\.(sources|list)$/.test(repo) ? [repo] : [`${repo}.sources`, `${repo}.list`];
    for (const name of names) {
      try {
        const text = fillIn(Deno.readTextFileSync(`${directory}/${name}`), treefile);
        return anchorSources({ name: name.replace(/^.*\//, ""), text }, directory);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    const own = readHostSources(sourceRoot).find((file) => names.includes(file.name));
    if (own) return { ...own, text: fillIn(own.text, treefile) };
    throw new ComposeError(
      "compose/no-sources",
      `Cannot use repos "${repo}": there is no ${names.join(" or ")} in "${directory}", nor in "${
        sourceRoot.replace(/\/$/, "")
      }/etc/apt/sources.list.d"`,
      { subject: repo, hint: "Leave repos: out to use all of this machine's own sources" },
    );
  });
  return [...host, ...named];
}

/** Put `repovars` and the release in for `$NAME` and `${NAME}`; other dollars stay. */
function fillIn(text: string, { repovars, releasever }: Treefile): string {
  const release = releasever === undefined ? {} : { releasever, codename: releasever };
  const values: Readonly<Record<string, string>> = { ...repovars, ...release };
  return text.replace(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (found, bare?: string, braced?: string) => {
      const name = bare ?? braced ?? "";
      return Object.hasOwn(values, name) ? values[name]! : found;
    },
  );
}
