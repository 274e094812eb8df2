import { assertEquals, assertThrows } from "@std/assert";
import { output } from "../tests/support/archive.ts";
import { lacks } from "../tests/support/lacks.ts";
import { seccompFilter } from "./seccomp_filter.ts";
import {
  AUDIT_ARCH,
  MACHINE_ABIS,
  type SyscallAbi,
  type SyscallName,
  syscallNumber,
  SYSCALLS,
} from "./syscall_numbers.ts";

const NAMES = Object.keys(SYSCALLS) as SyscallName[];
const ABIS = Object.keys(AUDIT_ARCH) as SyscallAbi[];

Deno.test("syscallNumber() agrees with libseccomp", {
  ignore: await lacks("scmp_sys_resolver"),
}, async () => {
  for (const abi of ABIS) {
    const arch = abi === "i386" ? "x86" : abi;
    const theirs = (await output(
      "sh",
      "-c",
      'arch=$1; shift; for name; do scmp_sys_resolver -a "$arch" "$name"; done',
      "sh",
      arch,
      ...NAMES,
    )).trim().split("\n").map(Number);
    const ours = NAMES.map((name) => syscallNumber(name, abi) ?? -1);
    // libseccomp gives calls that socketcall(2) can make, too, numbers below zero of its own.
    const expected = NAMES.map((name, at) =>
      abi === "i386" && name === "socket" ? 359 : Math.max(-1, theirs[at]!)
    );
    assertEquals(ours, expected, abi);
  }
});

/** What the kernel does with a filter. @see bpf(4) */
function evaluate(filter: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): number {
  const program = new DataView(filter.buffer);
  const input = new DataView(data.buffer);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at++) {
    const [jt, jf] = [program.getUint8(at * 8 + 2), program.getUint8(at * 8 + 3)];
    const k = program.getUint32(at * 8 + 4, true);
    const code = program.getUint16(at * 8, true);
    if (code === 0x20) accumulator = input.getUint32(k, true);
    else if (code === 0x05) at += k;
    else if (code === 0x06) return k;
    else if (code === 0x15) at += accumulator === k ? jt : jf;
    else if (code === 0x35) at += accumulator >= k ? jt : jf;
    else if (code === 0x45) at += (accumulator & k) !== 0 ? jt : jf;
    else throw new Error(`instruction ${code.toString(16)}`);
  }
  throw new Error("the filter ends without an answer");
}

/** Answer to a call: "allow" or the errno. */
function answer(machine: string, abi: SyscallAbi, nr: number, ...args: number[]): string {
  const data = new Uint8Array(64);
  const view = new DataView(data.buffer);
  view.setUint32(0, nr, true);
  view.setUint32(4, AUDIT_ARCH[abi], true);
  for (const [at, value] of args.entries()) view.setUint32(16 + 8 * at, value, true);
  const result = evaluate(seccompFilter(machine), data);
  return result === 0x7fff0000 ? "allow" : String(result - 0x50000);
}

for (const [machine, abis] of Object.entries(MACHINE_ABIS)) {
  Deno.test(`seccompFilter() of ${machine} answers every call of ${abis.join(" and ")}`, () => {
    for (const abi of abis) {
      const call = (name: SyscallName, ...args: number[]) =>
        answer(machine, abi, syscallNumber(name, abi)!, ...args);
      assertEquals(call("mount"), "1");
      assertEquals(call("keyctl"), "1");
      assertEquals(call("nfsservctl"), "1", "the last of the list");
      assertEquals(call("clone3"), "38");
      assertEquals(call("clone", 0x01200011), "allow", "fork()");
      assertEquals(call("clone", 0x003d0f00), "allow", "a thread");
      assertEquals(call("clone", 0x10000011), "1", "a user namespace");
      assertEquals(call("unshare", 0x600), "allow", "files and their system");
      for (const flag of [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000]) {
        assertEquals(call("unshare", flag), "1");
      }
      for (const flag of [0x10000000, 0x20000000, 0x40000000]) {
        assertEquals(call("unshare", flag), "1");
      }
      assertEquals(call("ioctl", 0, 0x5412), "1", "TIOCSTI");
      assertEquals(call("ioctl", 0, 0x541c), "1", "TIOCLINUX");
      assertEquals(call("ioctl", 0, 0x5401), "allow", "TCGETS");
      const families = Array.from({ length: 50 }, (_, family) => call("socket", family));
      const open = families.flatMap((result, family) => result === "allow" ? [family] : []);
      assertEquals(open, [1, 2, 10, 16]);
      assertEquals(families[40], "97", "AF_VSOCK");
    }
    const strangers = ABIS.filter((abi) => !abis.includes(abi));
    for (const abi of strangers) assertEquals(answer(machine, abi, 1), "38");
  });
}

Deno.test("seccompFilter() denies a call by any of its numbers, and allows all others", () => {
  const denied = new Set<number>();
  for (let nr = 0; nr < 600; nr++) {
    if (answer("x86_64", "x86_64", nr, 1, 1) !== "allow") denied.add(nr);
  }
  const known = NAMES.flatMap((name) => syscallNumber(name, "x86_64") ?? []);
  assertEquals([...denied].filter((nr) => !known.includes(nr)), []);
  assertEquals(answer("x86_64", "x86_64", 0x40000000 + 165), "38", "x32");
});

Deno.test("seccompFilter() refuses a machine that it does not know", () => {
  assertThrows(() => seccompFilter("s390x"), RangeError);
});
