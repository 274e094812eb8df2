import member from "./deno.json" with { type: "json" };

/** Text of `apt-ostree --version`, YAML like rpm-ostree's. */
export function formatVersion(): string {
  const features = ["deno", "compose", "container"];
  return [
    "apt-ostree:",
    ` Version: '${member.version}'`,
    " Features:",
    ...features.map((feature) => `  - ${feature}`),
  ].join("\n");
}
