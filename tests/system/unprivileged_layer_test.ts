import { assertEquals } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { lacks } from "../support/lacks.ts";
import { withBase } from "../support/layer_fixture.ts";
import { withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "setpriv", "newuidmap", "unshare", "dpkg-deb", "gpg");

const OWNED = `#!/bin/sh
set -e
chown 65534:8 /usr/lib/changed/file
chmod 4750 /usr/lib/changed/file
`;
const REMOVED = "#!/bin/sh\nset -e\nrm -rf /usr/lib/by-gone\n";
const MADE = "#!/bin/sh\nset -e\nmkdir /usr/lib/by-gone\nchown 33:33 /usr/lib/by-gone\n";

Deno.test("packages of a base are changed without root as with it", { ignore }, () =>
  withBase({
    base: [
      { name: "old", version: "1.0" },
      { name: "gone", control: { postinst: MADE, prerm: REMOVED } },
    ],
    offers: [
      { name: "old", version: "2.0", files: { "usr/share/old/file": "new\n" } },
      { name: "changed", files: { "usr/lib/changed/file": "f\n" }, control: { postinst: OWNED } },
    ],
  }, (fixture) =>
    withTestUser({}, async (user) => {
      const expected = await fixture.change({
        install: ["changed"],
        upgrade: ["old"],
        remove: ["gone"],
      });
      const repo = `${user.home}/repo`;
      const pulled = `${fixture.dir}/pulled`;
      await run("ostree", "init", `--repo=${pulled}`, "--mode=archive");
      await run("ostree", "pull-local", `--repo=${pulled}`, fixture.repo, "test/x");
      await run("cp", "-r", pulled, repo); // pulled objects may be root's own ones by another name
      await run("chown", "-R", `${user.id}:${user.id}`, repo);
      const script = `${user.home}/script.ts`;
      await Deno.writeTextFile(
        script,
        `import { becomeRoot } from "@apt-ostree/core";
await becomeRoot(Deno.args[0]);
await import("${user.source}/tests/hostile/layer_once.ts");
`,
      );
      const { code, stdout, stderr } = await user.run(
        ...[user.deno, "run", "-A", "--no-check", "--config", `${user.source}/deno.json`],
        ...[script, repo, `${fixture.dir}/archive.sources`],
      );
      assertEquals(code, 0, stderr);
      assertEquals(stdout.trim(), expected.commit);
      const fsck = await user.run("ostree", "fsck", "--quiet", `--repo=${repo}`);
      assertEquals(fsck.code, 0, fsck.stderr);
      const cache = `${repo}/extensions`;
      assertEquals(
        await output(
          "find",
          repo,
          "-path",
          cache,
          "-prune",
          "-o",
          "!",
          "-user",
          `${user.id}`,
          "-print",
        ),
        "",
      );
      assertEquals(await user.leftovers(), []);
    })));
