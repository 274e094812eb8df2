import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeDeb, output, run } from "../support/archive.ts";
import type { Ended } from "../support/compose_fixture.ts";
import { type HttpArchive, withHttpArchive } from "../support/http_archive.ts";
import { lacks } from "../support/lacks.ts";

const ignore = await lacks("ostree", "dpkg-deb", "dpkg-scanpackages", "gpg");
const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;

/** What the base has: an old library, which newer programs are not content with. */
const STATUS = [["base-lib", "1.0"], ["base-kernel", "1:6.1-2"]].map(([name, version]) =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: ${version}\n` +
  `Provides: ${name === "base-kernel" ? "boots" : "lib"}\n` +
  "Maintainer: Tests <tests@example.org>\nDescription: for tests\n\n"
).join("");

const EXTENSIONS = `extensions:
  tool:
    packages: [tool]
  headers:
    kind: development
    packages: [kernel-headers]
    match-base-evr: base-kernel
  other:
    packages: [never]
    architectures: [s390x]
`;

/** One test's world. */
interface World {
  readonly dir: string;
  readonly archive: HttpArchive;
  /** Make extensions of a file with this text. */
  run(text: string, ...options: string[]): Promise<Ended>;
  /** The same, of the commit. */
  make(text: string): Promise<Ended>;
  /** Names and contents of the output directory. */
  state(): Promise<string>;
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  await withHttpArchive(async (archive, dir) => {
    const pool = `${dir}/archive/pool`;
    await makeDeb(pool, { name: "base-lib", version: "2.0" });
    await makeDeb(pool, { name: "tool", fields: { Depends: "base-lib, tool-data" } });
    await makeDeb(pool, { name: "tool-data", version: "2:1.5" });
    await makeDeb(pool, { name: "kernel-headers", version: "1:6.1-2", fields: { Depends: "gcc" } });
    await makeDeb(pool, { name: "kernel-headers", version: "1:6.2-1" });
    await makeDeb(pool, { name: "picky", fields: { Depends: "base-lib (>= 2.0)" } });
    await makeDeb(pool, { name: "hostile", fields: { Conflicts: "base-lib" } });
    await archive.publish();
    await Deno.writeTextFile(`${dir}/test.sources`, archive.sources[0]!.text);
    await Deno.writeTextFile(
      `${dir}/tree.yaml`,
      "ref: test/base\nrepos: [test]\npackages: [base-lib]\n",
    );
    await run("mkdir", "-p", `${dir}/root/usr/lib/sysimage/dpkg`, `${dir}/root/var/lib`);
    await Deno.symlink("../../usr/lib/sysimage/dpkg", `${dir}/root/var/lib/dpkg`);
    await Deno.writeTextFile(`${dir}/root/usr/lib/sysimage/dpkg/status`, STATUS);
    const repo = `${dir}/repo`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=archive");
    const tree = ["--branch=test/base", `--tree=dir=${dir}/root`];
    await run("ostree", "commit", `--repo=${repo}`, ...tree);
    const world: World = {
      dir,
      archive,
      async run(text, ...options) {
        await Deno.writeTextFile(`${dir}/ext.yaml`, text);
        const args = ["compose", "extensions", `--output-dir=${dir}/out`, ...options];
        const { code, stdout, stderr } = await new Deno.Command(PROGRAM, {
          args: [...args, `${dir}/tree.yaml`, `${dir}/ext.yaml`],
          env: { APT_OSTREE_DENO: Deno.execPath() },
        }).output();
        const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
        return { code, stdout: decode(stdout), stderr: decode(stderr) };
      },
      make: (text) => world.run(text, `--repo=${repo}`),
      state: () =>
        output(
          "sh",
          "-c",
          'cd "$1" && find . -type f -exec sha256sum {} + | sort',
          "sh",
          `${dir}/out`,
        ),
    };
    await test(world);
  });
}

/** Start to make the extensions that stand in `ext.yaml`; the caller waits for it. */
function start(dir: string, ...by: string[]): Deno.ChildProcess {
  const [program = "", ...args] = [...by, PROGRAM, "compose", "extensions"];
  return new Deno.Command(program, {
    args: [
      ...[...args, `--output-dir=${dir}/out`, `--repo=${dir}/repo`],
      ...[`${dir}/tree.yaml`, `${dir}/ext.yaml`],
    ],
    env: { APT_OSTREE_DENO: Deno.execPath() },
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function names(dir: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(dir))).map(({ name }) => name).sort();
}

const DEBS = ["kernel-headers_6.1-2_all.deb", "tool-data_1.5_all.deb", "tool_1.0_all.deb"];

Deno.test(
  "extensions are put beside one another, by the word of dpkg",
  { ignore },
  () =>
    withWorld(async ({ dir, make, run: extensions, state }) => {
      const touched = `--touch-if-changed=${dir}/touched`;
      const first = await extensions(EXTENSIONS, `--repo=${dir}/repo`, touched);
      assertEquals([first.code, first.stdout], [
        0,
        `3 packages of 2 extensions:\n${DEBS.map((name) => `  ${name}\n`).join("")}`,
      ], first.stderr);
      assertEquals(await names(`${dir}/out`), [
        ".apt-ostree-state-chksum",
        "extensions.json",
        ...DEBS,
      ]);
      assertEquals(JSON.parse(await Deno.readTextFile(`${dir}/out/extensions.json`)), {
        extensions: {
          headers: {
            packages: ["kernel-headers=1:6.1-2"],
            "match-base-evr": "base-kernel",
            kind: "development",
          },
          tool: { packages: ["tool"], kind: "os-extension" },
        },
      });
      // dpkg finds each of them in the directory, and would install those for hosts on the base.
      const index = await output("sh", "-c", 'cd "$1" && dpkg-scanpackages .', "sh", `${dir}/out`);
      assertEquals(
        index.match(/^Filename: .*$/gm)!.sort(),
        DEBS.map((name) => `Filename: ./${name}`),
      );
      const simulate = [
        "dpkg",
        `--root=${dir}/root`,
        "--force-not-root",
        "--simulate",
        "--install",
      ];
      const debs = DEBS.slice(1).map((name) => `${dir}/out/${name}`);
      assertMatch(await output(...simulate, ...debs), /Preparing to unpack .*tool_1\.0_all\.deb/);

      const before = await state();
      const { mtime } = await Deno.stat(`${dir}/out/extensions.json`);
      await Deno.remove(`${dir}/touched`);
      const second = await extensions(EXTENSIONS, `--repo=${dir}/repo`, touched);
      assertEquals([second.code, second.stdout], [0, `No changes in "${dir}/out"\n`]);
      assertEquals(await state(), before);
      assertEquals((await Deno.stat(`${dir}/out/extensions.json`)).mtime, mtime);
      assertEquals((await names(dir)).includes("touched"), false);

      // The base in a directory is the same base.
      const plain = await extensions(EXTENSIONS, `--rootfs=${dir}/root`, "--json");
      assertEquals(JSON.parse(plain.stdout.trim().split("\n").at(-1)!).kind, "unchanged");

      // What is damaged or missing is not passed over.
      await Deno.remove(`${dir}/out/tool_1.0_all.deb`);
      const size = (await Deno.stat(`${dir}/out/${DEBS[0]}`)).size;
      await Deno.writeFile(`${dir}/out/${DEBS[0]}`, new Uint8Array(size));
      assertEquals((await make(EXTENSIONS)).code, 0);
      assertEquals(await state(), before);
    }),
);

Deno.test(
  "a newer package takes the place of the older one, what is not ours stays",
  { ignore },
  () =>
    withWorld(async ({ dir, archive, make }) => {
      await make(EXTENSIONS);
      await Deno.writeTextFile(`${dir}/out/README`, "mine\n");
      await makeDeb(`${dir}/archive/pool`, { name: "tool", version: "1.1" });
      await archive.publish({ date: "Sun, 01 Nov 2026 11:00:00 UTC" });
      const { code, stdout } = await make(EXTENSIONS);
      assertEquals([code, stdout.split("\n")[0]], [0, "2 packages of 2 extensions:"]);
      assertEquals(await names(`${dir}/out`), [
        ".apt-ostree-state-chksum",
        "README",
        "extensions.json",
        "kernel-headers_6.1-2_all.deb",
        "tool_1.1_all.deb",
      ]);
    }),
);

const REFUSED: readonly (readonly [what: string, text: string, code: string, words: string])[] = [
  [
    "a package that the base has",
    "extensions: { a: { packages: [base-lib] } }",
    "extensions/in-base",
    'Cannot use extension "a": the base has "base-lib" already, 1.0',
  ],
  [
    "what needs a newer package of the base",
    "extensions: { a: { packages: [picky] } }",
    "extensions/changes-base",
    '"picky" 1.0 needs "base-lib" >= 2.0, the base has 1.0',
  ],
  [
    "what cannot stand beside a package of the base",
    "extensions: { a: { packages: [hostile] } }",
    "extensions/changes-base",
    '"hostile" 1.0 conflicts with "base-lib" 1.0 of the base',
  ],
  [
    "a name that a package of the base provides",
    "extensions: { a: { packages: [boots] } }",
    "extensions/in-base",
    'Cannot add "boots": "base-kernel" is in the base already',
  ],
  [
    "the version of a package that the base lacks",
    "extensions: { a: { packages: [tool], match-base-evr: base-libs } }",
    "extensions/no-base-package",
    "Did you mean base-lib?",
  ],
  [
    "a version that the sources lack",
    "extensions: { a: { packages: [tool], match-base-evr: base-kernel } }",
    "apt/no-such-package",
    "1:6.1-2",
  ],
  [
    "a package that there is not",
    "extensions: { a: { packages: [tol], kind: development } }",
    "apt/no-such-package",
    "Did you mean tool?",
  ],
  ["no file of extensions", "extension: {}", "extensions/bad-file", 'Did you mean "extensions"?'],
];

Deno.test("what cannot be is refused with names and versions, and nothing is written", {
  ignore,
}, (t) =>
  withWorld(async ({ dir, make, run: extensions }) => {
    for (const [what, text, code, words] of REFUSED) {
      await t.step(what, async () => {
        const ended = await make(text);
        assertEquals(ended.code, 1);
        assertStringIncludes(ended.stderr, `code: ${code}\n`);
        assertStringIncludes(ended.stderr, words);
        assertEquals((await names(dir)).includes("out") ? await names(`${dir}/out`) : [], []);
      });
    }
    await t.step("a base that has no database, though the host has one", async () => {
      await run("rm", "-r", `${dir}/root/var/lib/dpkg`, `${dir}/root/usr`);
      await Deno.symlink("/var/lib/dpkg", `${dir}/root/var/lib/dpkg`);
      const ended = await extensions(EXTENSIONS, `--rootfs=${dir}/root`);
      assertStringIncludes(ended.stderr, "code: extensions/no-base\n");
    });
    await t.step("two bases", async () => {
      const ended = await extensions(EXTENSIONS, `--rootfs=${dir}/root`, `--repo=${dir}/repo`);
      assertEquals(ended.code, 2, ended.stderr);
      assertStringIncludes(ended.stderr, "Cannot use --rootfs together with --repo");
    });
  }));

Deno.test(
  "Ctrl-C, a full disk and kill -9 leave whole packages behind",
  { ignore },
  (t) =>
    withWorld(async ({ dir, archive, make, state }) => {
      await make(EXTENSIONS);
      const before = await state();
      const many = Array.from({ length: 30 }, (_, i) => `more-${i}`);
      for (const name of many) await makeDeb(`${dir}/archive/pool`, { name });
      await archive.publish({ date: "Sun, 01 Nov 2026 11:00:00 UTC" });
      const text = `extensions: { more: { packages: [tool, ${many.join(", ")}] } }\n`;

      await t.step("Ctrl-C while a server hesitates", async () => {
        const asked = Promise.withResolvers<void>();
        archive.falsify = (path) => {
          if (!path.includes("more-7")) return undefined;
          asked.resolve();
          return new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(9)) }));
        };
        await Deno.writeTextFile(`${dir}/ext.yaml`, text);
        const child = start(dir);
        await asked.promise;
        child.kill("SIGINT");
        assertEquals((await child.status).code, 130);
        assertEquals(await state(), before);
      });
      archive.falsify = () => undefined;

      await t.step({ name: "a disk that runs full", ignore: Deno.uid() !== 0, fn: fillDisk });

      async function fillDisk() {
        // Small files take a page each, so that there seems to be room.
        const script = 'mount -t tmpfs -o size=64k tmpfs "$1" && cp -a "$2/." "$1" && shift 2 && ' +
          '"$@"; echo "status $?"; cd "$0" && find . -type f -exec sha256sum {} + | sort';
        const full = `${dir}/full`;
        await Deno.mkdir(full);
        const shell = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, full];
        const program = [PROGRAM, "compose", "extensions", `--output-dir=${full}`];
        const { stdout, stderr } = await new Deno.Command(shell[0]!, {
          args: [
            ...shell.slice(1),
            ...[full, `${dir}/out`, ...program, `--repo=${dir}/repo`],
            ...[`${dir}/tree.yaml`, `${dir}/ext.yaml`],
          ],
          env: { APT_OSTREE_DENO: Deno.execPath() },
        }).output();
        assertStringIncludes(new TextDecoder().decode(stderr), "no space left");
        assertEquals(new TextDecoder().decode(stdout), `status 1\n${before}`);
      }

      await t.step("with room it goes through", async () => {
        const ended = await make(text);
        assertEquals(ended.code, 0, ended.stderr);
        assertEquals((await names(`${dir}/out`)).length, 2 + 2 + many.length);
      });

      await t.step("kill -9 at many moments, and the next run ends it", async () => {
        const full = await state();
        for (let round = 0; round < 16; round++) {
          await Deno.writeTextFile(`${dir}/ext.yaml`, round % 2 === 0 ? EXTENSIONS : text);
          const seconds = (250 + 30 * round) / 1000;
          await start(dir, "timeout", "--signal=KILL", String(seconds)).status;
          for (const name of await names(`${dir}/out`)) {
            if (name.endsWith(".deb")) await run("dpkg-deb", "--contents", `${dir}/out/${name}`);
          }
        }
        assertEquals((await make(text)).code, 0);
        assertEquals(await state(), full);
        assertEquals((await names(`${dir}/out`)).length, 2 + 2 + many.length);
      });
    }),
);
