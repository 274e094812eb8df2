import { Repo } from "@apt-ostree/ostree";

/** The repository that a command works on: the one named, else the system's. */
export function openRepo(path: string | undefined, sysroot = "/"): Repo {
  return Repo.open(path ?? `${sysroot.replace(/\/$/, "")}/ostree/repo`);
}
