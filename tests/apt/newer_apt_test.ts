import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AptError, AptRoot } from "@apt-ostree/apt";
import { hostRunner, type Runner } from "@apt-ostree/base";
import { makeDeb, run } from "../support/archive.ts";
import { type HttpArchive, withHttpArchive } from "../support/http_archive.ts";
import { lacks } from "../support/lacks.ts";
import { suiteApt, testCache } from "../support/real_debs.ts";

const ignore = await lacks(
  "apt-get",
  "dpkg-deb",
  "dpkg-scanpackages",
  "gpg",
  "gpgconf",
  "bwrap",
);
/** The first Debian whose apt checks signatures by sqv and has solver and messages of its own. */
const SUITE = "trixie";

/** A root that has the apt of that suite, and sqv alone to check signatures. */
async function makeRoot(root: string): Promise<void> {
  const apt = await suiteApt(SUITE);
  await apt.update({ cacheOnly: true }).catch((error) => {
    if (!(error instanceof AptError && error.code === "apt/not-cached")) throw error;
    return apt.update();
  });
  const request = { install: ["apt", "dpkg", "sqv"], essential: false, recommends: false };
  const { packages } = await apt.plan(request);
  for (const dir of ["bin", "lib", "lib64", "sbin"]) {
    await run("mkdir", "-p", `${root}/usr/${dir}`, `${root}/dev`, `${root}/proc`, `${root}/tmp`);
    await Deno.symlink(`usr/${dir}`, `${root}/${dir}`);
  }
  for await (const { path } of apt.download(packages, `${testCache()}/debs-${SUITE}`)) {
    // dpkg-deb would put directories in the place of the links.
    await run(
      "sh",
      "-c",
      'dpkg-deb --fsys-tarfile "$1" | tar -xC "$2" --keep-directory-symlink',
      "sh",
      path,
      root,
    );
  }
  await run("rm", "-f", `${root}/usr/bin/gpgv`);
}

Deno.test(
  "AptRoot works with an apt of version 3, whose signatures sqv checks",
  { ignore },
  (t) =>
    withHttpArchive(async (archive, dir) => {
      const root = `${dir}/newer`;
      await makeRoot(root);
      const mounts = ["--bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--bind", dir, dir];
      const runner: Runner = {
        run: (argv, options) =>
          hostRunner.run(["bwrap", "--die-with-parent", ...mounts, "--", ...argv], options),
      };
      const { stdout } = await runner.run(["apt-get", "--version"]);
      assert(/^apt ([3-9]|\d\d)\./.test(new TextDecoder().decode(stdout)));
      const programs = Array.from(Deno.readDirSync(`${root}/usr/bin`), ({ name }) => name);
      assertEquals(programs.filter((name) => /^(sqv|gpgv)$/.test(name)), ["sqv"]);
      const pool = `${dir}/archive/pool`;
      await makeDeb(pool, { name: "good", fields: { Depends: "library (>= 2)" } });
      await makeDeb(pool, { name: "library", version: "2.0" });
      await makeDeb(pool, { name: "bad", fields: { Depends: "library (>= 3)" } });
      const open = (name: string) =>
        AptRoot.create({
          dir: `${dir}/${name}`,
          architecture: "amd64",
          sources: archive.sources,
          hostTrust: false,
          runner,
        });

      await archive.publish();
      const apt = await open("apt");
      await t.step("packages are chosen, downloaded, found and shown", async () => {
        await apt.update();
        const { packages } = await apt.plan({ install: ["good"], essential: false });
        assertEquals(packages.map(({ name, version }) => `${name} ${version}`).sort(), [
          "good 1.0",
          "library 2.0",
        ]);
        assertEquals((await Array.fromAsync(apt.download(packages, `${dir}/debs`))).length, 2);
        assertEquals((await apt.candidates(["library"])).map(({ version }) => version), ["2.0"]);
      });
      await t.step("what cannot be had is explained", async () => {
        const error = await assertRejects(
          () => apt.plan({ install: ["bad"], essential: false }),
          AptError,
        );
        assertStringIncludes(
          error.message,
          "bad 1.0 needs library (>= 3); the newest library here",
        );
      });
      for (const [what, code, falsify, publish] of REFUSED) {
        await t.step(`${what} is refused, and a good archive is taken afterwards`, async () => {
          await archive.publish(publish);
          archive.falsify = falsify;
          const error = await assertRejects(() => apt.update(), AptError);
          assertEquals(error.code, code, error.message);
          archive.falsify = () => undefined;
          await archive.publish();
          await apt.update();
        });
      }
      await t.step("a suite that another key has signed is refused", async () => {
        const gpg = ["gpg", "--homedir", `${dir}/archive/gnupg`, "--batch", "--quiet", "--yes"];
        const uid = "other@example.org";
        await run(...gpg, "--passphrase", "", "--quick-generate-key", uid, "ed25519");
        const signed = `${dir}/archive/dists/test/InRelease`;
        const release = `${dir}/archive/dists/test/Release`;
        await run(...gpg, "--local-user", uid, "--output", signed, "--clearsign", release);
        const fresh = await open("fresh");
        const error = await assertRejects(() => fresh.update(), AptError);
        assertEquals(error.code, "apt/untrusted-source");
        assertStringIncludes(error.message, "sqv");
      });
    }),
);

type Falsify = HttpArchive["falsify"];
const REFUSED: [what: string, code: string, falsify: Falsify, publish?: { validUntil: string }][] =
  [
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
      "a suite that has expired",
      "apt/expired-source",
      () => undefined,
      { validUntil: "Mon, 02 Nov 2026 10:00:00 UTC" },
    ],
  ];
