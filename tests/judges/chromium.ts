/** Nothing is fetched, and nothing of another run is there. */
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  ...["--disable-extensions", "--remote-debugging-port=0", "about:blank"],
];

type Json = Record<string, unknown>;

/**
 * A real Chromium, steered by its DevTools protocol, in which pages run no script.
 *
 * Its own command line options for pictures need scripts themselves.
 */
export class Chromium implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #errors: Promise<void>;
  readonly #waiting = new Map<number, PromiseWithResolvers<Json>>();
  #events: { readonly name: string; readonly seen: () => void }[] = [];
  #session = "";
  #calls = 0;

  private constructor(
    process: Deno.ChildProcess,
    profile: string,
    socket: WebSocket,
    errors: Promise<void>,
  ) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    this.#errors = errors;
    socket.addEventListener("message", ({ data }) => this.#receive(JSON.parse(data)));
  }

  static async start(): Promise<Chromium> {
    const profile = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
    const process = new Deno.Command("chromium", {
      args: [`--user-data-dir=${profile}`, ...FLAGS],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const address = Promise.withResolvers<string>();
    let text = "";
    const errors = process.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write(piece) {
          text += piece;
          const found = /DevTools listening on (ws:\S+)/.exec(text);
          if (found) address.resolve(found[1]!);
        },
        close: () => address.reject(new Error(`Chromium ended:\n${text}`)),
      }),
    );
    const socket = new WebSocket(await address.promise);
    await new Promise((opened, failed) => {
      socket.addEventListener("open", opened, { once: true });
      socket.addEventListener("error", failed, { once: true });
    });
    const browser = new Chromium(process, profile, socket, errors);
    const { targetId } = await browser.#call("Target.createTarget", { url: "about:blank" });
    const attached = await browser.#call("Target.attachToTarget", { targetId, flatten: true });
    browser.#session = String(attached["sessionId"]);
    await browser.#call("Emulation.setScriptExecutionDisabled", { value: true });
    await browser.#call("Page.enable");
    return browser;
  }

  /** Open a file, wide as a desktop's window. @param scheme What the reader's system prefers. */
  async open(path: string, scheme: "light" | "dark" = "light"): Promise<void> {
    const size = { width: 1280, height: 1600, deviceScaleFactor: 1, mobile: false };
    await this.#call("Emulation.setDeviceMetricsOverride", size);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.#call("Emulation.setEmulatedMedia", { features });
    const loaded = new Promise<void>((seen) =>
      this.#events.push({ name: "Page.loadEventFired", seen })
    );
    await this.#call("Page.navigate", { url: `file://${path}` });
    await loaded;
  }

  /** The page as it is now, as HTML. */
  async dom(): Promise<string> {
    const { root } = await this.#call("DOM.getDocument") as { root: { nodeId: number } };
    const { outerHTML } = await this.#call("DOM.getOuterHTML", { nodeId: root.nodeId });
    return String(outerHTML);
  }

  /** Roles and names of what a screen reader finds. */
  async accessible(): Promise<{ readonly role: string; readonly name: string }[]> {
    const { nodes } = await this.#call("Accessibility.getFullAXTree") as {
      nodes: { role?: { value: string }; name?: { value: string }; ignored: boolean }[];
    };
    return nodes.filter(({ ignored }) => !ignored).map(({ role, name }) => ({
      role: role?.value ?? "",
      name: name?.value ?? "",
    }));
  }

  /** A picture of the window, as PNG. */
  async picture(): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.#call("Page.captureScreenshot", { format: "png" });
    return Uint8Array.fromBase64(String(data));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((seen) => this.#socket.addEventListener("close", seen));
    await this.#call("Browser.close");
    await closed;
    await this.#process.status;
    await this.#errors;
    await Deno.remove(this.#profile, { recursive: true });
  }

  #call(method: string, params: Json = {}): Promise<Json> {
    const id = ++this.#calls;
    const waiting = Promise.withResolvers<Json>();
    this.#waiting.set(id, waiting);
    const session = this.#session === "" || method === "Browser.close"
      ? {}
      : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    return waiting.promise;
  }

  #receive(message: Json): void {
    const waiting = this.#waiting.get(Number(message["id"]));
    if (waiting) {
      this.#waiting.delete(Number(message["id"]));
      if (message["error"]) waiting.reject(new Error(JSON.stringify(message["error"])));
      else waiting.resolve(message["result"] as Json);
      return;
    }
    for (const { name, seen } of this.#events) if (name === message["method"]) seen();
    this.#events = this.#events.filter(({ name }) => name !== message["method"]);
  }
}
