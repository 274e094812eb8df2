import { parseSources, readHostSources } from "@apt-ostree/apt";

/**
 * A mirror of this machine's package sources on its loopback, which keeps what it served.
 *
 * Both sides of a bench fetch from it. While it is open to the world it asks the real archive for
 * what it lacks and for newer indexes; once closed by {@linkcode ArchiveMirror.freeze} it answers
 * from its directory alone, so that no measurement waits for a network.
 */
export class ArchiveMirror implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #dir: string;
  readonly #upstream: string[] = [];
  readonly #fetched = new Map<string, Promise<boolean>>();
  #frozen = false;
  /** Text of a deb822 sources file that names the mirror in place of the real archives. */
  readonly sources: string;

  /** Serve the host's sources from `dir`, which is made where it is missing. */
  constructor(dir: string) {
    this.#dir = dir;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
    this.sources = this.#rewriteSources();
  }

  /** From now on, answer from the directory alone. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Stop serving. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #rewriteSources(): string {
    const stanzas = readHostSources().flatMap(parseSources).filter((source) =>
      source.types.includes("deb") && source.uris.every((uri) => uri.startsWith("http"))
    );
    return stanzas.map((source) => {
      const uris = source.uris.map((uri) => {
        const index = this.#upstream.push(uri.replace(/\/*$/, "/")) - 1;
        return `http://127.0.0.1:${this.#server.addr.port}/${index}/`;
      });
      return [
        "Types: deb",
        `URIs: ${uris.join(" ")}`,
        `Suites: ${source.suites.join(" ")}`,
        ...(source.components.length === 0 ? [] : [`Components: ${source.components.join(" ")}`]),
        ...[...source.options].map(([name, value]) => `${name}: ${value}`),
        "",
      ].join("\n");
    }).join("\n");
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url); // it has resolved every ".."
    const [, index = "", path = ""] = /^\/(\d+)\/(.+)$/.exec(pathname) ?? [];
    const upstream = this.#upstream[Number(index)];
    if (upstream === undefined || /%2f/i.test(path)) return new Response(null, { status: 404 });
    const url = new URL(path, upstream);
    const file = `${this.#dir}/${encodeURIComponent(url.host)}${decodeURIComponent(url.pathname)}`;
    if (!this.#frozen) {
      let fetched = this.#fetched.get(file);
      if (!fetched) this.#fetched.set(file, fetched = this.#fetch(url, file));
      if (!await fetched) return new Response(null, { status: 404 });
    }
    return await serveFile(file, request.headers.get("if-modified-since"));
  }

  /** Fetch a file unless it is there for good; tells whether it is there now. */
  async #fetch(url: URL, file: string): Promise<boolean> {
    const forGood = /\/pool\/|\/by-hash\//.test(url.pathname);
    if (forGood && await exists(file)) return true;
    const response = await fetch(url);
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      if (response.status === 404) return false;
      throw new Error(`Cannot fetch "${url}": status ${response.status}`);
    }
    await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true });
    const part = `${file}.part`;
    await Deno.writeFile(part, response.body);
    const modified = Date.parse(response.headers.get("last-modified") ?? "");
    if (!Number.isNaN(modified)) await Deno.utime(part, modified / 1000, modified / 1000);
    await Deno.rename(part, file);
    return true;
  }
}

async function serveFile(path: string, since: string | null): Promise<Response> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Response(null, { status: 404 });
  }
  const { size, mtime } = await file.stat();
  const modified = (mtime ?? new Date(0)).toUTCString();
  if (since !== null && Date.parse(since) >= Date.parse(modified)) {
    file.close();
    return new Response(null, { status: 304 });
  }
  const headers = { "content-length": `${size}`, "last-modified": modified };
  return new Response(file.readable, { headers });
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
