/** An archive repository as static files over HTTP, on a port of this machine's loopback. */
export class RepoServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Serve the files below `repo`. */
  constructor(repo: string) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => answer(repo, new URL(request.url).pathname),
    );
  }

  /** Where a machine with user networking finds the repository. */
  get guestUrl(): string {
    return `http://10.0.2.2:${this.#server.addr.port}/`;
  }

  /** Stop serving. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function answer(repo: string, path: string): Promise<Response> {
  // URL has resolved every "..": the path cannot leave the repository.
  try {
    const file = await Deno.open(repo + decodeURIComponent(path));
    if ((await file.stat()).isFile) return new Response(file.readable);
    file.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return new Response(null, { status: 404 });
}
