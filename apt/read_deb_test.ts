import { createHash } from "node:crypto";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { TarEntry } from "@apt-ostree/base";
import { makeDeb, output, run } from "../tests/support/archive.ts";
import { lacks } from "../tests/support/lacks.ts";
import { DebError } from "./error.ts";
import { openDeb } from "./read_deb.ts";

const ignore = await lacks("dpkg-deb", "xz", "bzip2", "zstd", "ar", "tar");

/** What a .deb holds, by our reader: a line an entry, files with their digest. */
async function ourListing(file: string): Promise<string[]> {
  const lines: string[] = [];
  let entry: TarEntry | undefined;
  let hash = createHash("sha256");
  const deb = await openDeb(file);
  await deb.walk({
    entry(next) {
      entry = next;
      hash = createHash("sha256");
    },
    data: (piece) => void hash.update(piece),
    end() {
      if (!entry) return;
      const { type, path, target, uid, gid, mode, size } = entry;
      const digest = type === "file" ? hash.digest("hex") : "";
      lines.push(
        [type, path, target, uid, gid, mode.toString(8), type === "file" ? size : 0, digest].join(
          " ",
        ),
      );
    },
  });
  return lines;
}

/** The same by dpkg-deb and Python's tarfile. */
async function judgedListing(file: string): Promise<string[]> {
  const script = `
import sys, tarfile, subprocess, hashlib
p = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", sys.argv[1]], stdout=subprocess.PIPE)
kinds = {b"0": "file", b"\\0": "file", b"1": "hardlink", b"2": "symlink", b"5": "dir", b"3": "char", b"4": "block", b"6": "fifo", b"S": "file"}
def clean(name): return "/".join(x for x in name.split("/") if x not in ("", "."))
with tarfile.open(fileobj=p.stdout, mode="r|") as t:
    for m in t:
        kind = kinds[m.type]
        target = m.linkname if kind == "symlink" else clean(m.linkname) if kind == "hardlink" else ""
        digest = hashlib.sha256(t.extractfile(m).read()).hexdigest() if kind == "file" else ""
        print(" ".join(str(x) for x in (kind, clean(m.name), target, m.uid, m.gid, oct(m.mode)[2:], m.size if kind == "file" else 0, digest)))
`;
  return (await output("python3", "-c", script, file)).split("\n").filter((line) => line !== "");
}

async function inTemp(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const LONG = `usr/share/${"long-name-".repeat(14)}/${"é".repeat(60)}`;
const SPEC = {
  name: "sample",
  version: "1:2.0-1",
  files: { [LONG]: "long", "usr/bin/tool": "#!/bin/sh\n", "etc/sample.conf": "a\n" },
  dirs: ["usr/share/empty"],
  links: { "usr/bin/link": "tool", "usr/share/absolute": `/${LONG}` },
  control: { postinst: "#!/bin/sh\nexit 0\n", conffiles: "/etc/sample.conf\n" },
};

for (const compression of ["xz", "gzip", "zstd", "none"]) {
  Deno.test(
    `openDeb() reads what dpkg-deb -Z${compression} writes`,
    { ignore },
    () =>
      inTemp(async (dir) => {
        const made = await makeDeb(dir, SPEC);
        await run("dpkg-deb", "--raw-extract", made, `${dir}/raw`);
        await run("ln", `${dir}/raw/usr/bin/tool`, `${dir}/raw/usr/bin/hard`);
        await run("truncate", "--size=5M", `${dir}/raw/usr/share/sparse`);
        await run("chmod", "4755", `${dir}/raw/usr/bin/tool`);
        const file = `${dir}/again.deb`;
        await run(
          "dpkg-deb",
          `-Z${compression}`,
          "--root-owner-group",
          "--build",
          `${dir}/raw`,
          file,
        );
        assertEquals(await ourListing(file), await judgedListing(file));
        const deb = await openDeb(file);
        assertEquals([deb.control.get("Package"), deb.control.get("Version")], [
          "sample",
          "1:2.0-1",
        ]);
        assertEquals([...deb.members.keys()].toSorted(), ["conffiles", "control", "postinst"]);
        assertEquals(deb.members.get("postinst")?.mode, 0o755);
      }),
  );
}

Deno.test(
  "openDeb() reads GNU, PAX and ustar archives, bzip2 and lzma",
  { ignore },
  () =>
    inTemp(async (dir) => {
      await run("dpkg-deb", "--raw-extract", await makeDeb(dir, SPEC), `${dir}/raw`);
      await run("dpkg-deb", "--control", `${dir}/sample_2.0-1_all.deb`, `${dir}/raw/c`);
      await Deno.writeTextFile(`${dir}/debian-binary`, "2.0\n");
      await run(
        "sh",
        "-ec",
        'cd "$1/raw/c" && tar -czf "$1/control.tar.gz" . && rm -r "$1/raw/c" "$1/raw/DEBIAN" && setfattr -n user.t -v "a$(printf \'\\377\')" "$1/raw/usr/bin/tool"',
        "sh",
        dir,
      );
      for (
        const [format, ending, flag] of [["gnu", "bz2", "-j"], [
          "pax",
          "lzma",
          "--use-compress-program=xz --format=lzma",
        ], [
          "ustar",
          "xz",
          "-J",
        ]]
      ) {
        const tree = format === "ustar" ? "etc" : ".";
        const data = `${dir}/data.tar.${ending}`;
        const xattrs = format === "pax" ? ["--xattrs", "--xattrs-include=user.*"] : [];
        await run(
          "tar",
          "-C",
          `${dir}/raw`,
          `--format=${format}`,
          ...xattrs,
          flag!,
          "-cf",
          data,
          tree,
        );
        const file = `${dir}/${format}.deb`;
        await run(
          "sh",
          "-ec",
          'cd "$1" && ar rc "$2" debian-binary control.tar.gz "$3"',
          "sh",
          dir,
          file,
          data,
        );
        assertEquals(await ourListing(file), await judgedListing(file), format!);
        await run("rm", data);
      }
      const xattrs: string[] = [];
      await (await openDeb(`${dir}/pax.deb`)).walk({
        entry: (entry) =>
          void xattrs.push(
            ...entry.xattrs.map(([name, value]) => `${entry.path} ${name} ${value.toHex()}`),
          ),
        data() {},
        end() {},
      });
      assertEquals(xattrs, ["usr/bin/tool user.t 61ff"]);
    }),
);

/** A .deb whose data archive is made by a piece of Python. */
async function hostileDeb(dir: string, python: string): Promise<string> {
  await makeDeb(dir, { name: "sample" });
  await run("sh", "-ec", 'cd "$1" && ar x sample_1.0_all.deb && rm -f data.tar*', "sh", dir);
  const script = `
import tarfile, io
t = tarfile.open("${dir}/data.tar", "w", format=tarfile.GNU_FORMAT)
def add(name, data=b"", **fields):
    i = tarfile.TarInfo(name)
    i.size = len(data)
    for k, v in fields.items(): setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
${python}
t.close()
`;
  await run("python3", "-c", script);
  const file = `${dir}/hostile.deb`;
  await run(
    "sh",
    "-ec",
    'cd "$1" && ar rc hostile.deb debian-binary control.tar* data.tar',
    "sh",
    dir,
  );
  return file;
}

const HOSTILE: [name: string, python: string, message: string][] = [
  ["a path with ..", 'add("./usr/../../etc/passwd", b"x")', "leads outside"],
  [
    "a hard link to outside",
    'add("./a", type=tarfile.LNKTYPE, linkname="../../etc/shadow")',
    "leads outside",
  ],
  ["a name that is not UTF-8", 'add("./a\\udcff", b"x")', "not UTF-8"],
];

Deno.test.each(HOSTILE)(
  "openDeb() refuses %s",
  { ignore },
  (_, python, message) =>
    inTemp(async (dir) => {
      const error = await assertRejects(
        async () => await ourListing(await hostileDeb(dir, python)),
        DebError,
      );
      assertEquals(error.code, "deb/bad-data");
      assertStringIncludes(error.message, message);
    }),
);

Deno.test(
  "openDeb() refuses more than it is allowed to read",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const file = await hostileDeb(dir, 'add("./a", b"x" * 5000)\nadd("./b", b"x" * 5000)');
      const read = async (options: Parameters<typeof openDeb>[1]) => {
        await (await openDeb(file, options)).walk({ entry() {}, data() {}, end() {} });
      };
      await read({});
      assertStringIncludes(
        (await assertRejects(() => read({ maxFileSize: 4999 }), DebError)).message,
        "5000 bytes",
      );
      assertEquals(
        (await assertRejects(() => read({ maxTotalSize: 9999 }), DebError)).code,
        "deb/too-large",
      );
      assertStringIncludes(
        (await assertRejects(() => read({ maxEntries: 1 }), DebError)).message,
        "more than 1 members",
      );
    }),
);

Deno.test(
  "openDeb() names damage: every cut and no crash",
  { ignore },
  () =>
    inTemp(async (dir) => {
      const bytes = await Deno.readFile(await makeDeb(dir, SPEC));
      for (let length = 0; length < bytes.length; length += 37) {
        await Deno.writeFile(`${dir}/cut.deb`, bytes.subarray(0, length));
        const error = await assertRejects(() => ourListing(`${dir}/cut.deb`), DebError, "cut.deb");
        assertEquals(error.subject, `${dir}/cut.deb`);
      }
    }),
);

Deno.test("openDeb() stops when it is told to", { ignore }, () =>
  inTemp(async (dir) => {
    const file = await makeDeb(dir, {
      name: "sample",
      files: { "usr/share/big": "abc\n".repeat(4_000_000) },
    });
    const stop = new AbortController();
    const deb = await openDeb(file, { signal: stop.signal });
    await assertRejects(
      () => deb.walk({ entry: () => stop.abort(new Error("enough")), data() {}, end() {} }),
      Error,
      "enough",
    );
  }));
