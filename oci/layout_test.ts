import process from "node:process";
import { TarWriter } from "@apt-ostree/base";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { inTemp } from "../tests/support/in_temp.ts";
import { lacks } from "../tests/support/lacks.ts";
import { output, run } from "../tests/support/archive.ts";
import { readArchive, writeArchive } from "./archive.ts";
import { type Descriptor, MEDIA_TYPE } from "./descriptor.ts";
import { OciError } from "./error.ts";
import { formatImageConfig, parseImageConfig } from "./image_config.ts";
import { LayerWriter, type WrittenLayer } from "./layer_writer.ts";
import { OciLayout } from "./layout.ts";
import { formatManifest, parseManifest } from "./manifest.ts";
import { copyImage, inspectImage } from "./skopeo.ts";

const TEXT = new TextEncoder().encode("hello\n");

/** A tar archive of some size, none of it all zeros. */
function tarBytes(files: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  const tar = new TarWriter((piece) => pieces.push(piece.slice()));
  tar.entry({ type: "dir", path: "etc", mode: 0o755 });
  for (let at = 0; at < files; at++) {
    tar.entry({ type: "file", path: `etc/${at}`, mode: 0o644, size: 5000 });
    tar.data(new Uint8Array(5000).map((_, i) => (i * at) % 251));
  }
  tar.close();
  return new Uint8Array(pieces.flatMap((piece) => [...piece]));
}

async function writeLayer(
  layout: OciLayout,
  tar: Uint8Array,
  cut: number,
): Promise<WrittenLayer> {
  await using writer = new LayerWriter(layout);
  for (let at = 0; at < tar.length; at += cut) {
    writer.write(tar.subarray(at, at + cut));
    await writer.drain();
  }
  return await writer.close();
}

async function writeImage(layout: OciLayout, tag: string): Promise<Descriptor> {
  const layer = await writeLayer(layout, tarBytes(3), 1000);
  const config = formatImageConfig({
    architecture: "amd64",
    os: "linux",
    created: "2026-11-01T10:00:00Z",
    config: { Labels: { b: "2", a: "1" } },
    diffIds: [layer.diffId],
    history: [{ created: "2026-11-01T10:00:00Z", created_by: "test" }],
  });
  const manifest = formatManifest({
    config: layout.writeBlob(MEDIA_TYPE.config, config),
    layers: [{ ...layer.descriptor, annotations: { x: "y" } }],
  });
  const descriptor = layout.writeBlob(MEDIA_TYPE.manifest, manifest);
  layout.setManifest(descriptor, tag);
  return descriptor;
}

Deno.test("LayerWriter gives one blob however the archive is cut, and gzip reads it", () =>
  inTemp(async (dir) => {
    const layout = OciLayout.create(dir);
    const tar = tarBytes(500);
    const whole = await writeLayer(layout, tar, tar.length);
    for (const cut of [997, 64 * 1024, 1024 * 1024 + 1]) {
      assertEquals(await writeLayer(layout, tar, cut), whole);
    }
    assertEquals(whole.tarSize, tar.length);
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", 'gzip -dc < "$1"', "sh", layout.blobPath(whole.descriptor.digest)],
    }).output();
    assertEquals(stdout, tar);
    assertEquals([...Deno.readDirSync(`${dir}/blobs/sha256`)].length, 1);
  }));

Deno.test("LayerWriter takes layers of any length, in memory that does not grow", () =>
  inTemp(async (dir) => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on("warning", onWarning);
    const layout = OciLayout.create(dir);
    await using writer = new LayerWriter(layout);
    const piece = new Uint8Array(700_001);
    for (let round = 0; round < 60; round++) {
      for (let at = 0; at < piece.length; at += 97) piece[at] = (at * round) % 251;
      writer.write(piece);
      await writer.drain();
    }
    const { tarSize } = await writer.close();
    process.off("warning", onWarning);
    assertEquals([tarSize, warnings], [60 * piece.length, []]);
  }));

Deno.test("LayerWriter leaves nothing where it is given up", () =>
  inTemp(async (dir) => {
    const layout = OciLayout.create(dir);
    await assertRejects(async () => {
      await using writer = new LayerWriter(layout);
      writer.write(tarBytes(300));
      await writer.drain();
      throw new Error("given up");
    });
    assertEquals([...Deno.readDirSync(`${dir}/blobs/sha256`)], []);
  }));

Deno.test("OciLayout.create() removes what dead writers left, not what others write", () =>
  inTemp((dir) => {
    const blobs = `${dir}/blobs/sha256`;
    const names = () => [...Deno.readDirSync(blobs)].map(({ name }) => name);
    using writer = OciLayout.create(dir).blobWriter();
    writer.write(TEXT);
    Deno.writeFileSync(`${blobs}/.new-dead`, TEXT);
    assertEquals(names().length, 2);
    OciLayout.create(dir);
    assertEquals(names().includes(".new-dead"), false);
    const { digest } = writer.close();
    assertEquals(names(), [digest.slice("sha256:".length)]);
  }));

Deno.test("OciLayout keeps images by tag and checks what it reads", () =>
  inTemp(async (dir) => {
    const layout = OciLayout.create(`${dir}/images`);
    const first = await writeImage(layout, "one");
    const named = (tag: string) => layout.findManifest(tag).digest;
    assertEquals(layout.findManifest().digest, first.digest);
    layout.setManifest(first, "two");
    layout.setManifest(layout.writeBlob(MEDIA_TYPE.manifest, TEXT), "one");
    assertEquals(named("two"), first.digest);
    assertEquals(named("one") === first.digest, false);
    assertThrows(() => layout.findManifest(), OciError, "2 images");
    const missing = assertThrows(() => layout.findManifest("three"), OciError);
    assertEquals(missing.hint, "Its tags are two, one");
    const manifest = parseManifest(layout.readBlob(layout.findManifest("two")), dir);
    Deno.writeFileSync(layout.blobPath(manifest.config.digest), TEXT);
    assertThrows(() => layout.readBlob(manifest.config), OciError, "6 bytes");
    assertThrows(() => OciLayout.create(dir), OciError, "no oci-layout");
    assertThrows(() => OciLayout.open(`${dir}/none`), OciError, "not there");
  }));

Deno.test("writeArchive() gives the same bytes each time, and readArchive() reads them", () =>
  inTemp(async (dir) => {
    const layout = OciLayout.create(`${dir}/images`);
    const image = await writeImage(layout, "one");
    writeArchive(layout, image, `${dir}/a.tar`, "one");
    await writeImage(layout, "more");
    writeArchive(layout, image, `${dir}/b.tar`, "one");
    assertEquals(Deno.readFileSync(`${dir}/a.tar`), Deno.readFileSync(`${dir}/b.tar`));
    const { manifest, config } = readArchive(`${dir}/a.tar`, "one");
    assertEquals(manifest, layout.readBlob(image));
    assertEquals(parseImageConfig(config, "a").config?.Labels, { a: "1", b: "2" });
    assertThrows(() => readArchive(`${dir}/a.tar`, "two"), OciError, "no such tag");
    assertThrows(() => readArchive(`${dir}/none.tar`), OciError, "not there");
  }));

Deno.test("skopeo and tar read what OciLayout and writeArchive() write", {
  ignore: await lacks("skopeo", "tar"),
}, () =>
  inTemp(async (dir) => {
    const layout = OciLayout.create(`${dir}/images`);
    const image = await writeImage(layout, "one");
    writeArchive(layout, image, `${dir}/a.tar`, "one");
    const from = { transport: "oci-archive", path: `${dir}/a.tar`, tag: "one" } as const;
    const to = { transport: "oci", path: `${dir}/copy`, tag: "two" } as const;
    assertEquals(await copyImage(from, to), image.digest);
    assertEquals(OciLayout.open(to.path).findManifest("two").digest, image.digest);
    const seen = await inspectImage(to);
    assertEquals(seen.manifest, layout.readBlob(image));
    const inspected = JSON.parse(await output("skopeo", "inspect", `oci:${dir}/copy:two`));
    assertEquals([inspected.Digest, inspected.Labels], [image.digest, { a: "1", b: "2" }]);
    await run("tar", "-tf", `${dir}/a.tar`);
    const error = await assertRejects(() => inspectImage({ ...to, tag: "none" }), OciError);
    assertEquals(error.code, "oci/copy-failed");
    const none = { transport: "dir", name: `${dir}/none` } as const;
    const missing = await assertRejects(() => inspectImage(none), OciError);
    assertEquals(missing.code, "oci/not-found");
  }));

Deno.test("parseManifest() and parseImageConfig() refuse what is none", () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const blob = { mediaType: "x", digest: `sha256:${"0".repeat(64)}`, size: 1 };
  const good = { schemaVersion: 2, config: blob, layers: [blob] };
  assertEquals(parseManifest(bytes(good), "x").layers.length, 1);
  for (
    const bad of [
      [],
      { ...good, schemaVersion: 1 },
      { ...good, manifests: [] },
      { ...good, mediaType: "text/plain" },
      { ...good, config: { ...blob, digest: "md5:1" } },
      { ...good, layers: [{ ...blob, size: -1 }] },
      { ...good, layers: {} },
      { ...good, annotations: { a: 1 } },
    ]
  ) assertThrows(() => parseManifest(bytes(bad), "x"), OciError);
  assertThrows(() => parseManifest(TEXT, "x"), OciError, "Cannot read");
  for (const bad of [{ os: "linux" }, { os: "linux", architecture: "amd64" }]) {
    assertThrows(() => parseImageConfig(bytes(bad), "x"), OciError);
  }
});
