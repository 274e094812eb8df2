import type { DeploymentStatus, Status } from "@apt-ostree/core";

/** Status for people, as rpm-ostree lays it out. */
export function formatStatus(
  status: Status,
  options: { readonly booted: boolean; readonly verbose: boolean },
): string {
  const { deployments } = status;
  const shown = deployments.filter((each) => !options.booted || each.booted);
  const stateroots = new Set(deployments.map((each) => each.osname));
  const lines = ["State: idle", options.booted ? "BootedDeployment:" : "Deployments:"];
  shown.forEach((each, at) => {
    const index = options.verbose ? ` (index: ${deployments.indexOf(each)})` : "";
    lines.push(`${each.booted ? "●" : " "} ${each.origin || each.checksum}${index}`);
    lines.push(...formatFields(fields(each, options.verbose || stateroots.size > 1)));
    if (at < shown.length - 1) lines.push("");
  });
  return lines.join("\n");
}

function fields(each: DeploymentStatus, showStateroot: boolean): [label: string, value: string][] {
  const time = new Date(each.timestamp * 1000).toISOString().replace(".000Z", "Z");
  const list = (label: string, values: readonly string[]): [string, string][] =>
    values.length === 0 ? [] : [[label, values.toSorted().join(" ")]];
  return [
    each.version === undefined ? ["Timestamp", time] : ["Version", `${each.version} (${time})`],
    ["Commit", each.checksum],
    ...(showStateroot ? [["StateRoot", each.osname] as [string, string]] : []),
    ...list("RemovedBasePackages", each["requested-base-removals"]),
    ...list("LayeredPackages", each["requested-packages"]),
    ...list("LocalPackages", each["requested-local-packages"]),
    ...(each.pinned ? [["Pinned", "yes"] as [string, string]] : []),
  ];
}

function formatFields(pairs: readonly (readonly [label: string, value: string])[]): string[] {
  const width = Math.max(...pairs.map(([label]) => label.length)) + 2;
  return pairs.map(([label, value]) => `${`${label}`.padStart(Math.max(width, 20))}: ${value}`);
}
