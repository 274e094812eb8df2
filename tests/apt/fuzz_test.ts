import { createHash } from "node:crypto";
import { assert } from "@std/assert";
import fc from "fast-check";
import { openDeb, parseArHeader, parseDeb822 } from "@apt-ostree/apt";
import { AptOstreeError, readXattrs, TarReader } from "@apt-ostree/base";
import { importDeb } from "../../core/import/import_deb.ts";
import { Repo } from "@apt-ostree/ostree";
import { parsePax, paxNumber, paxText, paxXattrs } from "../../base/tar/pax.ts";
import { makeDialects } from "../support/deb_dialects.ts";
import { lacks } from "../support/lacks.ts";
import { mutate, mutations } from "../support/mutate.ts";
import { realDebs } from "../support/real_debs.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "xz", "zstd", "bzip2", "ar", "tar");
readXattrs("/"); // loads the C library before a test can be blamed for it
const SEED = 20_240_229;
const NOTHING = { entry() {}, data() {}, end() {} };
/** Pieces as a header may be made of: noise and what means something. */
const near = fc.array(
  fc.oneof(
    fc.string(),
    fc.constantFrom("debian-binary", "data.tar.xz", "`\n", " ", "0", "12", "-1"),
  ),
).map((parts) => parts.join(""));

/** What runs gives a value or an error of ours; a crash has its own stack. */
async function survives(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof AptOstreeError)) throw error;
    assert(error.message.length > 20, error.message);
    // deno-lint-ignore no-control-regex
    assert(!/[\0-\x08\x0b-\x1f\x7f-\x9f]/.test(error.message), JSON.stringify(error.message));
  }
}

async function inTemp(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("parseArHeader() gives a header or an error of ours for any 60 bytes", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 60, maxLength: 60 }),
    near.map((text) => new TextEncoder().encode(text.padEnd(60)).slice(0, 60)),
  );
  const property = fc.asyncProperty(
    bytes,
    (block) => survives(() => parseArHeader(block, "a.deb")),
  );
  await fc.assert(property, { seed: SEED, numRuns: 3000 });
});

Deno.test("parsePax() and what reads its records survive any bytes", async () => {
  const record = fc.tuple(
    fc.constantFrom("path", "size", "uid", "SCHILY.xattr.user.a", "LIBARCHIVE.xattr.%41", "x"),
    fc.oneof(fc.string(), fc.constantFrom("1", "-1", "1.5", "9".repeat(30), "%", "YQ==", "\0")),
    fc.integer({ min: -1, max: 1 }),
  ).map(([key, value, off]) => {
    const rest = ` ${key}=${value}\n`;
    const length = new TextEncoder().encode(rest).length;
    return `${length + String(length + 2).length + (off === 0 ? off : 0)}${rest}`;
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(record, { maxLength: 5 }).map((all) => new TextEncoder().encode(all.join(""))),
  );
  const property = fc.asyncProperty(bytes, (each) =>
    survives(() => {
      const records = parsePax(each);
      paxXattrs(records);
      for (const key of records.keys()) paxText(records, key);
      for (const key of records.keys()) paxNumber(records, key);
    }));
  await fc.assert(property, { seed: SEED, numRuns: 5000 });
});

Deno.test("parseDeb822() survives noise and mutated control files", { ignore }, async () => {
  const noise = fc.asyncProperty(
    fc.oneof(fc.string(), near, fc.string({ unit: "binary", maxLength: 60 })),
    (text) => survives(() => parseDeb822(text, "control")),
  );
  await fc.assert(noise, { seed: SEED, numRuns: 3000 });
  const controls: Uint8Array[] = [];
  for (const { path } of (await realDebs()).slice(0, 20)) {
    controls.push((await openDeb(path)).members.get("control")!.bytes);
  }
  const mutated = fc.asyncProperty(
    fc.constantFrom(...controls),
    mutations,
    (bytes, changes) =>
      survives(() => parseDeb822(new TextDecoder().decode(mutate(bytes, changes)), "control")),
  );
  await fc.assert(mutated, { seed: SEED, numRuns: 2000 });
});

Deno.test(
  "TarReader survives mutated archives of every dialect, however cut",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const tars: Uint8Array[] = [];
      for (const deb of (await makeDialects(dir)).filter((_, i) => i % 6 === 0)) {
        // Uncompressed debs: what follows the last header of the frame is the archive.
        const bytes = await Deno.readFile(deb);
        const at = new TextDecoder("latin1").decode(bytes).indexOf("data.tar");
        tars.push(bytes.subarray(at + 60, at + 60 + 40_000));
      }
      const property = fc.asyncProperty(
        fc.constantFrom(...tars),
        mutations,
        fc.constantFrom(1 << 20, 512, 777, 13),
        (tar, changes, step) =>
          survives(() => {
            const reader = new TarReader(NOTHING, { maxFileSize: 1 << 24 });
            const bytes = mutate(tar, changes);
            for (let at = 0; at < bytes.length; at += step) {
              reader.feed(bytes.subarray(at, at + step));
            }
            reader.close();
          }),
      );
      await fc.assert(property, { seed: SEED, numRuns: 2000 });
    }),
);

Deno.test(
  "openDeb() and importDeb() survive mutated packages",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const made = (await makeDialects(dir)).filter((deb) => Deno.statSync(deb).size < 100_000);
      const real = (await realDebs()).slice(-12).map(({ path }) => path);
      const debs = [...made, ...real].map((path) => Deno.readFileSync(path));
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      using txn = repo.transaction();
      const path = `${dir}/mutated.deb`;
      const property = fc.asyncProperty(
        fc.constantFrom(...debs),
        mutations,
        async (deb, changes) => {
          const bytes = mutate(deb, changes);
          await Deno.writeFile(path, bytes);
          const sha256 = createHash("sha256").update(bytes).digest("hex");
          let id = { name: "sample", version: "1:2.0-1", architecture: "all" };
          await survives(async () => {
            const { control, walk } = await openDeb(path, { maxFileSize: 1 << 24 });
            id = {
              name: control.get("Package") ?? "",
              version: control.get("Version") ?? "",
              architecture: control.get("Architecture") ?? "",
            };
            await walk(NOTHING);
          });
          await survives(() =>
            importDeb(repo, txn, { ...id, path, sha256 }, { maxFileSize: 1 << 24 })
          );
        },
      );
      await fc.assert(property, { seed: SEED, numRuns: 1000, endOnFailure: true });
    }),
);
