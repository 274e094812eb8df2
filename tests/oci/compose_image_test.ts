import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { componentsOf, inspectImage } from "./inspect_image.ts";
import { startRegistry } from "./registry.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "skopeo", "umoci", "docker-registry", "htpasswd");
/** What a short run leaves out. */
const long = ignore || SHORT;

const DEBS = ["one", "two"].map((name) => ({
  name,
  files: { [`usr/share/${name}`]: `${name}\n` },
}));
const SYSTEM = `${TREEFILE}packages: [apt, usr-is-merged]\n`;

async function compose(fixture: Fixture, treefile: string, ...args: string[]): Promise<string> {
  const path = await fixture.treefile(treefile);
  const [output = "", ...options] = args;
  const { code, stdout, stderr } = await fixture.run(
    ...["compose", "image", `--cachedir=${fixture.dir}/cache`, ...options, path, output],
  );
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

function digestOf(said: string): string {
  return /^Pushed digest: (\S+)$/m.exec(said)![1]!;
}

Deno.test("compose image: the first, an unchanged one, one package more; and the system in it", {
  ignore,
}, () =>
  withFixture({ debs: DEBS }, async (fixture) => {
    const { dir } = fixture;
    Deno.mkdirSync(`${dir}/cache`);
    const image = `${dir}/image.tar`;
    const touched = `${dir}/touched`;
    const missing = await fixture.run(
      ...["compose", "image", `--cachedir=${dir}/cache`],
      ...[await fixture.treefile(SYSTEM), image],
    );
    assertStringIncludes(missing.stderr, "code: oci/not-found");
    assertStringIncludes(missing.stderr, "--initialize");
    await Deno.writeTextFile(`${dir}/config.json`, '{"Env": ["A=b"]}');
    const first = await compose(
      fixture,
      SYSTEM,
      image,
      ...["--initialize", "--label=a=b", `--image-config=${dir}/config.json`, "--max-layers=10"],
      ...[`--touch-if-changed=${touched}`, `--write-lockfile-to=${dir}/lock.json`],
    );
    Deno.removeSync(touched);
    const unchanged = await compose(
      fixture,
      SYSTEM,
      image,
      ...["--offline", `--touch-if-changed=${touched}`],
    );
    assertEquals(unchanged.trim(), `No changes since image oci-archive:${image}`);
    assertEquals([...Deno.readDirSync(dir)].some(({ name }) => name === "touched"), false);
    const before = await inspectImage(dir, `oci-archive:${image}`);
    assertEquals(before.config.config.Labels["a"], "b");
    assertEquals(before.config.config["Env"], ["A=b"]);
    assertEquals(before.manifest.layers.length, 11);

    await run("skopeo", "copy", "--quiet", `oci-archive:${image}`, `oci:${dir}/first:one`);
    await run("umoci", "unpack", "--image", `${dir}/first:one`, `${dir}/bundle`);
    const rootfs = `${dir}/bundle/rootfs`;
    await run("ostree", "fsck", "--all", "--quiet", `--repo=${rootfs}/sysroot/ostree/repo`);
    const admindir = `--admindir=${rootfs}/usr/lib/sysimage/dpkg`;
    const status = await output("dpkg-query", admindir, "--show", "-f", "${Status}\n");
    assertEquals(new Set(status.trim().split("\n")), new Set(["install ok installed"]));
    const said = await output("chroot", rootfs, "/usr/bin/dpkg", "--version");
    assertStringIncludes(said, "package management program");

    const more = SYSTEM.replace("[apt,", "[apt, one,");
    const second = await compose(fixture, more, image, "--max-layers=10");
    const after = await inspectImage(dir, `oci-archive:${image}`);
    assertEquals(
      componentsOf(after.manifest).slice(0, -1),
      componentsOf(before.manifest).slice(0, -1),
    );
    assertEquals(componentsOf(after.manifest).at(-1), "one");
    // The commit, what nobody owns (dpkg's status is part of it), the new package.
    assertStringIncludes(second, "added: 3 layers");

    // The same again, in another cache, from nothing: the same image.
    Deno.mkdirSync(`${dir}/other`);
    const again = await fixture.run(
      ...["compose", "image", `--cachedir=${dir}/other`, "--initialize-mode=never"],
      ...["--label=a=b", `--image-config=${dir}/config.json`, "--max-layers=10", "--format=oci"],
      ...[`--lockfile=${dir}/lock.json`, "--lockfile-strict"],
      ...[await fixture.treefile(SYSTEM), `${dir}/images:one`],
    );
    assertEquals(again.code, 0, again.stderr);
    assertEquals(digestOf(again.stdout), digestOf(first));
    const replaced = await fixture.run(
      ...["compose", "image", "--initialize-mode=never", "--format=oci"],
      ...[await fixture.treefile(SYSTEM), `${dir}/images:one`],
    );
    assertStringIncludes(replaced.stderr, "code: image/exists");
  }));

Deno.test("build-image: a treefile or a ref, to a registry that wants a password", {
  ignore: long,
}, () =>
  withFixture({ debs: DEBS }, async (fixture) => {
    const { dir, repo } = fixture;
    await using registry = await startRegistry(dir, "secret");
    const target = `docker://${registry.host}/debian/test:1`;
    await Deno.writeTextFile(
      `${dir}/auth.json`,
      JSON.stringify({ auths: { [registry.host]: { auth: btoa("tester:secret") } } }),
    );
    const build = (source: string, ...args: string[]) =>
      fixture.runWith(
        { HOME: `${dir}/home` },
        ...["compose", "build-image", `--repo=${repo}`, ...args, source, target],
      );
    const auth = `--authfile=${dir}/auth.json`;
    const refused = await build(await fixture.treefile(SYSTEM));
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "code: oci/copy-failed");
    const first = await build(await fixture.treefile(SYSTEM), auth, "--copy-retry-times=2");
    assertEquals(first.code, 0, first.stderr);
    const commit = (await output("ostree", "rev-parse", `--repo=${repo}`, "test/x")).trim();
    for (const source of [await fixture.treefile(SYSTEM), "test/x", commit]) {
      const unchanged = await build(source, auth);
      assertEquals([unchanged.code, unchanged.stdout.trim()], [
        0,
        `No changes since image ${target}`,
      ]);
    }
    const forced = await build("test/x", auth, "--force-nocache");
    assertEquals(digestOf(forced.stdout), digestOf(first.stdout));
    assert(registry.log().some((line) => line.endsWith(" 401")));
    const neither = await build("no/such", auth);
    assertStringIncludes(neither.stderr, "code: image/no-source");
  }));

Deno.test(
  "compose image refuses options that do not go together",
  { ignore: long },
  () =>
    withFixture({ essential: false }, async (fixture) => {
      const treefile = await fixture.treefile(SYSTEM);
      const cases: readonly (readonly [args: string[], code: string])[] = [
        [["--initialize", "--initialize-mode=query"], "cli/bad-option"],
        [["--initialize-mode=often"], "cli/bad-option"],
        [["--format=docker"], "cli/bad-option"],
        [["--lockfile-strict"], "cli/bad-option"],
        [["--copy-retry-times=x"], "cli/bad-option"],
        [["-i", `--cachedir=${fixture.dir}/none`], "image/no-cachedir"],
        [["-i", `--image-config=${fixture.dir}/none`], "oci/not-found"],
      ];
      for (const [args, code] of cases) {
        const ended = await fixture.run("compose", "image", ...args, treefile, "out.tar");
        assertStringIncludes(ended.stderr, `code: ${code}`, args.join(" "));
      }
    }),
);
