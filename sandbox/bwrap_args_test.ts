import { assertEquals } from "@std/assert";
import { bwrapArgs, CAPABILITIES } from "./bwrap_args.ts";

const SPEC = {
  root: "/merged",
  binds: [{ source: "/a b", dest: "/x", writable: false }, {
    source: "/c",
    dest: "/y",
    writable: true,
  }],
  environment: { A: "1 2" },
  cwd: "/tmp",
  argv: ["sh", "-c", "true"],
  devices: "/devices",
  temporaryBytes: 1600,
};

Deno.test("bwrapArgs() shares nothing but what the spec names", () => {
  const args = bwrapArgs(SPEC);
  const shared = args.filter((arg) => arg.startsWith("--unshare"));
  assertEquals(shared, [
    "--unshare-ipc",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-uts",
    "--unshare-cgroup-try",
  ]);
  const sources = args.flatMap((arg, at) =>
    ["--bind", "--ro-bind"].includes(arg) ? [`${arg} ${args[at + 1]} ${args[at + 2]}`] : []
  );
  assertEquals(sources, ["--bind /merged /", "--ro-bind /a b /x", "--bind /c /y"]);
  assertEquals(args.slice(args.indexOf("--clearenv"), args.indexOf("--chdir")), [
    "--clearenv",
    "--setenv",
    "A",
    "1 2",
  ]);
  assertEquals(args.slice(args.indexOf("--")), ["--", "sh", "-c", "true"]);
  assertEquals(args.includes("--die-with-parent"), true);
});

Deno.test("CAPABILITIES has none that reaches past the sandbox", () => {
  for (
    const name of [
      "SYS_ADMIN",
      "SYS_MODULE",
      "SYS_PTRACE",
      "NET_ADMIN",
      "SYS_RAWIO",
      "MKNOD",
      "SYS_BOOT",
    ]
  ) {
    assertEquals(CAPABILITIES.includes(`CAP_${name}`), false, name);
  }
});
