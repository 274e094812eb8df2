import { createHash, type Hash } from "node:crypto";
import { type Deb, DebError, hasSha256, openDeb, type OpenDebOptions } from "@apt-ostree/apt";
import type { TarEntry } from "@apt-ostree/base";
import { type Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import { ImportError } from "../error.ts";
import { formatMd5sums, parseConffiles } from "./control_members.ts";
import { encodePackageMetadata, type NamedOwner, type PackageMetadata } from "./package_commit.ts";
import { type PackageId, packageRef, packageTitle } from "./package_ref.ts";
import { mergedPath } from "./usr_merge.ts";

/** A .deb to import. */
export interface ImportJob extends PackageId {
  /** Path of the file. */
  readonly path: string;
  /** 64 hexadecimal digits; the file is refused where it has another. */
  readonly sha256: string;
}

/** Files up to this size are held in memory while they are imported. */
const SMALL_FILE = 1024 * 1024;

/**
 * Write a .deb into a repository as a package commit, and let its ref name it.
 *
 * The commit's tree has two directories: `data`, the files with the merged /usr resolved, and
 * `info`, what dpkg's database keeps of the package. All else is in the commit's metadata.
 *
 * @returns Checksum of the commit.
 * @throws {ImportError} If the file is not the one wanted.
 * @throws {DebError} If it cannot be read.
 */
export async function importDeb(
  repo: Repo,
  txn: Transaction,
  job: ImportJob,
  options: OpenDebOptions = {},
): Promise<string> {
  if (!hasSha256(job.path, job.sha256)) {
    throw new ImportError(
      "import/wrong-checksum",
      `Cannot import "${packageTitle(job)}": its SHA-256 is wrong`,
      {
        subject: job.path,
        hint: "Remove the file and run it again",
      },
    );
  }
  const deb = await openDeb(job.path, options);
  checkIdentity(deb, job);
  const layout = new PackageLayout(repo, txn, deb);
  await deb.walk(layout);
  const commit = layout.finish(job);
  txn.setRef(packageRef(job), commit);
  return commit;
}

function checkIdentity(deb: Deb, job: ImportJob): void {
  for (
    const [field, wanted] of [["Package", job.name], ["Version", job.version], [
      "Architecture",
      job.architecture,
    ]]
  ) {
    const found = deb.control.get(field!);
    if (found === wanted) continue;
    throw new ImportError(
      "import/wrong-package",
      `Cannot import "${packageTitle(job)}": its control file says ${field}: ${found ?? "nothing"}`,
      { subject: job.path, hint: "The package lists and the package do not fit: update them" },
    );
  }
}

/** Receives the members of a data archive and lays them out as a tree. */
class PackageLayout {
  readonly #deb: Deb;
  readonly #txn: Transaction;
  readonly #tree: Tree;
  readonly #list: string[] = [];
  readonly #owners: NamedOwner[] = [];
  readonly #skipped: string[] = [];
  readonly #md5s: [path: string, md5: string][] = [];
  readonly #conffiles: ReadonlyMap<string, string>;
  readonly #conffileMd5 = new Map<string, string>();
  readonly #needsMd5sums: boolean;
  #entry: TarEntry | undefined;
  #body: Uint8Array | undefined;
  #writer: ReturnType<Transaction["fileWriter"]> | undefined;
  #md5: Hash | undefined;
  #at = 0;
  #installedBytes = 0;

  constructor(repo: Repo, txn: Transaction, deb: Deb) {
    this.#deb = deb;
    this.#txn = txn;
    this.#tree = Tree.empty(repo);
    this.#tree.mkdir("data");
    const declared = parseConffiles(this.#member("conffiles"));
    this.#conffiles = new Map(
      declared.filter((each) => !each.removeOnUpgrade).map((
        each,
      ) => [each.path.slice(1), each.path]),
    );
    this.#needsMd5sums = !deb.members.has("md5sums");
  }

  entry(entry: TarEntry): void {
    this.#list.push(entry.path === "" ? "/." : `/${entry.path}`);
    this.#entry = entry;
    const path = `data/${mergedPath(entry.path, entry.type === "dir")}`.replace(/\/$/, "");
    this.#noteOwner(entry, path.slice("data/".length));
    const meta = { uid: entry.uid, gid: entry.gid, mode: entry.mode, xattrs: entry.xattrs };
    switch (entry.type) {
      case "dir":
        this.#directory(path, meta);
        break;
      case "file":
        if (this.#needsMd5sums || this.#conffiles.has(entry.path)) this.#md5 = createHash("md5");
        if (entry.size <= SMALL_FILE) this.#body = new Uint8Array(entry.size);
        else this.#writer = this.#txn.fileWriter(meta, entry.size);
        this.#at = 0;
        this.#installedBytes += entry.size;
        break;
      case "symlink":
        this.#put(path, this.#txn.writeSymlink(meta, entry.target));
        break;
      case "hardlink":
        this.#hardlink(path, entry);
        break;
      default:
        this.#skipped.push(`/${entry.path}`);
    }
  }

  data(piece: Uint8Array): void {
    this.#md5?.update(piece);
    this.#writer?.write(piece);
    this.#body?.set(piece, this.#at);
    this.#at += piece.length;
  }

  end(): void {
    const entry = this.#entry;
    if (entry?.type !== "file") return;
    const meta = { uid: entry.uid, gid: entry.gid, mode: entry.mode, xattrs: entry.xattrs };
    const checksum = this.#writer?.close() ?? this.#txn.writeFile(meta, this.#body!);
    this.#put(`data/${mergedPath(entry.path, false)}`, checksum);
    if (this.#md5) {
      const digest = this.#md5.digest("hex");
      const conffile = this.#conffiles.get(entry.path);
      if (conffile === undefined) this.#md5s.push([entry.path, digest]);
      else this.#conffileMd5.set(conffile, digest);
    }
    this.#writer = this.#body = this.#md5 = undefined;
  }

  /** Write the commit. */
  finish(job: ImportJob): string {
    const { control } = this.#deb;
    const database = control.get("Multi-Arch") === "same"
      ? `${job.name}:${job.architecture}`
      : job.name;
    this.#tree.mkdir("info");
    const info = (name: string, bytes: Uint8Array, mode: number) => {
      const checksum = this.#txn.writeFile({ uid: 0, gid: 0, mode }, bytes);
      this.#tree.putFile(`info/${database}.${name}`, checksum);
    };
    info("list", encode(this.#list.map((path) => `${path}\n`).join("")), 0o644);
    for (const [name, { bytes, mode }] of this.#deb.members) {
      if (name !== "control") info(name, bytes, mode & 0o755);
    }
    if (this.#needsMd5sums && this.#md5s.length > 0) {
      info("md5sums", encode(formatMd5sums(this.#md5s)), 0o644);
    }
    const metadata: PackageMetadata = {
      id: { name: job.name, version: job.version, architecture: job.architecture },
      sha256: job.sha256,
      databaseName: database,
      control: new Map(control),
      conffiles: [...this.#conffileMd5].map(([path, digest]) => ({ path, md5: digest })),
      owners: this.#owners,
      skipped: this.#skipped,
      scripts: SCRIPTS.filter((script) => this.#deb.members.has(script)),
      triggers: this.#member("triggers"),
      installedBytes: this.#installedBytes,
    };
    return this.#txn.writeCommit({
      root: this.#tree.write(this.#txn),
      timestamp: 0,
      subject: packageTitle(job),
      metadata: encodePackageMetadata(metadata),
    });
  }

  #directory(
    path: string,
    meta: { uid: number; gid: number; mode: number; xattrs: TarEntry["xattrs"] },
  ): void {
    this.#refuseFile(path);
    this.#tree.mkdir(path);
    this.#tree.setMeta(path, meta);
  }

  #hardlink(path: string, entry: TarEntry): void {
    const target = this.#tree.lookup(`data/${mergedPath(entry.target, false)}`);
    if (target?.type !== "file") {
      throw this.#bad(
        `"${entry.path}" is a hard link to "${entry.target}", which is no file of the package`,
      );
    }
    this.#put(path, target.checksum);
    const digest = this.#md5s.find(([name]) => name === entry.target)?.[1];
    if (digest !== undefined) this.#md5s.push([entry.path, digest]);
  }

  #put(path: string, checksum: string): void {
    const slash = path.lastIndexOf("/");
    this.#refuseFile(path.slice(0, slash));
    this.#tree.mkdir(path.slice(0, slash));
    if (this.#tree.lookup(path)?.type === "dir") {
      throw this.#bad(`"${path}" is a directory and a file`);
    }
    this.#tree.putFile(path, checksum);
  }

  /** A member below a file or through a link would be written elsewhere: no package needs it. */
  #refuseFile(path: string): void {
    for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) {
      const entry = this.#tree.lookup(path.slice(0, at));
      if (entry?.type === "dir") return;
      if (entry) throw this.#bad(`"${path.slice("data/".length)}" leads through a file or link`);
    }
  }

  #noteOwner(entry: TarEntry, path: string): void {
    const plain = (id: number, name: string) => id === 0 && (name === "" || name === "root");
    if (plain(entry.uid, entry.uname) && plain(entry.gid, entry.gname)) return;
    this.#owners.push({ path, user: entry.uname, group: entry.gname });
  }

  #member(name: string): string {
    const found = this.#deb.members.get(name);
    return found ? new TextDecoder().decode(found.bytes) : "";
  }

  #bad(what: string): DebError {
    return new DebError("deb/bad-data", `Cannot import "${this.#deb.file}": ${what}`, {
      subject: this.#deb.file,
      hint: "The package is damaged or hostile: do not install it",
    });
  }
}

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm", "config"] as const;

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
