import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { hostRunner, type Runner } from "@apt-ostree/base";
import { makeArchive, makeDeb } from "../tests/support/archive.ts";
import { lacks } from "../tests/support/lacks.ts";
import { AptRoot } from "./apt_root.ts";
import { AptError } from "./error.ts";
import type { PlanRequest } from "./plan.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg");

async function withRoot(
  test: (root: AptRoot, dir: string, calls: (readonly string[])[]) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.chmod(dir, 0o755);
    await Deno.mkdir(`${dir}/archive`);
    await makeDeb(`${dir}/archive`, {
      name: "essential",
      fields: { Essential: "yes", Depends: "library (>= 1:1)" },
    });
    await makeDeb(`${dir}/archive`, {
      name: "library",
      version: "1:2.0+x~1",
      files: { "usr/lib/library": "x" },
    });
    await makeDeb(`${dir}/archive`, { name: "editor", fields: { Recommends: "helper" } });
    await makeDeb(`${dir}/archive`, { name: "helper" });
    const { sources } = await makeArchive(`${dir}/archive`);
    const calls: (readonly string[])[] = [];
    const runner: Runner = {
      run(argv, options) {
        calls.push([...argv, `APT_CONFIG=${options?.env?.["APT_CONFIG"]}`]);
        return hostRunner.run(argv, options);
      },
    };
    const root = await AptRoot.create({
      dir: `${dir}/root`,
      architecture: "amd64",
      sources: [{ name: "test.sources", text: sources }],
      runner,
    });
    await test(root, dir, calls);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test(
  "AptRoot plans with essential packages, reasons, epochs and SHA-256",
  { ignore },
  () =>
    withRoot(async (root, dir) => {
      const [repository] = await root.update();
      assertStringIncludes(repository!.id, "test.sources/");
      assertEquals(repository!.date, Date.UTC(2026, 10, 1, 10) / 1000);
      const { packages } = await root.plan({ install: ["editor"], recommends: false });
      const shown = packages.map((each) =>
        `${each.name} ${each.version} ${each.reason} ${each.askedBy}`
      ).toSorted();
      assertEquals(shown, [
        "editor 1.0 requested undefined",
        "essential 1.0 essential undefined",
        "library 1:2.0+x~1 dependency essential",
      ]);
      const paths: string[] = [];
      for await (const { path, package: pkg } of root.download(packages, `${dir}/debs`)) {
        assertEquals(path, `${dir}/debs/${pkg.sha256}.deb`);
        paths.push(path);
      }
      assertEquals(paths.length, 3);
      const more = await root.plan({ install: ["editor"], essential: false });
      assertEquals(more.packages.map((each) => each.name).toSorted(), ["editor", "helper"]);
    }),
);

Deno.test("AptRoot starts nothing without its own configuration, and only simulates or downloads", {
  ignore,
}, () =>
  withRoot(async (root, dir, calls) => {
    await root.update();
    const { packages } = await root.plan({ install: ["editor"] });
    await Array.fromAsync(root.download(packages, `${dir}/debs`));
    await assertRejects(() => root.plan({ install: ["nothing"] }), AptError);
    for (const call of calls) {
      const isQuestion = call[0] === "apt-config";
      assertEquals(
        call.at(-1),
        isQuestion ? "APT_CONFIG=/dev/null" : `APT_CONFIG=${dir}/root/apt.conf`,
      );
      if (call.includes("install")) {
        assert(call.includes("--simulate") || call.includes("--print-uris"), call.join(" "));
      }
    }
    assert(calls.length > 6);
  }));

Deno.test(
  "AptRoot does not solve the same question twice",
  { ignore },
  () =>
    withRoot(async (root, _, calls) => {
      await root.update();
      const first = await root.plan({ install: ["editor"] });
      const before = calls.length;
      assertEquals(await root.plan({ install: ["editor"] }), first);
      assertEquals(calls.length, before);
      assertEquals(
        (await root.plan({ install: ["editor"], exclude: ["helper"] })).packages.length,
        3,
      );
      assert(calls.length > before);
    }),
);

Deno.test(
  "AptRoot refuses requests that are options or removals",
  { ignore },
  () =>
    withRoot(async (root) => {
      await root.update();
      for (const name of ["-o", "--force-yes", "editor-", "a b", ""]) {
        const error = await assertRejects(() => root.plan({ install: [name] }), AptError);
        assertEquals(error.code, "apt/no-such-package", name);
      }
      const evil = "1.0\nPin-Priority: 1\n\nPackage: *";
      for (const request of [{ locked: new Map([["a", evil]]) }, { forbidden: [["a", evil]] }]) {
        const error = await assertRejects(
          () => root.plan({ install: ["editor"], ...request } as PlanRequest),
          AptError,
        );
        assertEquals(error.message.includes("is no version"), true, error.message);
      }
    }),
);

Deno.test(
  "AptRoot says that there is no source, and that nothing is cached",
  { ignore },
  async () => {
    await withRoot(async (root) => {
      const error = await assertRejects(() => root.update({ cacheOnly: true }), AptError);
      assertEquals(error.code, "apt/not-cached");
    });
    const options = {
      dir: "/nonexistent",
      architecture: "amd64",
      sources: [{ name: "a.list", text: "# none\n" }],
    };
    assertEquals(
      (await assertRejects(() => AptRoot.create(options), AptError)).code,
      "apt/no-sources",
    );
  },
);

Deno.test("AptRoot starts no apt once its configuration is gone: that would be the machine's own", {
  ignore,
}, () =>
  withRoot(async (root, dir, calls) => {
    await root.update();
    await Deno.remove(`${dir}/root/apt.conf`);
    const before = calls.length;
    for (
      const operation of [
        () => root.update(),
        () => root.update({ cacheOnly: true }),
        () => root.plan({ install: ["editor"] }),
        () => root.candidates(["editor"]),
      ]
    ) {
      const error = await assertRejects(operation, AptError);
      assertEquals([error.code, error.subject], ["apt/failed", `${dir}/root`]);
    }
    assertEquals(calls.length, before);
  }));

Deno.test("AptRoot answers questions that are asked at once, each as if it were alone", {
  ignore,
}, () =>
  withRoot(async (root) => {
    await root.update();
    const requests = [
      { install: ["editor"] },
      { install: ["editor"], exclude: ["helper"] },
      { install: ["library"], essential: false },
      { install: ["helper"], essential: false },
    ];
    const plans = await Promise.all([
      ...requests.map((request) => root.plan(request)),
      root.update().then(() => undefined),
    ]);
    assertEquals(
      plans.map((plan) => plan?.packages.map(({ name }) => name).toSorted()),
      [
        ["editor", "essential", "helper", "library"],
        ["editor", "essential", "library"],
        ["library"],
        ["helper"],
        undefined,
      ],
    );
  }));
