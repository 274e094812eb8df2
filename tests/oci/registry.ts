import { output } from "../support/archive.ts";

/** A registry on the loopback. */
export interface TestRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Requests so far: method, path without query, status. */
  log(): string[];
}

/**
 * Start docker-registry with an empty store, and tell skopeo in `dir/home` that it speaks HTTP.
 *
 * @param password Of the user `tester`, without whom nothing is served; none for everybody.
 */
export async function startRegistry(dir: string, password?: string): Promise<TestRegistry> {
  const port = freePort();
  const host = `127.0.0.1:${port}`;
  const config = `${dir}/registry.yml`;
  const store = `${dir}/registry`;
  const passwords = `${dir}/htpasswd`;
  if (password !== undefined) {
    const line = await output("htpasswd", "-nbB", "tester", password);
    await Deno.writeTextFile(passwords, line.trim() + "\n");
  }
  const auth = password === undefined
    ? ""
    : `auth:\n  htpasswd:\n    realm: test\n    path: ${passwords}\n`;
  await Deno.writeTextFile(
    config,
    `version: 0.1\nlog:\n  accesslog:\n    disabled: false\n` +
      `storage:\n  filesystem:\n    rootdirectory: ${store}\nhttp:\n  addr: ${host}\n${auth}`,
  );
  const settings = `${dir}/home/.config/containers`;
  await Deno.mkdir(settings, { recursive: true });
  await Deno.writeTextFile(
    `${settings}/registries.conf`,
    `[[registry]]\nlocation = "${host}"\ninsecure = true\n`,
  );
  const child = new Deno.Command("docker-registry", {
    args: ["serve", config],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  const drained = (async () => {
    const decoder = new TextDecoder();
    for await (const piece of child.stdout) text += decoder.decode(piece, { stream: true });
  })();
  await untilListening(port);
  return {
    host,
    log: () =>
      text.split("\n").flatMap((line) => {
        const found = /"([A-Z]+) (\S+) HTTP\/[\d.]+" (\d+)/.exec(line);
        return found ? [`${found[1]} ${found[2]!.replace(/\?.*/, "")} ${found[3]}`] : [];
      }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await drained;
    },
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused) || tries > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
