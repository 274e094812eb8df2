import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { output, run } from "../../support/archive.ts";
import { checkoutSystem } from "../../support/checkout_system.ts";
import { TREEFILE, withFixture } from "../../support/compose_fixture.ts";
import { lacks } from "../../support/lacks.ts";

/** What rpm-ostree's compose tests look at in a small system, here in one of Debian's essential packages. */
const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");

const SERVICE = {
  name: "service",
  fields: { Depends: "adduser", Recommends: "left-out" },
  files: {
    "usr/bin/service": "#!/bin/sh\n",
    "usr/share/man/man1/service.1": ".TH service\n",
    "usr/share/doc/service/copyright": "free\n",
    "usr/lib/tmpfiles.d/service.conf": "d /var/lib/service-declared 0700 root root -\n",
    "var/lib/service-declared/.keep": "",
  },
  control: {
    postinst: `#!/bin/sh
set -e
adduser --quiet --system --group --no-create-home --home /var/lib/service service
install -d -o service -g service -m 2750 /var/lib/service
ln -s service /var/lib/service-link
update-alternatives --install /usr/bin/tool tool /usr/bin/service 10
`,
  },
};
const LEFT_OUT = { name: "left-out", files: { "usr/share/left-out": "l\n" } };

const TREE = `${TREEFILE.replace("ref: test/x", "ref: test/\${basearch}/x")}
packages: [service, apt, usr-is-merged]
documentation: false
automatic-version-prefix: "3"
add-commit-metadata:
  test.text: from the treefile
  test.number: 7
  test.list: [one, 2]
  test.map: {inner: true}
  test.replaced: treefile
`;
const REF = `test/${Deno.build.arch}/x`;

Deno.test("compose scenarios: a small system", { ignore }, async (t) => {
  await withFixture({ debs: [SERVICE, LEFT_OUT] }, async (fixture) => {
    const { dir, repo } = fixture;
    await Deno.writeTextFile(`${dir}/more.json`, '{"test.replaced": "file", "test.nested": [[1]]}');
    const treefile = await fixture.treefile(TREE);
    const composed = await fixture.compose(
      treefile,
      `--add-metadata-from-json=${dir}/more.json`,
      "--add-metadata-string=test.given=by hand",
    );
    assertEquals(composed.code, 0, composed.stderr);
    const system = await checkoutSystem(repo, REF, `${dir}/system`);
    const inside = (...argv: string[]) => output("chroot", system, ...argv);
    const text = (path: string) => Deno.readTextFileSync(`${system}/${path}`);
    const isThere = (path: string) => Deno.lstat(`${system}/${path}`).then(() => true, () => false);
    const paths = (await output("find", system, "-xdev", "-printf", "%P\\n")).split("\n");
    const value = async (key: string) =>
      (await output(
        ...["ostree", "show", "--no-byteswap", `--repo=${repo}`] as const,
        ...[`--print-metadata-key=${key}`, REF],
      )).trim();

    await t.step("no backups of passwd, group, shadow and gshadow", () => {
      assertEquals(
        paths.filter((path) => /etc\/(passwd|g?shadow|group|subuid|subgid)-$/.test(path)),
        [],
      );
    });
    await t.step("useradd and adduser make homes below /var/home", async () => {
      assertMatch(text("etc/default/useradd"), /^HOME=\/var\/home$/m);
      assertMatch(text("etc/adduser.conf"), /^DHOME=\/var\/home$/m);
      assertMatch(await inside("useradd", "-D"), /^HOME=\/var\/home$/m);
      await inside(
        "adduser",
        "--quiet",
        "--disabled-password",
        "--gecos",
        "",
        "--no-create-home",
        "person",
      );
      assertMatch(await inside("getent", "passwd", "person"), /:\/var\/home\/person:/);
      await inside("deluser", "--quiet", "person");
      // The image's text counts as the package's own.
      assertEquals(await inside("dpkg", "-V", "passwd", "adduser"), "");
    });
    await t.step("dpkg reads its database at its place in the image, and by the link", async () => {
      const own = ["dpkg-query", "--admindir=/usr/lib/sysimage/dpkg", "-W"];
      assertEquals(await inside(...own), await inside("dpkg-query", "-W"));
      assertEquals(await Deno.readLink(`${system}/var/lib/dpkg`), "../../usr/lib/sysimage/dpkg");
    });
    await t.step("metadata of the treefile and of options keep their types", async () => {
      const types = ["text", "number", "list", "map", "replaced", "nested", "given"];
      assertEquals(await Promise.all(types.map((key) => value(`test.${key}`))), [
        "'from the treefile'",
        "int64 7",
        "[<'one'>, <int64 2>]",
        "{'inner': <true>}",
        "'file'",
        "[<[<int64 1>]>]",
        "'by hand'",
      ]);
    });
    await t.step("no manual pages where documentation is off, but copyright", async () => {
      assertEquals(paths.filter((path) => /^usr\/share\/man\/.*\.\d/.test(path)), []);
      assert(await isThere("usr/share/doc/service/copyright"));
    });
    await t.step("machine-id is there, and empty", () => {
      assertEquals(text("usr/etc/machine-id"), "");
    });
    await t.step("setuid and setgid bits are kept", async () => {
      const modes = await inside("stat", "-c", "%a", "/usr/bin/su", "/usr/bin/chage");
      assertEquals(modes, "4755\n2755\n");
    });
    await t.step("/tmp is a directory that all may write to", async () => {
      assertEquals(await output("stat", "-c", "%F %a", `${system}/tmp`), "directory 1777\n");
    });
    await t.step("nothing is left over of the work", () => {
      const leftover =
        /(^|\/)(\.wh\.|\.nfs)|\.(dpkg-(new|tmp|old)|apt-ostree.*)$|^(tmp|run|var\/(tmp|cache|log))\/.|(^|\/)(lock|lock-frontend|.*\.lck)$|-old$/;
      assertEquals(paths.filter((path) => leftover.test(path)), []);
    });
    await t.step("the commit lists all packages, sorted", async () => {
      const list = [...(await value("aptostree.dpkg.pkglist")).matchAll(/\('([^']+)', '/g)]
        .map((found) => found[1]);
      const names = (await inside("dpkg-query", "-W", "-f", "${Package}\\n")).trim().split("\n");
      assertEquals(list, names.toSorted());
    });
    await t.step("the architecture stands in the ref", async () => {
      assertEquals(await output("ostree", "refs", `--repo=${repo}`), `${REF}\n`);
    });
    await t.step("links at the top lead to /var and /run", () => {
      const links = [
        "home",
        "root",
        "srv",
        "mnt",
        "opt",
        "media",
        "ostree",
        "usr/local",
        "lib",
        "bin",
      ];
      assertEquals(links.map((path) => Deno.readLinkSync(`${system}/${path}`)), [
        ...["var/home", "var/roothome", "var/srv", "var/mnt", "var/opt", "run/media"],
        ...["sysroot/ostree", "../var/usrlocal", "usr/lib", "usr/bin"],
      ]);
    });
    await t.step("what alternatives know lies with the image", async () => {
      assertMatch(text("usr/lib/sysimage/dpkg/alternatives/tool"), /^\/usr\/bin\/service$/m);
      assertMatch(
        await inside("update-alternatives", "--query", "tool"),
        /^Value: \/usr\/bin\/service$/m,
      );
      assertEquals(await inside("readlink", "-f", "/usr/bin/tool"), "/usr/bin/service\n");
    });
    await t.step(
      "directories of /var become lines with owner and mode, declared ones do not",
      () => {
        const lines = text("usr/lib/tmpfiles.d/apt-ostree.conf").split("\n");
        const own = (path: string) => lines.filter((line) => line.split(" ")[1] === path);
        assertEquals(own("/var/lib/service"), ["d /var/lib/service 2750 service service -"]);
        assertEquals(own("/var/lib/service-link"), ["L /var/lib/service-link - - - - service"]);
        assertEquals(own("/var/lib/service-declared"), []);
      },
    );
    await t.step("recommended packages stay out where the treefile says so", async () => {
      assertEquals(await isThere("usr/share/left-out"), false);
    });
    await t.step(
      "--parent says what the commit follows, and --no-parent that it follows nothing",
      async () => {
        const rev = async (name: string) =>
          (await output("ostree", "rev-parse", `--repo=${repo}`, name)).trim();
        const first = await rev(REF);
        await run("ostree", "commit", `--repo=${repo}`, "-b", "other", `--tree=ref=${REF}`);
        const force = "--force-nocache";
        const second = await fixture.compose(treefile, force, "--parent=other");
        assertEquals(second.code, 0, second.stderr);
        assertEquals(await rev(`${REF}^`), await rev("other"));
        const third = await fixture.compose(treefile, force, "--no-parent");
        assertEquals(third.code, 0, third.stderr);
        const shown = await output("ostree", "show", `--repo=${repo}`, REF);
        assertEquals(/^Parent:/m.test(shown), false);
        assert(first !== await rev("other"));
        // Without a parent the change is still looked for against the ref.
        const fourth = await fixture.compose(treefile, "--no-parent");
        assertStringIncludes(fourth.stdout, "No changes since commit");
      },
    );
    await t.step(
      "nothing changed: nothing is written, with a directory of the cache or without",
      async () => {
        const objects = () =>
          output("sh", "-c", 'find "$1"/objects "$1"/refs -type f | sort', "sh", repo);
        const before = await objects();
        const again = await fixture.compose(treefile);
        assertStringIncludes(again.stdout, "No changes since commit");
        const cached = await fixture.compose(treefile, `--cachedir=${dir}/cache`);
        assertStringIncludes(cached.stdout, "No changes since commit");
        assertEquals(await objects(), before);
      },
    );
    await t.step("fields of a host's origin are refused", async () => {
      const refused = await fixture.compose(
        await fixture.treefile(`${TREEFILE}override-remove: [apt]\n`),
      );
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.stderr, "override-remove");
    });
    await t.step("a transient root keeps directories at the top, with root's mode", async () => {
      await Deno.writeTextFile(
        `${dir}/prepare-root.conf`,
        "[etc]\ntransient = no\n[root]\ntransient = true\n",
      );
      const transient = `${TREE.replace("x\n", "transient\n")}
add-files: [[prepare-root.conf, /usr/lib/ostree/prepare-root.conf]]
opt-usrlocal: root
`;
      const done = await fixture.compose(await fixture.treefile(transient));
      assertEquals(done.code, 0, done.stderr);
      const listed = await output(
        ...["ostree", "ls", `--repo=${repo}`, REF.replace(/x$/, "transient")] as const,
        ...["/opt", "/home", "/root", "/ostree"],
      );
      assertMatch(listed, /^d00755 0 0 .* \/opt$/m);
      assertMatch(listed, /^d00755 0 0 .* \/home$/m);
      assertMatch(listed, /^d00700 0 0 .* \/root$/m);
      assertMatch(listed, /^l00777 0 0 .* \/ostree -> sysroot\/ostree$/m);
      const linked = await fixture.compose(
        await fixture.treefile(`${transient}tmp-is-dir: false\n`),
      );
      assertStringIncludes(linked.stderr, "makes its root transient, and tmp-is-dir is false");
    });
  });
});
