import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { lacks } from "../tests/support/lacks.ts";
import { formatAptConfig, hostDateChecks, hostTransport } from "./apt_config.ts";
import { AptError } from "./error.ts";

const config = (dir: string) => ({
  dir,
  architecture: "amd64",
  foreignArchitectures: ["i386"],
  hostTrust: false,
  extra: [["Acquire::http::Proxy", "http://proxy.example.org:3128"]] as const,
});

Deno.test("formatAptConfig() always sets every root, as apt itself reads it", {
  ignore: await lacks("apt-config"),
}, async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/etc/apt/apt.conf.d`, { recursive: true });
    await Deno.writeTextFile(`${dir}/apt.conf`, formatAptConfig(config(dir)));
    const { stdout } = await new Deno.Command("apt-config", {
      args: ["dump"],
      env: { APT_CONFIG: `${dir}/apt.conf` },
    }).output();
    const dump = new TextDecoder().decode(stdout);
    const wanted = {
      "Dir": dir,
      "Dir::Etc": `${dir}/etc/apt`,
      "Dir::State": `${dir}/var/lib/apt`,
      "Dir::State::status": `${dir}/var/lib/dpkg/status`,
      "Dir::Cache": `${dir}/var/cache/apt`,
      "Dir::Log": `${dir}/var/log/apt`,
      "Acquire::http::Proxy": "http://proxy.example.org:3128",
      "Acquire::Check-Valid-Until": "true",
      "Acquire::AllowInsecureRepositories": "false",
    };
    for (const [name, value] of Object.entries(wanted)) {
      assertStringIncludes(dump, `${name} "${value}";`);
    }
    const options = [...dump.matchAll(/^DPkg::Options:: "(.*)";$/gim)].map(([, value]) => value);
    assertEquals(options.slice(0, 2), [`--root=${dir}`, `--admindir=${dir}/var/lib/dpkg`]);
    const architectures = [...dump.matchAll(/^APT::Architectures:: "(.*)";$/gm)].map(([, value]) =>
      value
    );
    assertEquals(architectures, ["amd64", "i386"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("formatAptConfig() lets no value break out of its quotes", () => {
  assertThrows(() => formatAptConfig(config('/a"; Dir "/')), AptError);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        const lines = formatAptConfig(config(text)).split("\n");
        assertEquals(lines[0], `Dir "${text}";`);
      } catch (error) {
        if (!(error instanceof AptError)) throw error;
      }
    }),
    { seed: 5 },
  );
});

Deno.test("hostTransport() and hostDateChecks() take what they are for and leave everything else", () => {
  const dump =
    'Acquire "";\nAcquire::http::Proxy "http://p/";\nDir "/";\nAcquire::Check-Valid-Until "false";\n' +
    'Acquire::https::Verify-Peer "true";\nDPkg::Options:: "--force-all";\nAcquire::Languages:: "none";\n';
  assertEquals(hostTransport(dump).map(([name]) => name), [
    "Acquire::http::Proxy",
    "Acquire::https::Verify-Peer",
  ]);
  assertEquals(hostDateChecks(dump), [["Acquire::Check-Valid-Until", "false"]]);
});
