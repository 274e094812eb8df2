import { assert, assertEquals, assertRejects } from "@std/assert";
import { AptError, AptRoot, type PlannedPackage } from "@apt-ostree/apt";
import type { ProgressEvent } from "@apt-ostree/base";
import { makeDeb } from "../support/archive.ts";
import { type HttpArchive, withHttpArchive } from "../support/http_archive.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg", "gpgconf");
const [OLD, NEW] = ["Sun, 01 Nov 2026 10:00:00 GMT", "Mon, 02 Nov 2026 10:00:00 GMT"];
/** Bytes of a transfer that arrive before it is cut. */
const CUT = 30_000;

/** What was asked of the server about a .deb. */
interface Asked {
  readonly range: string | null;
  readonly ifRange: string | null;
}

/** An archive with some packages of noise, a plan for them, and what was asked of it since. */
async function withPlan(
  names: readonly string[],
  test: (world: {
    readonly archive: HttpArchive;
    readonly apt: AptRoot;
    readonly packages: readonly PlannedPackage[];
    readonly debs: string;
    readonly asked: Asked[];
    /** Answer requests for .debs from here on. */
    serve(answer: (bytes: Uint8Array, request: Request, count: number) => Response): void;
  }) => Promise<void>,
): Promise<void> {
  await withHttpArchive(async (archive, dir) => {
    for (const name of names) {
      const noise = crypto.getRandomValues(new Uint8Array(60_000)).toHex();
      await makeDeb(`${dir}/archive/pool`, { name, files: { [`usr/share/${name}`]: noise } });
    }
    await archive.publish();
    const sources = archive.sources;
    const options = { dir: `${dir}/root`, architecture: "amd64", sources, hostTrust: false };
    const apt = await AptRoot.create(options);
    await apt.update();
    const { packages } = await apt.plan({ install: names, essential: false });
    const asked: Asked[] = [];
    const serve: Parameters<typeof test>[0]["serve"] = (answer) => {
      let count = 0;
      archive.falsify = (path, bytes, request) => {
        if (!path.endsWith(".deb")) return undefined;
        const { headers } = request;
        asked.push({ range: headers.get("Range"), ifRange: headers.get("If-Range") });
        return answer(bytes, request, count++);
      };
    };
    await test({ archive, apt, packages, debs: `${dir}/debs`, asked, serve });
  });
}

function headers(bytes: Uint8Array, modified: string): Record<string, string> {
  return {
    "Last-Modified": modified,
    "Accept-Ranges": "bytes",
    "Content-Length": String(bytes.length),
  };
}

/** The beginning of an answer that promises all; then the connection ends. */
function cut(bytes: Uint8Array): Response {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(bytes.slice(0, CUT));
      controller.close();
    },
  });
  return new Response(body, { headers: headers(bytes, OLD) });
}

const whole = (bytes: Uint8Array, modified = OLD) =>
  new Response(new Uint8Array(bytes), { headers: headers(bytes, modified) });

/** What a server does that knows ranges. @param blind Whether it does so for another file too. */
function ranged(bytes: Uint8Array, request: Request, modified = OLD, blind = false): Response {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.get("Range") ?? "")?.[1] ?? 0);
  if (from === 0 || (!blind && request.headers.get("If-Range") !== modified)) {
    return whole(bytes, modified);
  }
  const rest = bytes.slice(from);
  return new Response(rest, {
    status: 206,
    headers: {
      ...headers(rest, modified),
      "Content-Range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    },
  });
}

const other = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 1);

type Answer = (bytes: Uint8Array, request: Request) => Response;
const CASES: [what: string, first: Answer, then: Answer, requests: number][] = [
  ["is resumed where it was cut", cut, (bytes, request) => ranged(bytes, request), 1],
  ["is begun anew where the server knows no ranges", cut, (bytes) => whole(bytes), 1],
  [
    "is begun anew where the file is another by now",
    (bytes) => cut(other(bytes)),
    (bytes, request) => ranged(bytes, request, NEW),
    1,
  ],
  [
    "is begun anew where the server mixes two files",
    (bytes) => cut(other(bytes)),
    (bytes, request) => ranged(bytes, request, NEW, true),
    2,
  ],
  [
    "is begun anew where the server calls the range wrong",
    cut,
    (bytes, request) =>
      request.headers.has("Range")
        ? new Response("", { status: 416, headers: { "Content-Range": `bytes */${bytes.length}` } })
        : whole(bytes),
    2,
  ],
  [
    "is whole at last where the server sends an earlier range than asked for",
    cut,
    (bytes, request) =>
      request.headers.has("Range")
        ? new Response(bytes.slice(10), {
          status: 206,
          headers: {
            ...headers(bytes.slice(10), OLD),
            "Content-Range": `bytes 10-${bytes.length - 1}/${bytes.length}`,
          },
        })
        : whole(bytes),
    1,
  ],
];

for (const [what, first, then, requests] of CASES) {
  Deno.test(
    `a transfer that was cut ${what}`,
    { ignore },
    () =>
      withPlan(["good"], async ({ apt, packages, debs, asked, serve }) => {
        serve(first);
        const download = () => Array.fromAsync(apt.download(packages, debs));
        const error = await assertRejects(download, AptError);
        assertEquals([error.code, error.subject], ["apt/download-failed", "good"]);
        assertEquals(Deno.statSync(`${debs}/partial/${packages[0]!.sha256}.deb`).size, CUT);
        asked.splice(0);
        serve(then);
        assertEquals((await download()).length, 1);
        assertEquals(asked[0], { range: `bytes=${CUT}-`, ifRange: OLD });
        assertEquals(asked.length, requests, JSON.stringify(asked));
      }),
  );
}

Deno.test(
  "a transfer that the user gave up is resumed",
  { ignore },
  () =>
    withPlan(["good"], async ({ apt, packages, debs, asked, serve }) => {
      const stop = new AbortController();
      serve((bytes) => {
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
          start: (controller) => controller.enqueue(bytes.slice(0, CUT)), // and then no more
        });
        return new Response(body, { headers: headers(bytes, OLD) });
      });
      const progress = (event: ProgressEvent) => {
        if (event.type === "phase-progress" && event.bytes === CUT) stop.abort();
      };
      const options = { signal: stop.signal, progress };
      await assertRejects(
        () => Array.fromAsync(apt.download(packages, debs, options)),
        DOMException,
      );
      asked.splice(0);
      serve((bytes, request) => ranged(bytes, request));
      assertEquals((await Array.fromAsync(apt.download(packages, debs))).length, 1);
      assertEquals(asked.map(({ range }) => range), [`bytes=${CUT}-`]);
    }),
);

Deno.test(
  "transfers run side by side, and tell their bytes and rates",
  { ignore },
  () =>
    withPlan(["one", "two", "three"], async ({ apt, packages, debs, serve }) => {
      let running = 0;
      const all = Promise.withResolvers<void>();
      serve((bytes) => {
        if (++running === packages.length) all.resolve();
        const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
          async start(controller) {
            controller.enqueue(bytes.slice(0, CUT));
            await all.promise; // none ends before the last has begun
            await new Promise((resolve) => setTimeout(resolve, 600));
            controller.enqueue(bytes.slice(CUT));
            controller.close();
          },
        });
        return new Response(body, { headers: headers(bytes, OLD) });
      });
      const events: ProgressEvent[] = [];
      const progress = (event: ProgressEvent) => void events.push(event);
      assertEquals((await Array.fromAsync(apt.download(packages, debs, { progress }))).length, 3);
      const total = packages.reduce((sum, each) => sum + each.size, 0);
      const start = events.find((event) => event.type === "phase-start");
      assertEquals([start?.total, start?.totalBytes], [3, total]);
      const steps = events.filter((event) => event.type === "phase-progress");
      const bytes = steps.map((event) => event.bytes!);
      assertEquals(bytes, bytes.toSorted((a, b) => a - b));
      assertEquals(bytes.at(-1), total);
      assert(bytes.includes(3 * CUT), `${bytes}`);
      assert(steps.every((event) => event.bytesPerSecond !== undefined));
      assert(steps.some((event) => event.bytesPerSecond! > 0));
      assertEquals(steps.filter(({ item }) => item).map(({ done }) => done).at(-1), 3);
    }),
);
