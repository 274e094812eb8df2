import { pathExists } from "@apt-ostree/base";
import { RefError, RepoError } from "./error.ts";
import { type Commit, decodeCommit } from "./object/commit.ts";
import type { DirMeta } from "./object/dir_meta.ts";
import type { DirTree } from "./object/dir_tree.ts";
import { isChecksum, MAX_METADATA_SIZE, type ObjectType } from "./object/name.ts";
import { checkRef, refPath } from "./ref.ts";
import { readPartialCommits } from "./partial_commits.ts";
import { readAliases, readRef, readRefs } from "./ref_files.ts";
import {
  configMode,
  formatKeyFile,
  type KeyFile,
  parseKeyFile,
  type RepoMode,
} from "./repo_config.ts";
import { type ContentInfo, type ObjectSource, readContent, statContent } from "./stored_content.ts";
import { readDirMeta, readDirTree, readMetadata, readSmall } from "./stored_metadata.ts";
import { Transaction } from "./transaction.ts";
import { objectName } from "./object_store.ts";
import { decodeVariant } from "./variant/decode.ts";
import type { VariantDict } from "./variant/variant.ts";
import { entriesIfThere, lstatIfThere } from "./if_there.ts";

/** Directories that make a directory a repository. */
const LAYOUT = [
  "objects",
  "tmp",
  "state",
  "extensions",
  "refs/heads",
  "refs/remotes",
  "refs/mirrors",
];

/** A repository on this machine's disk. All its methods are synchronous. */
export class Repo implements ObjectSource {
  /** Where it lies. */
  readonly path: string;
  /** How it stores objects. */
  readonly mode: RepoMode;
  /** Its `config`. */
  readonly config: KeyFile;
  /** Repository whose objects and refs count as its own where it has none; nothing is written there. */
  readonly parent: Repo | undefined;

  private constructor(path: string, config: KeyFile) {
    this.path = path;
    this.config = config;
    this.mode = configMode(config, path);
    const parent = config.get("core")?.get("parent");
    this.parent = parent === undefined ? undefined : Repo.open(parent);
  }

  /**
   * Make a repository; one that is there already with the same mode is opened.
   *
   * @param path Directory; made where it is missing, its parents too.
   * @param options.parent Repository of the same mode that it stands on, as `core.parent` says it.
   * @throws {RepoError} `repo/exists` if another mode or other files are there.
   */
  static init(
    path: string,
    options: { readonly mode: RepoMode; readonly parent?: Repo },
  ): Repo {
    if (isFile(`${path}/config`)) {
      const repo = Repo.open(path);
      if (repo.mode === options.mode) return repo;
      throw new RepoError(
        "repo/exists",
        `Cannot make repository "${path}": one of mode ${repo.mode} is there`,
        {
          subject: path,
        },
      );
    }
    for (const dir of LAYOUT) Deno.mkdirSync(`${path}/${dir}`, { recursive: true });
    const mode = options.mode === "archive" ? "archive-z2" : options.mode;
    const core = new Map([["repo_version", "1"], ["mode", mode]]);
    if (options.parent) core.set("parent", options.parent.path);
    const config: KeyFile = new Map([["core", core]]);
    Deno.writeTextFileSync(`${path}/config.new`, formatKeyFile(config));
    Deno.renameSync(`${path}/config.new`, `${path}/config`);
    return new Repo(path, config);
  }

  /**
   * Open a repository.
   *
   * @throws {RepoError} `repo/not-found` if `path` is no repository, `repo/bad-config` if its config
   * cannot be read.
   */
  static open(path: string): Repo {
    let text: string;
    try {
      const { isFile, size } = Deno.statSync(`${path}/config`);
      if (!isFile || size > MAX_METADATA_SIZE) throw new Deno.errors.NotFound("no config");
      text = Deno.readTextFileSync(`${path}/config`);
      Deno.statSync(`${path}/objects`);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory)) {
        throw cause;
      }
      throw new RepoError(
        "repo/not-found",
        `Cannot open repository "${path}": no config and objects there`,
        {
          subject: path,
          hint: `Make one: ostree --repo=${path} init --mode=archive`,
          cause,
        },
      );
    }
    return new Repo(path, parseKeyFile(text, `${path}/config`));
  }

  /** Begin to write. @throws {RepoError} `repo/locked` if others do not let go in time. */
  transaction(): Transaction {
    return new Transaction(this);
  }

  /** Value of a key of `config`. */
  configValue(group: string, key: string): string | undefined {
    return this.config.get(group)?.get(key);
  }

  /**
   * Change `config`, in one step: readers see the old one or the new one.
   *
   * @param change Gets the groups as they stand in the file now.
   */
  changeConfig(change: (config: KeyFile) => void): void {
    const file = `${this.path}/config`;
    const config = parseKeyFile(Deno.readTextFileSync(file), file);
    change(config);
    configMode(config, this.path); // what could not be opened again is not written
    Deno.writeTextFileSync(`${file}.new`, formatKeyFile(config));
    Deno.renameSync(`${file}.new`, file);
    this.config.clear();
    for (const [name, keys] of config) this.config.set(name, keys);
  }

  /** Path of an object's file. */
  objectPath(checksum: string, type: ObjectType): string {
    const own = `${this.path}/objects/${objectName(checksum, type, this.mode)}`;
    if (!this.parent || pathExists(own)) return own;
    const inherited = this.parent.objectPath(checksum, type);
    return pathExists(inherited) ? inherited : own;
  }

  /** Whether the object's file is there. */
  hasObject(checksum: string, type: ObjectType): boolean {
    return pathExists(this.objectPath(checksum, type));
  }

  /**
   * Bytes of a metadata object, checked against its checksum.
   *
   * @throws {ObjectError} `object/not-found`, `object/corrupt`, `object/too-large`.
   */
  readMetadata(checksum: string, type: "dirtree" | "dirmeta" | "commit"): Uint8Array<ArrayBuffer> {
    return readMetadata(this, checksum, type);
  }

  /** Read a directory's content. */
  readDirTree(checksum: string): DirTree {
    return readDirTree(this, checksum);
  }

  /** Read a directory's owner, mode and attributes. */
  readDirMeta(checksum: string): DirMeta {
    return readDirMeta(this, checksum);
  }

  /** Read a commit. */
  readCommit(checksum: string): ReturnType<typeof decodeCommit> & Commit {
    return decodeCommit(this.readMetadata(checksum, "commit"));
  }

  /**
   * Detached metadata of a commit, such as its signatures; `undefined` where it has none.
   *
   * No checksum covers them.
   *
   * @throws {ObjectError} `object/too-large`. @throws {VariantError} If they are damaged.
   */
  readDetachedMetadata(commit: string): VariantDict | undefined {
    const bytes = readSmall(this, commit, "commitmeta");
    return bytes && decodeVariant("a{sv}", bytes) as VariantDict;
  }

  /** Commits of which objects are missing on purpose. */
  partialCommits(): Set<string> {
    return readPartialCommits(this.path);
  }

  /**
   * What a content object is, without its bytes.
   *
   * A symbolic link is checked against the checksum; of a regular file only who reads it can tell.
   *
   * @throws {ObjectError} `object/not-found`, `object/corrupt`.
   */
  statFile(checksum: string): ContentInfo {
    return statContent(this, checksum);
  }

  /**
   * Bytes of a regular file's content object, checked against its checksum.
   *
   * For files of any size there is {@linkcode contentPieces}.
   *
   * @param options.maxSize Most bytes that are read into memory. @default {268_435_456}
   * @throws {ObjectError} `object/too-large`, `object/corrupt`, `object/not-found`.
   */
  readFile(checksum: string, options: { readonly maxSize?: number } = {}): Uint8Array<ArrayBuffer> {
    return readContent(this, checksum, options.maxSize ?? 256 * 1024 * 1024);
  }

  /**
   * Checksum of the commit that `rev` names.
   *
   * @param rev A ref, `REMOTE:REF`, a checksum or its beginning; each `^` behind it goes to the
   * parent.
   * @returns `undefined` where there is none.
   * @throws {RefError} `ref/corrupt` if the ref's file holds no checksum.
   */
  resolveRev(rev: string): string | undefined {
    if (rev.endsWith("^")) {
      const child = this.resolveRev(rev.slice(0, -1));
      return child === undefined ? undefined : this.readCommit(child).parent;
    }
    if (isChecksum(rev)) return rev;
    const found = isRefspec(rev) ? readRef(this.path, refPath(rev)) : undefined;
    if (found !== undefined) return found;
    const begun = /^[0-9a-f]{4,63}$/.test(rev) ? this.#commitBeginning(rev) : undefined;
    return begun ?? this.parent?.resolveRev(rev);
  }

  /** Like {@linkcode Repo.resolveRev}. @throws {RefError} `ref/not-found` where there is none. */
  requireRev(rev: string): string {
    const found = this.resolveRev(rev);
    if (found !== undefined) return found;
    throw new RefError("ref/not-found", `Cannot find "${rev}" in repository "${this.path}"`, {
      subject: rev,
      hint: `List its refs: ostree --repo=${this.path} refs`,
    });
  }

  /** Local refs and their commits, sorted by name; those below `prefix` where one is given. */
  listRefs(prefix?: string): Map<string, string> {
    if (prefix !== undefined) checkRef(prefix);
    const below = prefix === undefined ? "" : `${prefix}/`;
    return new Map(
      [...readRefs(this.path, `heads/${below}`)].map(([name, sum]) => [below + name, sum]),
    );
  }

  /** Local refs that follow another one, and the ref they follow, sorted by name. */
  listAliases(): Map<string, string> {
    return readAliases(this.path);
  }

  /** All refs and their commits: `REF`, `REMOTE:REF`, and those of mirrors as `mirrors/ID/REF`. */
  allRefs(): Map<string, string> {
    const refs = this.listRefs();
    for (const [name, sum] of readRefs(this.path, "remotes/")) {
      refs.set(name.replace("/", ":"), sum);
    }
    for (const [name, sum] of readRefs(this.path, "mirrors/")) refs.set(`mirrors/${name}`, sum);
    return refs;
  }

  #commitBeginning(start: string): string | undefined {
    const found: string[] = [];
    for (const { name } of entriesIfThere(`${this.path}/objects/${start.slice(0, 2)}`)) {
      if (name.endsWith(".commit") && name.startsWith(start.slice(2))) {
        found.push(start.slice(0, 2) + name.slice(0, -".commit".length));
      }
    }
    if (found.length > 1) {
      throw new RefError(
        "ref/not-found",
        `Cannot find commit "${start}": ${found.length} begin so`,
        {
          subject: start,
          hint: "Give more digits",
        },
      );
    }
    return found[0];
  }
}

function isRefspec(rev: string): boolean {
  return /^([\w\d][-._\w\d/]*)?:?[\w\d][-._\w\d]*(\/[\w\d][-._\w\d]*)*$/.test(rev);
}

function isFile(path: string): boolean {
  return lstatIfThere(path)?.isFile ?? false;
}
