import { output, run } from "./archive.ts";
import { inTemp } from "./in_temp.ts";

/** A suite on the loopback interface whose answers a test may falsify. */
export class HttpArchive implements AsyncDisposable {
  readonly #dir: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Answers instead of the file, where it gives one. */
  falsify: (
    path: string,
    bytes: Uint8Array,
    request: Request,
  ) => Response | Uint8Array | undefined = () => undefined;

  /** Serve a directory with `dists/`, `pool/`, `gnupg/` and `key.gpg`. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const path = new URL(request.url).pathname;
        const bytes = await Deno.readFile(`${dir}${path}`).catch(() => undefined);
        const answer = this.falsify(path, bytes ?? new Uint8Array(), request);
        if (answer instanceof Response) return answer;
        const body = answer ?? bytes;
        return body ? new Response(new Uint8Array(body)) : new Response("", { status: 404 });
      },
    );
  }

  /** Its address. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** The sources file that names it. */
  get sources() {
    const text = `Types: deb\nURIs: ${this.url}\nSuites: test\nComponents: main\n` +
      `Signed-By: ${this.#dir}/key.gpg\n`;
    return [{ name: "hostile.sources", text }];
  }

  /** Write indexes and sign them. */
  async publish(options: {
    readonly date?: string;
    readonly validUntil?: string;
    readonly hash?: "SHA256" | "MD5Sum";
    readonly packages?: string;
    /** @default {true} */
    readonly signed?: boolean;
    /** Address of its snapshots, with `@SNAPSHOTID@` for the date. */
    readonly snapshots?: string;
  } = {}): Promise<void> {
    const { date = "Sun, 01 Nov 2026 10:00:00 UTC", hash = "SHA256" } = options;
    const dir = this.#dir;
    const index = `${dir}/dists/test/main/binary-amd64`;
    await run("mkdir", "-p", index);
    const packages = options.packages ??
      await output("sh", "-c", 'cd "$1" && dpkg-scanpackages --multiversion pool', "sh", dir);
    await Deno.writeTextFile(`${index}/Packages`, packages);
    const program = hash === "SHA256" ? "sha256sum" : "md5sum";
    const digest = (await output(program, `${index}/Packages`)).split(" ")[0];
    const size = (await Deno.stat(`${index}/Packages`)).size;
    const files = [` ${digest} ${size} main/binary-amd64/Packages`];
    await this.sign(files, { ...options, date, hash });
  }

  /** Write a Release file with a list of files, and sign it. */
  async sign(files: readonly string[], options: {
    readonly date?: string;
    readonly validUntil?: string;
    readonly hash?: "SHA256" | "MD5Sum";
    readonly snapshots?: string;
    readonly signed?: boolean;
  } = {}): Promise<void> {
    const { date = "Sun, 01 Nov 2026 10:00:00 UTC", hash = "SHA256" } = options;
    const dir = this.#dir;
    const release = [
      "Suite: test",
      "Codename: test",
      `Date: ${date}`,
      ...(options.snapshots ? [`Snapshots: ${options.snapshots}`] : []),
      ...(options.validUntil ? [`Valid-Until: ${options.validUntil}`] : []),
      "Architectures: amd64",
      "Components: main",
      `${hash}:`,
      ...files,
      "",
    ].join("\n");
    await Deno.writeTextFile(`${dir}/dists/test/Release`, release);
    const gpg = ["gpg", "--homedir", `${dir}/gnupg`, "--batch", "--yes", "--quiet"];
    const signed = `${dir}/dists/test/InRelease`;
    if (options.signed === false) return await run("rm", "-f", signed);
    await run(...gpg, "--clearsign", "--output", signed, `${dir}/dists/test/Release`);
  }

  /** Serve no more. */
  async [Symbol.asyncDispose]() {
    await run("gpgconf", "--homedir", `${this.#dir}/gnupg`, "--kill", "all");
    await this.#server.shutdown();
  }
}

/** Run a test with an archive of its own, in `DIR/archive`, that has no packages yet. */
export async function withHttpArchive(
  test: (archive: HttpArchive, dir: string) => Promise<void>,
): Promise<void> {
  await inTemp(async (dir) => {
    await run("mkdir", "-p", `${dir}/archive/pool`);
    await Deno.mkdir(`${dir}/archive/gnupg`, { mode: 0o700 });
    const gpg = ["gpg", "--homedir", `${dir}/archive/gnupg`, "--batch", "--quiet"];
    const uid = "tests@example.org";
    await run(...gpg, "--passphrase", "", "--quick-generate-key", uid, "ed25519");
    await run(...gpg, "--output", `${dir}/archive/key.gpg`, "--export");
    await using archive = new HttpArchive(`${dir}/archive`);
    await test(archive, dir);
  });
}
