import { assertEquals, assertStringIncludes } from "@std/assert";
import { ed25519Verifier, generateEd25519Keys, Repo, verifyCommit } from "@apt-ostree/ostree";
import { run } from "../support/archive.ts";
import { TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { type ImageWorld, withImageWorld } from "./image_world.ts";
import { componentsOf, inspectImage } from "./inspect_image.ts";
import { listTree } from "./list_tree.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "skopeo", "umoci", "openssl");
/** What a short run leaves out. */
const long = ignore || SHORT;
const isBelowSysroot = (path: string) => path.startsWith("sysroot/");

/** Lay the system out as one that nobody composed. @returns The directory. */
async function makeRootfs({ dir, repo }: ImageWorld): Promise<string> {
  const rootfs = `${dir}/rootfs`;
  await run("ostree", "checkout", `--repo=${repo.path}`, "test/x", rootfs);
  Deno.renameSync(`${rootfs}/usr/etc`, `${rootfs}/etc`);
  Deno.mkdirSync(`${rootfs}/var/lib`);
  Deno.renameSync(`${rootfs}/usr/lib/sysimage/dpkg`, `${rootfs}/var/lib/dpkg`);
  Deno.mkdirSync(`${rootfs}/var/tmp`);
  Deno.chmodSync(`${rootfs}/var/tmp`, 0o1777);
  Deno.chownSync(`${rootfs}/var/lib/dpkg/status`, 7, 8);
  await run("touch", "--date=@1700000000", rootfs);
  return rootfs;
}

async function build(world: ImageWorld, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await world.run(
    ...["compose", "build-chunked-oci", "--bootc", "--max-layers=12", ...args],
  );
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function unpack(dir: string, image: string, name: string): Promise<string> {
  await run("umoci", "unpack", "--image", `${dir}/${image}`, `${dir}/${name}`);
  return `${dir}/${name}/rootfs`;
}

Deno.test("a root filesystem becomes an image of it, divided by its packages and signed", {
  ignore: long,
}, () =>
  withImageWorld(async (world) => {
    const { dir } = world;
    const rootfs = await makeRootfs(world);
    const expected = listTree(rootfs, isBelowSysroot);
    Deno.mkdirSync(`${rootfs}/sysroot/ostree`);
    await Deno.writeTextFile(`${rootfs}/sysroot/ostree/left-out`, "left out\n");
    // A root that was in use: what belongs to the kernel or the host, and what no commit can hold.
    await run("mknod", `${rootfs}/dev/null`, "c", "1", "3");
    await run("mkfifo", `${rootfs}/usr/share/fifo`); // named in a warning
    await Deno.writeTextFile(`${rootfs}/run/secret`, "of the build\n");
    const keys = await generateEd25519Keys();
    await Deno.writeTextFile(`${dir}/ed25519.key`, `${keys.secret}\n`);
    await run("openssl", "genpkey", "-algorithm", "ed25519", "-out", `${dir}/spki.pem`);
    await run("openssl", "pkey", "-in", `${dir}/spki.pem`, "-pubout", "-out", `${dir}/public.pem`);
    const said = await build(
      world,
      ...[`--rootfs=${rootfs}`, "--output=oci:images", "--reference=one", "--label=a=b"],
      ...["--sign-commit=ed25519=ed25519.key", "--sign-commit=spki=spki.pem"],
    );
    assertStringIncludes(said, "of 15 packages");
    const unpacked = await unpack(dir, "images:one", "bundle");
    assertEquals(listTree(unpacked, isBelowSysroot), expected);

    const { manifest, config } = await inspectImage(dir, "oci:images:one");
    const { Labels } = config.config;
    assertEquals(
      [Labels["containers.bootc"], Labels["ostree.bootable"], Labels["a"], config.architecture],
      ["1", "true", "b", "amd64"],
    );
    assertEquals(config.created, "2023-11-14T22:13:20Z");
    assertEquals(componentsOf(manifest).filter((each) => each?.includes("libfoo")).length, 1);

    const embedded = Repo.open(`${unpacked}/sysroot/ostree/repo`);
    const commit = Labels["ostree.commit"]!;
    await run("ostree", "fsck", "--all", "--quiet", `--repo=${embedded.path}`);
    const verifier = ed25519Verifier([keys.public]);
    assertEquals(await verifyCommit(embedded, commit, [verifier]), [keys.public]);
    const signatures = embedded.readDetachedMetadata(commit)!.get("ostree.sign.spki")!;
    const [signature] = signatures.value as Uint8Array[];
    await Deno.writeFile(`${dir}/signature`, signature!);
    await Deno.writeFile(`${dir}/commit`, embedded.readMetadata(commit, "commit"));
    await run(
      ...["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", `${dir}/public.pem`],
      ...["-in", `${dir}/commit`, "-sigfile", `${dir}/signature`],
    );
  }));

Deno.test("the next build keeps the layers of the last, and the same root gives the same image", {
  ignore: long,
}, () =>
  withImageWorld(async (world) => {
    const { dir } = world;
    const rootfs = await makeRootfs(world);
    const from = `--rootfs=${rootfs}`;
    const digest = (text: string) => /Pushed digest: (\S+)/.exec(text)![1];
    const first = digest(await build(world, from, "--output=oci:images:one"));
    assertEquals(digest(await build(world, from, "--output=oci:others:one")), first);
    await Deno.writeTextFile(`${rootfs}/usr/share/p4/data`, "changed\n");
    await run("touch", "--date=@1700000000", rootfs);
    for (
      const args of [["--output=oci:images:one"], [
        "--output=oci-archive:two.tar",
        "--previous-build=oci:others:one",
      ]]
    ) {
      // The commit, the layer of p4; dpkg's lists and what nobody owns are what they were.
      assertStringIncludes(await build(world, from, ...args), "added: 2 layers");
    }
    const before = (await inspectImage(dir, "oci:others:one")).manifest;
    const after = (await inspectImage(dir, "oci-archive:two.tar")).manifest;
    assertEquals(componentsOf(after), componentsOf(before));
    const epoch = await new Deno.Command("env", {
      args: [
        ...[
          "SOURCE_DATE_EPOCH=1600000000",
          `HOME=${dir}/home`,
          `APT_OSTREE_DENO=${Deno.execPath()}`,
        ],
        new URL("../../bin/apt-ostree", import.meta.url).pathname,
        ...["compose", "build-chunked-oci", "--bootc", from, "--output=oci:dated"],
      ],
      cwd: dir,
    }).output();
    assertEquals(epoch.success, true, new TextDecoder().decode(epoch.stderr));
    const dated = (await inspectImage(dir, "oci:dated:latest")).config;
    assertEquals(dated.created, "2020-09-13T12:26:40Z");
  }));

Deno.test("an image with layers on top becomes one without, what they removed left out", {
  ignore,
}, () =>
  withImageWorld(async (world) => {
    const { dir } = world;
    await Deno.writeTextFile(`${dir}/config.json`, '{"Env": ["A=b"], "Labels": {"of": "base"}}');
    await world.encapsulate("test/x", "oci:images:base", "--image-config=config.json");
    const rootfs = await unpack(dir, "images:base", "work");
    Deno.removeSync(`${rootfs}/usr/share/p1`, { recursive: true });
    Deno.removeSync(`${rootfs}/usr/lib/same-b`);
    Deno.removeSync(`${rootfs}/usr/share/p2/data`);
    await Deno.writeTextFile(`${rootfs}/usr/share/p2/other`, "other\n");
    await Deno.writeTextFile(`${rootfs}/etc/app.conf`, "a=2\n");
    await run("umoci", "repack", "--image", `${dir}/images:derived`, `${dir}/work`);
    await build(world, "--from=oci:images:derived", "--output=oci:flat:one", "--label=of=flat");
    const expected = await unpack(dir, "images:derived", "derived");
    const found = await unpack(dir, "flat:one", "flat-one");
    assertEquals(listTree(found, isBelowSysroot), listTree(expected, isBelowSysroot));
    const { config } = await inspectImage(dir, "oci:flat:one");
    assertEquals(config.config["Env"], ["A=b"]);
    assertEquals(config.config.Labels["of"], "flat");
    assertEquals(config.config.Labels["ostree.final-diffid"], config.rootfs.diff_ids.at(-1));
    assertEquals(config.config.Labels["aptostree.inputhash"], undefined, "it is another system");

    await build(
      world,
      ...[`--rootfs=${expected}`, "--from=oci:images:derived", "--output=oci:flat:two"],
    );
    const two = await inspectImage(dir, "oci:flat:two");
    assertEquals(two.config.config["Env"], ["A=b"]);
    assertEquals(two.config.created, config.created);
    const again = await unpack(dir, "flat:two", "flat-two");
    assertEquals(listTree(again, isBelowSysroot), listTree(expected, isBelowSysroot));
  }));

Deno.test(
  "podman's store takes an image, checks its layers, and gives it back",
  { ignore: long },
  () =>
    withImageWorld(async (world) => {
      const { dir } = world;
      const stored = `containers-storage:[vfs@${dir}/storage+${dir}/run]localhost/test`;
      await world.encapsulate("test/x", `${stored}:1`, "--max-layers=8");
      await world.encapsulate("test/x", "oci:images:one", "--max-layers=8");
      const diffIds = async (image: string) =>
        (await inspectImage(dir, image)).config.rootfs.diff_ids;
      assertEquals(await diffIds(`${stored}:1`), await diffIds("oci:images:one"));
      await build(world, `--from=${stored}:1`, "--output=oci:flat:one");
      const found = await unpack(dir, "flat:one", "found");
      const expected = await unpack(dir, "images:one", "expected");
      assertEquals(listTree(found, isBelowSysroot), listTree(expected, isBelowSysroot));
    }),
);

Deno.test("what compose rootfs makes becomes an image in which dpkg finds its packages", {
  ignore: long,
}, () =>
  withFixture({}, async (fixture) => {
    const { dir } = fixture;
    const treefile = await fixture.treefile(`${TREEFILE}packages: [apt, usr-is-merged]\n`);
    const output = `--output=oci:${dir}/images:one`;
    for (
      const args of [["rootfs", treefile, `${dir}/root`], [
        ...["build-chunked-oci", "--bootc", `--rootfs=${dir}/root`, output],
      ]]
    ) {
      const { code, stderr } = await fixture.run("compose", ...args);
      assertEquals(code, 0, stderr);
    }
    const rootfs = await unpack(dir, "images:one", "bundle");
    assertEquals(listTree(rootfs, isBelowSysroot), listTree(`${dir}/root`, isBelowSysroot));
    await run("chroot", rootfs, "dpkg", "--status", "apt");
  }));

Deno.test(
  "what is no root filesystem says why",
  { ignore: long },
  () =>
    withImageWorld(async (world) => {
      const { dir } = world;
      const rootfs = await makeRootfs(world);
      Deno.mkdirSync(`${dir}/empty`);
      const good = ["--bootc", `--rootfs=${rootfs}`, "--output=oci:images"];
      const cases: readonly (readonly [args: string[], code: string])[] = [
        [good.slice(1), "cli/bad-option"],
        [good.slice(0, 2), "cli/bad-option"],
        [["--bootc", "--output=oci:images"], "cli/bad-option"],
        [[...good, "--sign-commit=gpg=key"], "cli/bad-option"],
        [[...good, "--sign-commit=ed25519=none"], "image/no-key"],
        [[...good, "--previous-build=oci:none"], "oci/not-found"],
        [["--bootc", `--rootfs=${dir}/none`, "--output=oci:images"], "image/bad-root"],
        [["--bootc", `--rootfs=${dir}/empty`, "--output=oci:images"], "image/bad-root"],
        [["--bootc", "--from=oci:none", "--output=oci:images"], "oci/copy-failed"],
      ];
      const check = async (args: readonly string[], code: string) => {
        const ended = await world.run("compose", "build-chunked-oci", ...args);
        assertStringIncludes(ended.stderr, `code: ${code}`, args.join(" "));
      };
      for (const [args, code] of cases) await check(args, code);
      Deno.mkdirSync(`${rootfs}/usr/etc`);
      await check(good, "image/bad-root");
    }),
);
