import type { CheckReport, Finding } from "@apt-ostree/core";

/** Most findings of one check that are shown, where not all are asked for. */
const MAX_SHOWN = 10;

/** What checks found, by check; "" where they found nothing. @param all Show every finding. */
export function formatFindings(report: Pick<CheckReport, "findings">, all = false): string {
  const checks = Map.groupBy(report.findings, ({ check }) => check);
  return [...checks].map(([check, findings]) => {
    const shown = all ? findings : findings.slice(0, MAX_SHOWN);
    const more = findings.length - shown.length;
    return [
      `${findings[0]!.severity === "error" ? "Error" : "Warning"}: ${check}`,
      ...shown.map(line),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join("\n");
  }).join("\n");
}

function line({ path, detail }: Finding): string {
  return `  ${printable(path)} ${printable(detail)}`;
}

/** A terminal obeys control characters, and names in a tree can hold any. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}
