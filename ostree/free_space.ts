import { statfsSync } from "node:fs";
import { RepoError } from "./error.ts";
import type { Repo } from "./repo.ts";

/** Bytes after which the filesystem is asked again: others write to it too. */
const LOOK_EVERY = 64 * 1024 * 1024;

/**
 * Keeps as much of a repository's filesystem free as its `config` says.
 *
 * @see ostree.repo-config(5), "min-free-space-percent" and "min-free-space-size"
 */
export class FreeSpace {
  readonly #repo: Repo;
  #budget = 0;

  /** Watch over `repo`. @throws {RepoError} `repo/bad-config` if its limit cannot be read. */
  constructor(repo: Repo) {
    this.#repo = repo;
    reserve(repo, 0);
  }

  /** Say that `bytes` will be written. @throws {RepoError} `repo/no-space` if they must not be. */
  take(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget >= 0) return;
    const { bavail, blocks, bsize } = statfsSync(this.#repo.path);
    const free = bavail * bsize - reserve(this.#repo, blocks * bsize);
    if (free < bytes) {
      const mebibytes = (count: number) => Math.ceil(count / 1024 / 1024);
      throw new RepoError(
        "repo/no-space",
        `Cannot write ${mebibytes(bytes)} MiB to repository "${this.#repo.path}": ` +
          `${mebibytes(bavail * bsize)} MiB are free, some of which it keeps free`,
        {
          subject: this.#repo.path,
          hint: "Free space there, or lower core.min-free-space-percent in its config",
        },
      );
    }
    this.#budget = Math.min(free - bytes, LOOK_EVERY);
  }
}

const UNITS: Readonly<Record<string, number>> = { MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

/** Bytes that stay free of a filesystem that has `total`. */
function reserve(repo: Repo, total: number): number {
  const size = repo.configValue("core", "min-free-space-size");
  if (size !== undefined && size !== "0") {
    const found = /^(\d+)(MB|GB|TB)$/.exec(size);
    if (!found) throw bad(repo, "size", size, "Write for example 500MB");
    return Number(found[1]) * UNITS[found[2]!]!;
  }
  const percent = repo.configValue("core", "min-free-space-percent") ?? "3";
  if (!/^\d{1,2}$/.test(percent)) throw bad(repo, "percent", percent, "Write 0 to 99");
  return total * Number(percent) / 100;
}

function bad(repo: Repo, key: string, value: string, hint: string): RepoError {
  const message = `Cannot use repository "${repo.path}": min-free-space-${key} is "${value}"`;
  return new RepoError("repo/bad-config", message, { subject: `${repo.path}/config`, hint });
}
