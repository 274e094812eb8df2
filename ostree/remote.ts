import { RepoError } from "./error.ts";
import type { Repo } from "./repo.ts";

/** A repository elsewhere that commits are pulled from. */
export interface Remote {
  /** Name, as in `NAME:REF`. */
  readonly name: string;
  /** Where it is. */
  readonly url: string;
  /** All its options as the config has them, `url` among them; for example `gpg-verify`. */
  readonly options: ReadonlyMap<string, string>;
}

const GROUP = /^remote "(.+)"$/;

/** Remotes of a repository, sorted by name. */
export function readRemotes(repo: Repo): Map<string, Remote> {
  const remotes: [string, Remote][] = [];
  for (const [group, options] of repo.config) {
    const name = GROUP.exec(group)?.[1];
    if (name !== undefined) remotes.push([name, { name, url: options.get("url") ?? "", options }]);
  }
  return new Map(remotes.sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * Add a remote, or change it.
 *
 * @param options Its options, for example `{ url: "https://example.org/repo", "gpg-verify": "true" }`;
 * `null` takes the remote away.
 * @throws {RepoError} `repo/bad-config` if the name cannot be one.
 */
export function setRemote(
  repo: Repo,
  name: string,
  options: Readonly<Record<string, string>> | null,
): void {
  if (!/^[\w\d][-._\w\d]*$/.test(name)) {
    throw new RepoError("repo/bad-config", `Cannot add remote "${name}": the name is no word`, {
      subject: name,
      hint: 'Use letters, digits and "-._"',
    });
  }
  repo.changeConfig((config) => {
    if (options === null) config.delete(`remote "${name}"`);
    else config.set(`remote "${name}"`, new Map(Object.entries(options)));
  });
}
