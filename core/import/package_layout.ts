import { createHash, type Hash } from "node:crypto";
import { type Deb, DebError, getField } from "@apt-ostree/apt";
import { ByteBuffer, quoted, type TarEntry, type TarHandler } from "@apt-ostree/base";
import { type Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import { md5Line, parseConffiles } from "./control_members.ts";
import { encodePackageMetadata, type NamedOwner, type PackageMetadata } from "./package_commit.ts";
import { type PackageId, packageTitle } from "./package_ref.ts";
import { mergedPath } from "./usr_merge.ts";

/** Files up to this size are held in memory while they are imported. */
const SMALL_FILE = 1024 * 1024;
/** Directories that a package may use without shipping them; dpkg would refuse each. */
const MAX_IMPLIED = 50_000;
/** Most bytes of a control member that is read as text, as conffiles and triggers are. */
const MAX_TEXT = 4 * 1024 * 1024;

/** Receives the members of a data archive and lays them out as a tree. */
export class PackageLayout implements TarHandler {
  readonly #deb: Deb;
  readonly #txn: Transaction;
  readonly #tree: Tree;
  readonly #list = new ByteBuffer();
  /** dpkg lays links out when all else lies there, and lists them so. */
  readonly #links = new ByteBuffer();
  readonly #owners: NamedOwner[] = [];
  readonly #skipped: string[] = [];
  /** Lines of md5sums, in the order of the archive, and the digests by the objects' checksums. */
  readonly #md5Lines = new ByteBuffer();
  readonly #md5Of = new Map<string, string>();
  readonly #conffiles: ReadonlyMap<string, string>;
  readonly #conffileMd5 = new Map<string, string>();
  readonly #needsMd5sums: boolean;
  #entry: TarEntry | undefined;
  /** Takes the bytes of small files, one after the other; as large as the largest of them. */
  #room = new Uint8Array();
  #body: Uint8Array | undefined;
  #writer: ReturnType<Transaction["fileWriter"]> | undefined;
  #md5: Hash | undefined;
  #at = 0;
  #installedBytes = 0;
  #implied = 0;

  /** Lay out `deb` with the objects of `txn`. @throws {DebError} If its conffiles are no text. */
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

  /** Take a member. @throws {DebError} `deb/bad-data` if it cannot stand where it says. */
  entry(entry: TarEntry): void {
    const list = entry.type === "symlink" ? this.#links : this.#list;
    list.add(entry.path === "" ? "/.\n" : `/${entry.path}\n`);
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
        if (entry.size <= SMALL_FILE) this.#body = this.#roomFor(entry.size);
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

  /** Take the next bytes of a file. */
  data(piece: Uint8Array): void {
    this.#md5?.update(piece);
    this.#writer?.write(piece);
    this.#body?.set(piece, this.#at);
    this.#at += piece.length;
  }

  /** A member is complete. @throws {DebError} `deb/bad-data` if it cannot stand where it says. */
  end(): void {
    const entry = this.#entry;
    if (entry?.type !== "file") return;
    const meta = { uid: entry.uid, gid: entry.gid, mode: entry.mode, xattrs: entry.xattrs };
    const writer = this.#writer;
    this.#writer = undefined;
    const checksum = writer?.close() ?? this.#txn.writeFile(meta, this.#body!);
    this.#put(`data/${mergedPath(entry.path, false)}`, checksum);
    if (this.#md5) {
      const digest = this.#md5.digest("hex");
      const conffile = this.#conffiles.get(entry.path);
      if (this.#needsMd5sums) this.#noteMd5(entry.path, checksum, digest);
      if (conffile !== undefined) this.#conffileMd5.set(conffile, digest);
    }
    this.#body = this.#md5 = undefined;
  }

  /** Give up what is half written; what is complete goes with the transaction. */
  abort(): void {
    this.#writer?.abort();
    this.#writer = undefined;
  }

  /** Write the commit. @param job What tells the package and its file apart. @returns Its checksum. */
  finish(job: PackageId & { readonly sha256: string }): string {
    const { control } = this.#deb;
    const database = getField(control, "Multi-Arch") === "same"
      ? `${job.name}:${job.architecture}`
      : job.name;
    this.#tree.mkdir("info");
    const info = (name: string, bytes: Uint8Array, mode: number) => {
      const checksum = this.#txn.writeFile({ uid: 0, gid: 0, mode }, bytes);
      this.#tree.putFile(`info/${database}.${name}`, checksum);
    };
    this.#list.addBytes(this.#links.bytes);
    info("list", this.#list.bytes, 0o644);
    for (const [name, { bytes, mode }] of this.#deb.members) {
      // A member of the name of our own list would pass for it; dpkg too leaves it out.
      if (name !== "control" && name !== "list") info(name, bytes, mode & 0o755);
    }
    if (this.#needsMd5sums) info("md5sums", this.#md5Lines.bytes, 0o644);
    const metadata: PackageMetadata = {
      id: { name: job.name, version: job.version, architecture: job.architecture },
      sha256: job.sha256,
      databaseName: database,
      control: new Map(control),
      conffiles: [...this.#conffileMd5].map(([path, digest]) => ({ path, md5: digest })),
      ownMd5sums: !this.#needsMd5sums,
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

  #roomFor(size: number): Uint8Array {
    if (this.#room.length < size) {
      this.#room = new Uint8Array(Math.min(SMALL_FILE, Math.max(size, 2 * this.#room.length)));
    }
    return this.#room.subarray(0, size);
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
        `${quoted(entry.path)} is a hard link to ${quoted(entry.target)}, which is no file of it`,
      );
    }
    this.#put(path, target.checksum);
    const digest = this.#md5Of.get(target.checksum);
    if (digest !== undefined) this.#noteMd5(entry.path, target.checksum, digest);
  }

  #noteMd5(path: string, checksum: string, digest: string): void {
    if (!this.#md5Of.has(checksum)) this.#md5Of.set(checksum, digest);
    this.#md5Lines.add(md5Line(path, digest));
  }

  #put(path: string, checksum: string): void {
    const slash = path.lastIndexOf("/");
    this.#refuseFile(path.slice(0, slash));
    this.#tree.mkdir(path.slice(0, slash));
    if (this.#tree.lookup(path)?.type === "dir") {
      throw this.#bad(`${quoted(path.slice("data/".length))} is a directory and a file`);
    }
    this.#tree.putFile(path, checksum);
  }

  /** A member below a file or through a link would be written elsewhere: no package needs it. */
  #refuseFile(path: string): void {
    for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) {
      const entry = this.#tree.lookup(path.slice(0, at));
      if (entry?.type === "dir") return;
      if (entry) {
        throw this.#bad(`${quoted(path.slice("data/".length))} leads through a file or link`);
      }
      if (at < path.length && ++this.#implied > MAX_IMPLIED) {
        throw this.#bad(`over ${MAX_IMPLIED} of its directories are no members`, "deb/too-large");
      }
    }
  }

  #noteOwner(entry: TarEntry, path: string): void {
    const plain = (id: number, name: string) => id === 0 && (name === "" || name === "root");
    if (plain(entry.uid, entry.uname) && plain(entry.gid, entry.gname)) return;
    this.#owners.push({ path, user: entry.uname, group: entry.gname });
  }

  #member(name: string): string {
    const bytes = this.#deb.members.get(name)?.bytes ?? new Uint8Array();
    if (bytes.length > MAX_TEXT) {
      throw this.#bad(`its ${name} have ${bytes.length} bytes`, "deb/too-large");
    }
    if (bytes.includes(0)) throw this.#bad(`its ${name} have a NUL`, "deb/bad-control");
    return new TextDecoder().decode(bytes);
  }

  #bad(what: string, code: DebError["code"] = "deb/bad-data"): DebError {
    return new DebError(code, `Cannot lay out ${quoted(this.#deb.file, 4096)}: ${what}`, {
      subject: this.#deb.file,
      hint: "The package is damaged or hostile: do not install it",
    });
  }
}

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm", "config"] as const;
