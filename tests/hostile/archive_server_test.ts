import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AptError, AptRoot } from "@apt-ostree/apt";
import { AptOstreeError, hostRunner, type Runner } from "@apt-ostree/base";
import { makeDeb, output, run } from "../support/archive.ts";
import { type HttpArchive as Archive, withHttpArchive } from "../support/http_archive.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg", "gpgconf");
/** Longest that one attempt may take, in milliseconds. */
const LONGEST = 60_000;

async function withArchive(
  test: (archive: Archive, root: () => Promise<AptRoot>, dir: string) => Promise<void>,
): Promise<void> {
  await withHttpArchive(async (archive, dir) => {
    await makeDeb(`${dir}/archive/pool`, { name: "good", files: { "usr/share/good": "x" } });
    await archive.publish();
    const root = () =>
      AptRoot.create({
        dir: `${dir}/root`,
        architecture: "amd64",
        sources: archive.sources,
        hostTrust: false, // the machine that tests may have been told to be less strict
      });
    await test(archive, root, dir);
  });
}

/** Whatever was tried before: with a good archive all goes well. */
async function assertRecovers(archive: Archive, root: AptRoot, dir: string): Promise<void> {
  archive.falsify = () => undefined;
  await root.update();
  const { packages } = await root.plan({ install: ["good"], essential: false });
  const [deb] = await Array.fromAsync(root.download(packages, `${dir}/debs`));
  assertEquals(await output("dpkg-deb", "-f", deb!.path, "Package"), "good\n");
  await Deno.remove(`${dir}/debs`, { recursive: true });
}

const endless = (piece: Uint8Array, pause: number) =>
  new Response(
    new ReadableStream({
      async pull(controller) {
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        controller.enqueue(piece);
      },
    }),
  );

type Falsify = Archive["falsify"];
const LISTS: [what: string, code: string, falsify: Falsify][] = [
  [
    "a Release whose signature is of other text",
    "apt/untrusted-source",
    (path, bytes) =>
      path.endsWith("InRelease")
        ? new TextEncoder().encode(new TextDecoder().decode(bytes).replace("main", "evil"))
        : undefined,
  ],
  [
    "a Release without any signature",
    "apt/untrusted-source",
    (path) => path.endsWith("InRelease") ? new Response("", { status: 404 }) : undefined,
  ],
  [
    "a Packages index with another hash",
    "apt/update-failed",
    (path, bytes) =>
      path.endsWith("Packages") ? bytes.map((byte) => byte === 103 ? 104 : byte) : undefined,
  ],
  [
    "a Packages index that is cut off",
    "apt/update-failed",
    (path, bytes) => path.endsWith("Packages") ? bytes.subarray(0, bytes.length >> 1) : undefined,
  ],
  [
    "a Packages index that never ends",
    "apt/update-failed",
    (path) => path.endsWith("Packages") ? endless(new Uint8Array(1 << 16).fill(65), 0) : undefined,
  ],
  [
    "a Release that never ends",
    "apt/",
    (path) => path.endsWith("Release") ? endless(new Uint8Array(1 << 16).fill(65), 0) : undefined,
  ],
  ["noise instead of everything", "apt/", () => crypto.getRandomValues(new Uint8Array(5000))],
];

for (const [what, code, falsify] of LISTS) {
  Deno.test(
    `${what} is refused, and a good archive is taken afterwards`,
    { ignore },
    () =>
      withArchive(async (archive, root, dir) => {
        const apt = await root();
        archive.falsify = falsify;
        const signal = AbortSignal.timeout(LONGEST);
        const error = await assertRejects(() => apt.update({ signal }), AptError);
        assert(error.code.startsWith(code), `${error.code}: ${error.message}`);
        await assertRecovers(archive, apt, dir);
      }),
  );
}

/** Suites that are refused, and the option of a source that would allow them, if any. */
const SUITES: [
  what: string,
  code: string,
  publish: Parameters<Archive["publish"]>[0],
  option: string | undefined,
][] = [
  [
    "a suite that has expired",
    "apt/expired-source",
    { date: "Sun, 02 Nov 2025 10:00:00 UTC", validUntil: "Sun, 09 Nov 2025 10:00:00 UTC" },
    "Check-Valid-Until: no",
  ],
  ["a suite that lists MD5 alone", "apt/weak-source", { hash: "MD5Sum" }, undefined],
  [
    "a suite from the future",
    "apt/expired-source",
    { date: "Sun, 01 Nov 2099 10:00:00 UTC" },
    "Check-Date: no",
  ],
  ["a suite that nobody signed", "apt/untrusted-source", { signed: false }, "Trusted: yes"],
];

for (const [what, code, publish, option] of SUITES) {
  Deno.test(
    `${what} is refused, with what would allow it`,
    { ignore },
    () =>
      withArchive(async (archive, root, dir) => {
        await archive.publish(publish);
        const apt = await root();
        const error = await assertRejects(() => apt.update(), AptError);
        assertEquals([error.code, error.hint === undefined], [code, false], error.message);
        if (option !== undefined) {
          assertStringIncludes(error.hint!, option);
          const [source] = archive.sources;
          const sources = [{ ...source!, text: `${source!.text}${option}\n` }];
          const told = await AptRoot.create({
            dir: `${dir}/told`,
            architecture: "amd64",
            sources,
            hostTrust: false,
          });
          await assertRecovers(archive, told, dir);
        }
        await archive.publish();
        await assertRecovers(archive, apt, dir);
      }),
  );
}

Deno.test(
  "a suite whose key has expired is refused, and one of a good key is taken",
  { ignore },
  () =>
    withArchive(async (archive, root, dir) => {
      const uid = "old@example.org";
      const gpg = ["gpg", "--homedir", `${dir}/archive/gnupg`, "--batch", "--quiet", "--yes"];
      const then = [...gpg, "--faked-system-time", "20200101T000000"];
      await run(...then, "--passphrase", "", "--quick-generate-key", uid, "ed25519", "sign", "1d");
      await run(...gpg, "--output", `${dir}/archive/key.gpg`, "--export"); // both keys
      const suite = `${dir}/archive/dists/test`;
      const output = ["--output", `${suite}/InRelease`];
      await run(...then, "--local-user", uid, ...output, "--clearsign", `${suite}/Release`);
      const apt = await root();
      const error = await assertRejects(() => apt.update(), AptError);
      assertEquals(error.code, "apt/untrusted-source");
      assertStringIncludes(error.hint!, "has expired");
      const good = ["--local-user", "tests@example.org"];
      await run(...gpg, ...good, ...output, "--clearsign", `${suite}/Release`);
      await assertRecovers(archive, apt, dir);
    }),
);

Deno.test(
  "a source whose key is not there is refused with the path of the key",
  { ignore },
  () =>
    withArchive(async (archive, root, dir) => {
      await Deno.rename(`${dir}/archive/key.gpg`, `${dir}/archive/away.gpg`);
      const apt = await root();
      const error = await assertRejects(() => apt.update(), AptError);
      assertEquals([error.code, error.subject], [
        "apt/untrusted-source",
        `${dir}/archive/key.gpg`,
      ]);
      await Deno.rename(`${dir}/archive/away.gpg`, `${dir}/archive/key.gpg`);
      await assertRecovers(archive, apt, dir);
    }),
);

Deno.test(
  "what a host allows of its own sources counts for no others",
  { ignore },
  () =>
    withArchive(async (archive, _, dir) => {
      await archive.publish({
        date: "Sun, 02 Nov 2025 10:00:00 UTC",
        validUntil: "Sun, 09 Nov 2025 10:00:00 UTC",
      });
      const lax = 'Acquire::Check-Valid-Until "false";\n' +
        'Acquire::AllowInsecureRepositories "true";\n';
      const runner: Runner = {
        run: async (argv, options) =>
          argv[0] === "apt-config"
            ? { status: 0, stdout: new TextEncoder().encode(lax), stderr: "" }
            : await hostRunner.run(argv, options),
      };
      const options = {
        dir: `${dir}/root`,
        architecture: "amd64",
        sources: archive.sources,
        runner,
      };
      const others = await AptRoot.create(options);
      const error = await assertRejects(() => others.update(), AptError);
      assertEquals(error.code, "apt/expired-source");
      await assertRecovers(archive, await AptRoot.create({ ...options, hostDates: true }), dir);
      await archive.publish({ signed: false });
      const unsigned = await AptRoot.create({ ...options, dir: `${dir}/other`, hostDates: true });
      const refused = await assertRejects(() => unsigned.update(), AptError);
      assertEquals(refused.code, "apt/untrusted-source");
    }),
);

Deno.test("a suite older than the one seen before is refused, even after its lists are gone", {
  ignore,
}, () =>
  withArchive(async (archive, root, dir) => {
    await archive.publish({ date: "Mon, 02 Nov 2026 10:00:00 UTC" });
    await (await root()).update();
    await run("sh", "-c", 'rm -rf "$1"/root/var/lib/apt/lists/*', "sh", dir);
    await archive.publish({ date: "Sun, 01 Nov 2026 10:00:00 UTC" });
    const apt = await root();
    const error = await assertRejects(() => apt.update(), AptError);
    assertEquals(error.code, "apt/replayed-source");
    assertEquals(
      error.message.replace(/"[^"]*"/, "S"),
      "Cannot use source S: it is of " +
        "2026-11-01T10:00:00Z, but one of 2026-11-02T10:00:00Z was seen before",
    );
    await archive.publish({ date: "Tue, 03 Nov 2026 10:00:00 UTC" });
    await assertRecovers(archive, apt, dir);
  }));

Deno.test(
  "an index that unpacks to a gibibyte is refused in bounded memory and time",
  { ignore },
  () =>
    withArchive(async (archive, root, dir) => {
      // Signed as it should be: the archive itself means harm.
      await archive.publish({ packages: "Package: good\nDescription: " });
      const index = `${dir}/archive/dists/test/main/binary-amd64/Packages`;
      await run("truncate", "--size=1G", index);
      const digest = (await output("sha256sum", index)).slice(0, 64);
      await run("xz", "-1", "-T0", index);
      const [packed, size] = [
        (await output("sha256sum", `${index}.xz`)).slice(0, 64),
        (await Deno.stat(`${index}.xz`)).size,
      ];
      await archive.sign([
        ` ${digest} ${2 ** 30} main/binary-amd64/Packages`,
        ` ${packed} ${size} main/binary-amd64/Packages.xz`,
      ]);
      const apt = await root();
      const error = await assertRejects(async () => {
        await apt.update();
        await apt.plan({ install: ["good"], essential: false });
      }, AptOstreeError);
      assert(/^(apt|format)\//.test(String(error.code)), error.message);
      const [, kib] = /^VmHWM:\s*(\d+)/m.exec(await Deno.readTextFile("/proc/self/status"))!;
      assert(Number(kib) < 600 * 1024, `${kib} KiB`);
      await run("rm", `${index}.xz`);
      await archive.publish();
      await assertRecovers(archive, await root(), dir);
    }),
);

const DEBS: [what: string, falsify: Falsify][] = [
  [
    "a .deb with other bytes",
    (path, bytes) => path.endsWith(".deb") ? bytes.toReversed() : undefined,
  ],
  [
    "a .deb that is cut off",
    (path, bytes) => path.endsWith(".deb") ? bytes.subarray(9) : undefined,
  ],
  [
    "a .deb that never ends",
    (path) => path.endsWith(".deb") ? endless(new Uint8Array(1 << 16), 0) : undefined,
  ],
  [
    "a .deb that is not there",
    (path) => path.endsWith(".deb") ? new Response("", { status: 404 }) : undefined,
  ],
  [
    "a .deb behind endless redirects",
    (path) =>
      path.endsWith(".deb")
        ? new Response("", { status: 302, headers: { Location: path } })
        : undefined,
  ],
  [
    "a .deb on another host that is not there",
    (path) =>
      path.endsWith(".deb")
        ? new Response("", { status: 302, headers: { Location: "http://127.0.0.1:1/a.deb" } })
        : undefined,
  ],
];

for (const [what, falsify] of DEBS) {
  Deno.test(
    `${what} is refused with its name, and fetched when it is good again`,
    { ignore },
    () =>
      withArchive(async (archive, root, dir) => {
        const apt = await root();
        await apt.update();
        const { packages } = await apt.plan({ install: ["good"], essential: false });
        archive.falsify = falsify;
        const signal = AbortSignal.timeout(LONGEST);
        const error = await assertRejects(
          () => Array.fromAsync(apt.download(packages, `${dir}/debs`, { signal })),
          AptError,
        );
        assert(/^apt\/(bad-download|download-failed)$/.test(error.code), error.message);
        assertEquals(error.subject, "good");
        assertEquals([...Deno.readDirSync(`${dir}/debs`)].map(({ name }) => name), ["partial"]);
        await assertRecovers(archive, apt, dir);
      }),
  );
}

Deno.test(
  "a server that sends a byte now and then can be given up, and tried again",
  { ignore },
  () =>
    withArchive(async (archive, root, dir) => {
      const apt = await root();
      archive.falsify = (path) =>
        path.endsWith("InRelease") ? endless(Uint8Array.of(45), 200) : undefined;
      const start = performance.now();
      const signal = AbortSignal.timeout(3000);
      await assertRejects(() => apt.update({ signal }), DOMException);
      assert(performance.now() - start < 10_000);
      await assertRecovers(archive, apt, dir);
    }),
);
