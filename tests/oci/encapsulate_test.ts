import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { withImageWorld } from "./image_world.ts";
import { listTree } from "./list_tree.ts";
import { componentsOf, inspectImage } from "./inspect_image.ts";
import { startRegistry } from "./registry.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "skopeo", "umoci", "docker-registry", "htpasswd");
/** What a short run leaves out. */
const long = ignore || SHORT;

for (const version of ["1", "2"]) {
  Deno.test(`an image of form ${version} unpacks to the commit's checkout, and holds the commit`, {
    ignore,
  }, () =>
    withImageWorld(async (world) => {
      const { dir, commit } = world;
      await world.encapsulate(
        "test/x",
        "oci:images:one",
        `--format-version=${version}`,
        "--max-layers=8",
      );
      await run("umoci", "unpack", "--image", `${dir}/images:one`, `${dir}/bundle`);
      await run("ostree", "checkout", `--repo=${world.repo.path}`, commit, `${dir}/checkout`);
      Deno.renameSync(`${dir}/checkout/usr/etc`, `${dir}/checkout/etc`);
      Deno.mkdirSync(`${dir}/checkout/var/tmp`);
      Deno.chmodSync(`${dir}/checkout/var/tmp`, 0o1777);
      const rootfs = `${dir}/bundle/rootfs`;
      assertEquals(
        listTree(rootfs, (path) => path.startsWith("sysroot/")),
        listTree(`${dir}/checkout`),
      );
      const embedded = `${rootfs}/sysroot/ostree/repo`;
      await run("ostree", "fsck", "--all", "--quiet", `--repo=${embedded}`);
      const pulled = `${dir}/pulled`;
      await run("ostree", "init", `--repo=${pulled}`, "--mode=archive");
      await run("ostree", "pull-local", "--untrusted", `--repo=${pulled}`, embedded, commit);
      await run("ostree", "fsck", "--quiet", `--repo=${pulled}`);
      const note = await output(
        ...["ostree", "show", `--repo=${pulled}`, "--print-detached-metadata-key=test.note"],
        commit,
      );
      assertEquals(note.trim(), "'kept'");
      const linked = Deno.lstatSync(`${rootfs}/usr/lib/same-a`);
      assertEquals(linked.nlink, 3, "file and object are not one");
      assertEquals(Deno.lstatSync(`${rootfs}/usr/lib/empty-a`).nlink, 1);
    }));
}

Deno.test(
  "labels, history and configuration say what the commit says",
  { ignore: long },
  () =>
    withImageWorld(async (world) => {
      const { dir } = world;
      await world.encapsulate("test/x", "oci:images", "--max-layers=8");
      const { manifest, config } = await inspectImage(dir, "oci:images:latest");
      const { layers } = manifest;
      assertEquals(config.config.Labels, {
        "aptostree.inputhash": "0123",
        "containers.bootc": "1",
        "org.opencontainers.image.version": "12.1",
        "ostree.bootable": "true",
        "ostree.commit": world.commit,
        "ostree.final-diffid": config.rootfs.diff_ids.at(-1)!,
        "ostree.linux": "1.0",
      });
      assertEquals(manifest.annotations, config.config.Labels);
      assertEquals(config.config["Cmd"], ["/usr/bin/tool", "--serve"]);
      assertEquals([config.architecture, config.created], ["amd64", "2026-11-01T10:00:00Z"]);
      assertEquals(config.history.length, layers.length);
      assertEquals(config.history[0]!.created_by, "A small system");
      assertEquals(config.history.at(-1)!.created_by, "Reserved for new packages");
      assertEquals(new Set(config.history.map((each) => each.created)), new Set([config.created]));
      const components = layers.slice(1).map((layer) => layer.annotations!["ostree.components"]!);
      assertEquals(layers[0]!.annotations, undefined);
      assertEquals(components.slice(-2), ["initramfs,unpackaged", ""]);
      const fillers = Array.from({ length: 12 }, (_, at) => `p${at}`);
      assertEquals(
        components.flatMap((each) => each === "" ? [] : each.split(",")).toSorted(),
        [...fillers, "initramfs", "libfoo", "ping", "tool", "unpackaged"].toSorted(),
      );
    }),
);

Deno.test(
  "every option of container-encapsulate shows in the image",
  { ignore: long },
  () =>
    withImageWorld(async (world) => {
      const { dir } = world;
      await Deno.writeTextFile(
        `${dir}/config.json`,
        JSON.stringify({
          Env: ["A=b"],
          StopSignal: "SIGRTMIN+3",
          Labels: { from: "file", x: "y" },
        }),
      );
      const first = await world.encapsulate(
        "test/x",
        "oci:images:one",
        ...["--label=from=option", "-l", "more=a=b", "--image-config=config.json", "--arch=arm64"],
        ...["--copymeta=ostree.linux", "--copymeta-opt=no.such", "--cmd=/bin/sh", "--cmd=-l"],
        ...["--max-layers=4", "--format-version=1", "--write-contentmeta-json=meta.json"],
      );
      const { manifest, config } = await inspectImage(dir, "oci:images:one");
      const { Labels, ...rest } = config.config;
      assertEquals(rest, { Cmd: ["/bin/sh", "-l"], Env: ["A=b"], StopSignal: "SIGRTMIN+3" });
      assertEquals([Labels["from"], Labels["more"], Labels["x"]], ["option", "a=b", "y"]);
      assertEquals([config.architecture, manifest.layers.length], ["arm64", 5]);
      const meta = JSON.parse(await Deno.readTextFile(`${dir}/meta.json`));
      const tool = meta.components.find((each: { name: string }) => each.name === "tool");
      assertEquals([tool.title, tool.source, tool["change-frequency"]], [
        "tool_1.0_amd64",
        "tools",
        1,
      ]);
      const sizes = await output("ostree", "ls", "-RC", `--repo=${world.repo.path}`, "test/x");
      for (const object of tool.objects) assertStringIncludes(sizes, object);

      world.update({ "usr/share/p3/data": "changed\n" });
      const manifestFile = `${dir}/images/blobs/sha256/${first.slice("sha256:".length)}`;
      const compared = await world.run(
        ...["compose", "container-encapsulate", `--repo=${world.repo.path}`, "--max-layers=4"],
        ...[`--previous-build-manifest=${manifestFile}`, "--compare-with-build=oci:images:one"],
        ...["--format-version=1", "test/x", "oci:images:two"],
      );
      assertEquals(compared.code, 0, compared.stderr);
      assertEquals(/^ {2}total: 5 layers/m.test(compared.stdout), true, compared.stdout);
      // The commit, what changed, and what has no package: dpkg's status among it is the same.
      assertEquals(/^ {2}added: 2 layers/m.test(compared.stdout), true, compared.stdout);
    }),
);

Deno.test("the same commit gives the same image, wherever and from whatever repository", {
  ignore: long,
}, () =>
  withImageWorld(async (world) => {
    const { dir } = world;
    const first = await world.encapsulate("test/x", "oci:images:one");
    assertEquals(await world.encapsulate("test/x", "oci:elsewhere/images:two"), first);
    assertEquals(await world.encapsulate("test/x", "oci-archive:image.tar:three"), first);
    for (const mode of ["bare", "bare-user"]) {
      const other = `${dir}/${mode}`;
      await run("ostree", "init", `--repo=${other}`, `--mode=${mode}`);
      await run("ostree", "pull-local", `--repo=${other}`, world.repo.path, "test/x");
      const { code, stdout, stderr } = await world.run(
        ...[
          "compose",
          "container-encapsulate",
          `--repo=${other}`,
          world.commit,
          `oci:${mode}-image`,
        ],
      );
      assertEquals(code, 0, stderr);
      assertStringIncludes(stdout, first);
    }
    const read = JSON.parse(
      await output("skopeo", "inspect", `oci-archive:${dir}/image.tar:three`),
    );
    assertEquals(read.Digest, first);
  }));

Deno.test("after a change of one package few layers differ, and new packages go to the last", {
  ignore,
}, () =>
  withImageWorld(async (world) => {
    const { dir } = world;
    const digest = await world.encapsulate("test/x", "oci:images:one", "--max-layers=12");
    const previous = `--previous-build-manifest=${dir}/images/blobs/sha256/${digest.slice(7)}`;
    const before = (await inspectImage(dir, "oci:images:one")).manifest;
    world.update(
      { "usr/share/p9/data": "changed\n", "usr/share/new": "new\n" },
      { fresh: ["/usr/share/new"] },
    );
    await world.encapsulate("test/x", "oci:images:two", "--max-layers=12", previous);
    const after = (await inspectImage(dir, "oci:images:two")).manifest;
    assertEquals(componentsOf(after).slice(0, -1), componentsOf(before).slice(0, -1));
    assertEquals(componentsOf(after).at(-1), "fresh");
    const changed = after.layers.flatMap((layer, at) =>
      layer.digest === before.layers[at]!.digest ? [] : [at]
    );
    const p9 = componentsOf(after).findIndex((each) => each?.split(",").includes("p9"));
    const other = componentsOf(after).findIndex((each) => each?.includes("unpackaged"));
    assertEquals(changed, [0, p9, other, after.layers.length - 1]);
  }));

Deno.test("a registry gets and gives the image with the same digest, each layer once", {
  ignore: long,
}, () =>
  withImageWorld(async (world) => {
    const { dir } = world;
    await using registry = await startRegistry(dir);
    const target = `docker://${registry.host}/debian/test:12`;
    const digest = await world.encapsulate("test/x", target, "--max-layers=8");
    const local = await world.encapsulate("test/x", "oci:images:one", "--max-layers=8");
    assertEquals(digest, local);
    const uploads = () => registry.log().filter((line) => /^(PUT|PATCH) .*\/uploads\//.test(line));
    const first = uploads().length;
    assert(first > 0, registry.log().join("\n"));
    assertEquals(await world.encapsulate("test/x", target, "--max-layers=8"), digest);
    assertEquals(uploads().length, first, "a layer was uploaded again");
    const env = { HOME: `${dir}/home` };
    const { success, stderr } = await new Deno.Command("skopeo", {
      args: ["copy", "--preserve-digests", target, `oci:${dir}/pulled:one`],
      env,
    }).output();
    assertEquals(success, true, new TextDecoder().decode(stderr));
    await run("umoci", "unpack", "--image", `${dir}/pulled:one`, `${dir}/bundle`);
    const embedded = `${dir}/bundle/rootfs/sysroot/ostree/repo`;
    await run("ostree", "fsck", "--all", "--quiet", `--repo=${embedded}`);
    const compared = await world.run(
      ...["compose", "container-encapsulate", `--repo=${world.repo.path}`, "--max-layers=8"],
      ...[`--compare-with-build=${target}`, "test/x", "oci:images:two"],
    );
    assertStringIncludes(compared.stdout, "added: 0 layers");
  }));

Deno.test(
  "what cannot be made an image says why, and changes nothing",
  { ignore: long },
  () =>
    withImageWorld(async (world) => {
      const { dir } = world;
      await world.encapsulate("test/x", "oci:images:one");
      const index = await Deno.readTextFile(`${dir}/images/index.json`);
      await Deno.writeTextFile(`${dir}/text`, "no JSON");
      await Deno.writeTextFile(`${dir}/odd.json`, '{"Command": []}');
      const cases: readonly (readonly [args: string[], code: string])[] = [
        [["none", "oci:images:one"], "ref/not-found"],
        [["test/x", "images"], "oci/bad-reference"],
        [["test/x", "oci:home"], "oci/bad-layout"],
        [["--max-layers=3", "test/x", "oci:images:one"], "oci/too-few-layers"],
        [["--max-layers=many", "test/x", "oci:images:one"], "cli/bad-option"],
        [["--format-version=3", "test/x", "oci:images:one"], "cli/bad-option"],
        [["--label=x", "test/x", "oci:images:one"], "cli/bad-option"],
        [["--copymeta=none", "test/x", "oci:images:one"], "image/bad-metadata"],
        [["--copymeta=ostree.ref-binding", "test/x", "oci:images:one"], "image/bad-metadata"],
        [["--arch=z80", "test/x", "oci:images:one"], "oci/bad-config"],
        [["--image-config=none", "test/x", "oci:images:one"], "oci/not-found"],
        [["--image-config=text", "test/x", "oci:images:one"], "oci/bad-json"],
        [["--image-config=odd.json", "test/x", "oci:images:one"], "oci/bad-config"],
        [["--previous-build-manifest=odd.json", "test/x", "oci:images:one"], "oci/bad-manifest"],
        [["--compare-with-build=oci:images:two", "test/x", "oci:images:one"], "oci/not-found"],
        [["test/x", "docker://127.0.0.1:1/test"], "oci/copy-failed"],
      ];
      await Deno.mkdir(`${dir}/home/x`, { recursive: true });
      for (const [args, code] of cases) {
        const command = ["compose", "container-encapsulate", `--repo=${world.repo.path}`];
        const ended = await world.run(...command, ...args);
        assertStringIncludes(ended.stderr, `code: ${code}`, args.join(" "));
        assertEquals(ended.code, code === "cli/bad-option" ? 2 : 1);
      }
      assertEquals(await Deno.readTextFile(`${dir}/images/index.json`), index);
      const temporary = [...Deno.readDirSync(`${world.repo.path}/extensions/aptostree/images`)];
      assertEquals(temporary, []);
    }),
);

Deno.test(
  "an image that the disk has no room for leaves nothing of itself",
  { ignore },
  () =>
    withImageWorld(async ({ dir, repo }) => {
      const program = new URL("../../bin/apt-ostree", import.meta.url).pathname;
      await Deno.mkdir(`${dir}/small`);
      const script = 'mount -t tmpfs -o size=64k tmpfs "$1" && for image in oci:"$1"/image:1 ' +
        'oci-archive:"$1"/image.tar; do ' +
        '"$2" compose container-encapsulate --repo="$3" test/x "$image" 2>&1; ' +
        'echo "status $?, left: $(ls -A "$1")"; done';
      const text = await output(
        ...["unshare", "--mount", "--propagation", "private", "env"],
        ...[`APT_OSTREE_DENO=${Deno.execPath()}`, "sh", "-c", script, "sh"],
        ...[`${dir}/small`, program, repo.path],
      );
      const said = text.split("\n").filter((line) => /^(error|status)/.test(line));
      const full = "error: Cannot write: no space left on the device";
      assertEquals(said, [full, "status 1, left: ", full, "status 1, left: "]);
    }),
);

Deno.test(
  "a place that can take no image is refused before the work begins",
  { ignore },
  () =>
    withImageWorld(async ({ dir, repo, run: program }) => {
      await Deno.mkdir(`${dir}/full/of-files`, { recursive: true });
      await Deno.mkdir(`${dir}/empty`);
      const command = ["compose", "container-encapsulate", `--repo=${repo.path}`, "test/x"];
      for (
        const [target, code] of [
          ["oci:full", "oci/bad-layout"],
          [`oci:${repo.path}/config`, "oci/bad-layout"],
          ["oci-archive:lost/image.tar", "compose/bad-output"],
          ["oci-archive:full", "compose/bad-output"],
        ]
      ) {
        const ended = await program(...command, target!);
        assertEquals([ended.code, ended.stderr.includes("Writing")], [1, false], ended.stderr);
        assertStringIncludes(ended.stderr, `code: ${code}`);
      }
      assertEquals((await program(...command, "oci:empty")).code, 0);
    }),
);
