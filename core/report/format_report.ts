import { TOOL } from "../sbom/document_id.ts";
import { changes } from "./change_section.ts";
import { Html, type HtmlValue, markup } from "./markup.ts";
import { formatBytes, formatCount, formatDelta } from "./numbers.ts";
import type { Report } from "./read_report.ts";
import { scripts } from "./script_section.ts";
import { directorySizes, packageSizes } from "./size_sections.ts";
import { STYLE } from "./style.ts";
import { accounts, checks, services } from "./system_sections.ts";

/** Nothing runs, and nothing is fetched. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

const SECTIONS = [changes, packageSizes, directorySizes, checks, scripts, services, accounts];

/**
 * A report as one page of HTML, which needs no other file and no script.
 *
 * Whatever names, paths and descriptions hold is escaped, and the page itself forbids scripts and
 * everything from elsewhere.
 */
export function formatReport(report: Report): string {
  const title = `${report.rev}${report.version === "" ? "" : ` ${report.version}`}`;
  return markup`${new Html("<!DOCTYPE html>")}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
${heading(report, title)}
<main id="main">
${SECTIONS.map((each) => each(report))}</main>
<footer><p>Written by ${TOOL.name} ${TOOL.version} from the commit alone.</p></footer>
</body>
</html>
`.toString();
}

function heading(report: Report, title: string): Html {
  const { commit, timestamp, comparison } = report;
  const date = new Date(timestamp * 1000).toISOString();
  const links: readonly (readonly [id: string, text: string])[] = [
    ...(comparison ? [["changes", "Changes"] as const] : []),
    ["packages", "Packages"],
    ["directories", "Directories"],
    ["checks", "Checks"],
    ["scripts", "Scripts"],
    ["services", "Services"],
    ["users", "Users"],
  ];
  const numbers = figures(report).map(([name, value, note]) =>
    markup`<div><dt>${name}${note !== undefined && ` ${note}`}</dt><dd>${value}</dd></div>\n`
  );
  const other = comparison && markup`, compared with <bdi>${comparison.before.rev}</bdi>`;
  return markup`<header>
<h1><bdi>${title}</bdi></h1>
<p class="sub">Commit <code>${commit}</code></p>
<p class="sub"><time datetime="${date}">${date.slice(0, 10)}, ${
    date.slice(11, 16)
  } UTC</time>${other}</p>
<dl class="figures">
${numbers}</dl>
<nav aria-label="Sections"><ul>${
    links.map(([id, text]) => markup`<li><a href="#${id}">${text}</a></li>`)
  }</ul></nav>
</header>`;
}

function figures(report: Report): [name: string, value: HtmlValue, note?: string | undefined][] {
  const { root, packages, units, users, checks, comparison } = report;
  const errors = checks.findings.filter(({ severity }) => severity === "error").length;
  const findings = checks.findings.length;
  const change = comparison && `(${formatDelta(root.bytes - comparison.before.root.bytes)})`;
  return [
    ["size", formatBytes(root.bytes), change],
    ["packages", formatCount(packages.length)],
    ["files", formatCount(root.files)],
    ["units started", formatCount(units.length)],
    ["users", formatCount(users.length)],
    [
      findings === 1 ? "finding" : "findings",
      markup`<span class="${errors > 0 ? "error" : findings > 0 ? "warn" : "good"}">${
        formatCount(findings)
      }</span>`,
    ],
  ];
}
