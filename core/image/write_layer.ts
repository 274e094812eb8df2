import { TarWriter } from "@apt-ostree/base";
import { LayerWriter, OciLayout, type WrittenLayer } from "@apt-ostree/oci";
import {
  type DirMeta,
  encodeVariant,
  Repo,
  splitObjectPath,
  Tree,
  type TreeChecksums,
  type VariantDict,
  writeSplitContent,
  writeSplitRepo,
} from "@apt-ostree/ostree";
import { SCRIPTS_KEY } from "../audit/commit_scripts.ts";
import type { LayerObject } from "./plan_layers.ts";

/** A layer of an encapsulated commit, as a worker is asked for it. */
export interface LayerJob {
  /** Directory of the layout that takes the blob. */
  readonly layout: string;
  /** Repository that has the objects. */
  readonly repo: string;
  /** Root of the commit's tree. */
  readonly root: TreeChecksums;
  /** The commit, for the layer that holds it and all directories. */
  readonly commit?: string;
  readonly objects: readonly LayerObject[];
  /** Whether directories stand before what is in them, also in layers above the first. */
  readonly parents: boolean;
}

const METADATA = { type: "file", uid: 0, gid: 0, mode: 0o644 } as const;
/** Where a system has its own repository: what a commit has there is no part of the checkout. */
const SYSROOT = "sysroot";
const STICKY = { uid: 0, gid: 0, mode: 0o1777 } as const;

/**
 * Write one layer: objects in a repository of mode bare-split-xattrs, and the checkout as links to them.
 *
 * @see ostree-ext, the encapsulated format, with today's `.file-xattrs-link`
 * @throws {ObjectError} If an object is missing or damaged.
 */
export async function writeLayer(job: LayerJob, signal?: AbortSignal): Promise<WrittenLayer> {
  const repo = Repo.open(job.repo);
  await using output = new LayerWriter(OciLayout.open(job.layout));
  const layer = new Layer(repo, Tree.fromChecksums(repo, job.root), output);
  if (job.commit === undefined) layer.begin();
  else layer.commit(job.commit);
  for (const [checksum, paths] of job.objects) {
    signal?.throwIfAborted();
    await layer.object(checksum, paths, job.parents);
    await output.drain();
  }
  layer.close();
  return await output.close();
}

/** Path in the image of what a commit has at a path. */
export function imagePath(path: string): string {
  return path === "usr/etc" || path.startsWith("usr/etc/") ? path.slice("usr/".length) : path;
}

class Layer {
  readonly #repo: Repo;
  readonly #tree: Tree;
  readonly #output: LayerWriter;
  readonly #tar: TarWriter;
  readonly #directories = new Set<string>();
  readonly #objects = new Set<string>();

  constructor(repo: Repo, tree: Tree, output: LayerWriter) {
    this.#repo = repo;
    this.#tree = tree;
    this.#output = output;
    this.#tar = new TarWriter((bytes) => output.write(bytes));
  }

  /** Begin a layer without a commit. */
  begin(): void {
    writeSplitRepo(this.#tar);
    this.#directories.add("");
  }

  /** Begin the layer of a commit: it, its metadata, and every directory. */
  commit(checksum: string): void {
    this.#directory("", this.#tree.meta(""));
    writeSplitRepo(this.#tar);
    this.#put(checksum, "commit", this.#repo.readMetadata(checksum, "commit"));
    const detached = keptMetadata(this.#repo.readDetachedMetadata(checksum));
    if (detached) this.#put(checksum, "commitmeta", encodeVariant("a{sv}", detached));
    this.#metadata(this.#repo.readCommit(checksum).root);
    this.#below("");
    const tmp = "var/tmp";
    if (this.#tree.lookup(tmp)) return;
    if (!this.#tree.lookup("var")) this.#directory("var", { uid: 0, gid: 0, mode: 0o755 });
    this.#directory(tmp, STICKY);
  }

  /** Write an object and the paths that link to it. */
  async object(checksum: string, paths: readonly string[], parents: boolean): Promise<void> {
    const drain = () => this.#output.drain();
    await writeSplitContent(this.#tar, this.#repo, checksum, drain);
    const info = this.#repo.statFile(checksum);
    const { uid, gid } = info;
    const mode = info.type === "file" ? info.mode : 0o777;
    const empty = info.type === "file" && info.size === 0;
    for (const each of paths) {
      if (parents) this.#parents(each);
      const path = imagePath(each);
      // A builder may fill an empty file: behind a link all empty files would change.
      if (empty) this.#tar.entry({ type: "file", path, uid, gid, mode, xattrs: kept(info) });
      else {
        const target = splitObjectPath(checksum, "file");
        this.#tar.entry({ type: "hardlink", path, target, uid, gid, mode });
      }
    }
  }

  /** End the archive. */
  close(): void {
    this.#tar.close();
  }

  #below(path: string): void {
    for (const [name, entry] of this.#tree.list(path)) {
      if (entry.type !== "dir") continue;
      const full = path === "" ? name : `${path}/${name}`;
      this.#metadata(entry.checksums!);
      if (full !== SYSROOT && !full.startsWith(`${SYSROOT}/`)) {
        this.#directory(full, this.#tree.meta(full));
      }
      this.#below(full);
    }
  }

  #parents(path: string): void {
    const parts = path.split("/").slice(0, -1);
    parts.forEach((_, at) => {
      const dir = parts.slice(0, at + 1).join("/");
      if (!this.#directories.has(dir)) this.#directory(dir, this.#tree.meta(dir));
    });
  }

  #directory(path: string, meta: DirMeta): void {
    this.#directories.add(path);
    const { uid, gid, mode } = meta;
    const name = path === "" ? "./" : imagePath(path);
    this.#tar.entry({ type: "dir", path: name, uid, gid, mode, xattrs: kept(meta) });
  }

  #metadata({ dirtree, dirmeta }: TreeChecksums): void {
    for (const [checksum, type] of [[dirmeta, "dirmeta"], [dirtree, "dirtree"]] as const) {
      const key = `${checksum}.${type}`;
      if (this.#objects.has(key)) continue;
      this.#objects.add(key);
      this.#put(checksum, type, this.#repo.readMetadata(checksum, type));
    }
  }

  #put(checksum: string, type: string, bytes: Uint8Array): void {
    this.#tar.entry({ ...METADATA, path: splitObjectPath(checksum, type), size: bytes.length });
    this.#tar.data(bytes);
  }
}

/** Attributes as PAX records; labels of SELinux are the host's. */
function kept({ xattrs = [] }: Pick<DirMeta, "xattrs">) {
  return xattrs.filter(([name]) => name !== "security.selinux").map(([name, value]) =>
    [name, new Uint8Array(value)] as [string, Uint8Array<ArrayBuffer>]
  );
}

/**
 * Detached metadata that go with the commit, such as its signatures. The record of its scripts stays
 * behind: no two runs take the same time, and images of one commit are equal.
 */
function keptMetadata(detached: VariantDict | undefined): VariantDict | undefined {
  if (!detached) return undefined;
  const left = new Map([...detached].filter(([key]) => key !== SCRIPTS_KEY));
  return left.size > 0 ? left : undefined;
}
