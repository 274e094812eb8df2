import { assertEquals, assertMatch } from "@std/assert";
import { output } from "../support/archive.ts";
import { TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "bwrap", "openssl");

/** A service that makes a key when it is installed, as ssl-cert does. */
const KEYMAKER = {
  name: "keymaker",
  files: { "usr/bin/keymaker": "#!/bin/sh\n" },
  control: {
    postinst: `#!/bin/sh -e
mkdir -p /etc/keymaker
key=MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7
printf -- '-----BEGIN PRIVATE KEY-----\\n%s\\n-----END PRIVATE KEY-----\\n' $key > /etc/keymaker/key
`,
  },
};

/** A package that leaves modes behind for which there is no list. */
const LOOSE = {
  name: "loose",
  files: { "usr/bin/become": "#!/bin/sh\n", "usr/share/loose/data": "x" },
  links: { "etc/loose.conf": "/usr/share/loose/none" },
  control: {
    postinst: `#!/bin/sh -e
chmod 4755 /usr/bin/become
chmod 666 /usr/share/loose/data
echo made > /usr/share/loose/made
`,
  },
};

Deno.test(
  "a compose whose tree holds a secret fails, and writes nothing",
  { ignore },
  () =>
    withFixture({ debs: [KEYMAKER] }, async (fixture) => {
      const packages = "packages: [keymaker, usr-is-merged]\n";
      const treefile = await fixture.treefile(TREEFILE + packages);
      const { code, stderr } = await fixture.compose(treefile);
      assertEquals(code, 1, stderr);
      assertMatch(stderr, /Cannot commit "test\/x": checks found 1:/);
      assertMatch(stderr, /\/usr\/etc\/keymaker\/key holds a private key \(secrets\)/);
      const told = await fixture.compose(treefile, "--json");
      assertEquals(told.code, 1);
      assertMatch(told.stderr, /^error: Cannot commit "test\/x": checks found 1:/);
      const last = JSON.parse(told.stdout.trimEnd().split("\n").at(-1)!);
      assertEquals([last.v, last.type, last.code], [1, "error", "compose/checks-failed"]);
      assertEquals(
        last.checks.findings.map((each: Record<string, string>) => Object.values(each)),
        [
          ["secrets", "/usr/etc/keymaker/key", "holds a private key", "error"],
          ["unowned-files", "/usr/etc/keymaker/key", "belongs to no package", "warn"],
        ],
      );
      assertEquals(await output("ostree", "refs", `--repo=${fixture.repo}`), "");
      const commits = await output("find", `${fixture.repo}/objects`, "-name", "*.commit");
      assertEquals(commits, "");

      const removed = "postprocess: ['rm -r /etc/keymaker']\n";
      const mended = await fixture.compose(await fixture.treefile(TREEFILE + packages + removed));
      assertEquals(mended.code, 0, mended.stderr);
      const allowed = "checks: { secrets: { allow: [/etc/keymaker/*] } }\n";
      const meant = await fixture.compose(await fixture.treefile(TREEFILE + packages + allowed));
      assertEquals(meant.code, 0, meant.stderr);

      const check = (...args: string[]) =>
        fixture.run("compose", "check", `--repo=${fixture.repo}`, "test/x", ...args);
      assertEquals((await check()).code, 0);
      const strict = await check("--strict", "--json");
      assertEquals(strict.code, 1);
      const { findings } = JSON.parse(strict.stdout) as { findings: { path: string }[] };
      assertEquals(
        findings.filter(({ path }) => path.includes("keymaker")),
        [
          {
            check: "secrets",
            path: "/usr/etc/keymaker/key",
            detail: "holds a private key",
            severity: "error",
          },
          {
            check: "unowned-files",
            path: "/usr/etc/keymaker/key",
            detail: "belongs to no package",
            severity: "warn",
          },
        ] as unknown as typeof findings,
      );
    }),
);

Deno.test(
  "checks agree with find, and warnings are shown beside the commit",
  { ignore },
  () =>
    withFixture({ debs: [LOOSE] }, async (fixture) => {
      const treefile = await fixture.treefile(`${TREEFILE}packages: [loose, usr-is-merged]\n`);
      const { code, stdout, stderr } = await fixture.compose(treefile, "--json");
      assertEquals(code, 0, stderr);
      const { checks } = JSON.parse(stdout.trimEnd().split("\n").at(-1)!);
      const found = (name: string): string[] =>
        checks.findings.filter(({ check }: { check: string }) => check === name)
          .map(({ path }: { path: string }) => path).toSorted();
      assertEquals(found("setuid"), ["/usr/bin/become"]);
      assertEquals(found("world-writable"), ["/usr/share/loose/data"]);
      assertEquals(found("etc-links"), ["/usr/etc/loose.conf"]);
      assertEquals(found("unowned-files"), ["/usr/share/loose/made"]);
      assertEquals(checks.findings.length, 4);
      assertEquals(checks.skipped, []);

      const root = `${fixture.dir}/root`;
      await output("ostree", "checkout", `--repo=${fixture.repo}`, "test/x", root);
      const judged = async (...words: string[]) =>
        (await output("find", root, ...words, "-printf", "/%P\\n")).trimEnd().split("\n")
          .toSorted();
      const writable = ["-perm", "-2", "!", "-type", "l", "!", "-perm", "-1000"];
      assertEquals(await judged(...writable), found("world-writable"));
      const privileged = await judged("-type", "f", "-perm", "/6000");
      assertEquals(privileged.includes("/usr/bin/become"), true);
      assertEquals(
        privileged.includes("/usr/bin/su"),
        true,
        "Debian's own are there, and in the list",
      );

      const again = await fixture.compose(treefile, "--force-nocache");
      assertMatch(again.stdout, /Warning: setuid\n {2}\/usr\/bin\/become setuid, of loose/);
    }),
);
