// deno-lint-ignore-file no-console -- a script
/**
 * Print a file of a commit in a repository elsewhere, without checking the commit out.
 *
 * `deno run -A read_remote_file.ts URL REF PATH`, for example
 * `read_remote_file.ts https://example.org/repo debian/12/x86_64/minimal /usr/lib/os-release`.
 * Needs the program `ostree`. The commit's signature is not checked: give the remote a key for that.
 */
import { pullRemote, readPath, Repo, setRemote } from "@apt-ostree/ostree";

const [url, ref, path] = Deno.args;
if (!url || !ref || !path) throw new Error("Usage: read_remote_file.ts URL REF PATH");

const dir = await Deno.makeTempDir();
try {
  const repo = Repo.init(dir, { mode: "archive" });
  setRemote(repo, "origin", { url, "gpg-verify": "false" });
  await pullRemote(repo.path, "origin", {
    refs: [ref],
    progress: (event) => {
      if (event.type === "phase-end") console.error(event.summary);
    },
  });
  for await (const piece of readPath(repo, `origin:${ref}`, path)) {
    await Deno.stdout.write(piece);
  }
} finally {
  await Deno.remove(dir, { recursive: true });
}
