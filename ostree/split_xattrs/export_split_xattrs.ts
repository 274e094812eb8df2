import { TarWriter } from "@apt-ostree/base";
import { writeContent } from "../export_tar.ts";
import { encodeXattrs } from "../object/xattrs.ts";
import { addReachable } from "../reachable.ts";
import type { Repo } from "../repo.ts";
import { statContent } from "../stored_content.ts";
import { encodeVariant } from "../variant/encode.ts";

const REPO = "sysroot/ostree/repo";
const CONFIG = "[core]\nrepo_version=1\nmode=bare-split-xattrs\n";
/** Directories of a repository that every layer carries, beside those of the objects. */
const LAYOUT = [
  "extensions",
  "refs",
  "refs/heads",
  "refs/mirrors",
  "refs/remotes",
  "state",
  "tmp",
  "tmp/cache",
];
const OBJECT = { uid: 0, gid: 0, mode: 0o644 } as const;
const DIRECTORY = { type: "dir", uid: 0, gid: 0, mode: 0o755 } as const;

/**
 * Write a commit as a tar archive that holds a repository of mode bare-split-xattrs below
 * `sysroot/ostree/repo`, the form in which container images carry it.
 *
 * Each file is followed by nothing else here: the paths that link to it are a matter of images.
 *
 * @param write Takes the next bytes of the archive; it may keep them only until it returns.
 * @throws {ObjectError} If an object is missing or damaged; the archive is then cut off.
 */
export async function exportSplitXattrs(
  repo: Repo,
  commit: string,
  write: (bytes: Uint8Array) => void,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const tar = new TarWriter(write);
  writeSplitRepo(tar);
  const put = (checksum: string, type: string, bytes: Uint8Array) => {
    tar.entry({
      type: "file",
      path: splitObjectPath(checksum, type),
      ...OBJECT,
      size: bytes.length,
    });
    tar.data(bytes);
  };
  put(commit, "commit", repo.readMetadata(commit, "commit"));
  const detached = repo.readDetachedMetadata(commit);
  if (detached) put(commit, "commitmeta", encodeVariant("a{sv}", detached));
  for (const key of [...addReachable(repo, [commit], 0)].sort()) {
    options.signal?.throwIfAborted();
    const checksum = key.slice(0, 64);
    const type = key.slice(65);
    if (type === "file") await writeSplitContent(tar, repo, checksum);
    else if (type === "dirtree" || type === "dirmeta") {
      put(checksum, type, repo.readMetadata(checksum, type));
    }
  }
  tar.close();
}

/** Write the directories and the configuration that make an archive such a repository. */
export function writeSplitRepo(tar: TarWriter): void {
  const parts = REPO.split("/");
  parts.forEach((_, at) => tar.entry({ ...DIRECTORY, path: parts.slice(0, at + 1).join("/") }));
  tar.entry({ ...DIRECTORY, path: `${REPO}/objects` });
  for (let at = 0; at < 256; at++) {
    tar.entry({ ...DIRECTORY, path: `${REPO}/objects/${at.toString(16).padStart(2, "0")}` });
  }
  for (const dir of LAYOUT) tar.entry({ ...DIRECTORY, path: `${REPO}/${dir}` });
  const config = new TextEncoder().encode(CONFIG);
  tar.entry({ type: "file", path: `${REPO}/config`, ...OBJECT, size: config.length });
  tar.data(config);
}

/**
 * Write a content object with its attributes, which stand right before it.
 *
 * The attributes are also given as PAX records of the file, for tools that only unpack; but not
 * `security.selinux`, which belongs to the host.
 *
 * @param drain Awaited between pieces of large files, for writers that must not be overrun.
 * @throws {ObjectError} If the object is missing or damaged; the archive is then cut off.
 */
export async function writeSplitContent(
  tar: TarWriter,
  repo: Repo,
  checksum: string,
  drain?: () => Promise<void>,
): Promise<void> {
  const { xattrs } = statContent(repo, checksum);
  const bytes = encodeVariant("a(ayay)", encodeXattrs(xattrs));
  const path = splitObjectPath(checksum, "file-xattrs-link");
  tar.entry({ type: "file", path, ...OBJECT, size: bytes.length });
  tar.data(bytes);
  const keep = (name: string) => name !== "security.selinux";
  await writeContent(tar, repo, checksum, splitObjectPath(checksum, "file"), 0, {
    keepXattr: keep,
    ...(drain ? { drain } : {}),
  });
}

/** Path of an object in such an archive. */
export function splitObjectPath(checksum: string, type: string): string {
  return `${REPO}/objects/${checksum.slice(0, 2)}/${checksum.slice(2)}.${type}`;
}
