import { Repo } from "@apt-ostree/ostree";

/** The repository that a command works on: the one named, else the system's. */
export function openRepo(path: string | undefined, sysroot = "/"): Repo {
  return Repo.open(path ?? `${sysroot.replace(/\/$/, "")}/ostree/repo`);
}

/** The option that every command of `db` has. */
export const REPO_OPTION = {
  type: "string",
  short: "r",
  value: "PATH",
  help: "Path to OSTree repository (defaults to the system's)",
} as const;
