import type { User } from "../assemble/account_files.ts";
import type { Finding } from "../checks/check.ts";
import { type Html, markup } from "./markup.ts";
import { formatNumber } from "./numbers.ts";
import type { Report } from "./read_report.ts";
import type { EnabledUnit } from "./services.ts";
import { folded, section, table } from "./table.ts";

/** What the checks found. */
export function checks({ checks: { findings, skipped, done } }: Report): Html {
  const rows = findings.toSorted((a, b) => severityOrder(a) - severityOrder(b));
  return section(
    "checks",
    "Checks",
    markup`<p>${
      findings.length === 0
        ? markup`<span class="good">Nothing found</span> by ${formatNumber(done.length, "check")}.`
        : markup`${formatNumber(done.length, "check")} found ${
          formatNumber(findings.length, "thing")
        }.`
    }</p>${
      findings.length > 0 && table(
        "Findings",
        [
          {
            title: "Path",
            cell: (found: Finding) => markup`<bdi class="mono">${found.path}</bdi>`,
          },
          {
            title: "What",
            cell: ({ detail }) => detail,
          },
          { title: "Check", cell: ({ check }) => check },
          {
            title: "Severity",
            cell: ({ severity }) =>
              markup`<span class="${severity === "error" ? "error" : "warn"}">${
                severity === "error" ? "error" : "warning"
              }</span>`,
          },
        ],
        rows,
        500,
      )
    }<p class="soft">Done: ${done.join(", ")}.${
      skipped.length > 0 &&
      markup` Not done: ${skipped.map(({ check, reason }) => `${check} (${reason})`).join("; ")}.`
    }</p>`,
  );
}

function severityOrder({ severity }: Finding): number {
  return severity === "error" ? 0 : 1;
}

/** Accounts of the image. */
export function accounts({ users, groups }: Report): Html {
  const people = users.filter(({ uid }) => uid >= 1000 && uid < 60000);
  return section(
    "users",
    "Users and groups",
    markup`<p>${formatNumber(users.length, "user")} and ${formatNumber(groups.length, "group")}; ${
      people.length === 0
        ? "none of them is a person's"
        : `${people.map(({ name }) => name).join(", ")} with a person's number`
    }.</p>${
      table("Users", [
        { title: "User", cell: (user: User) => markup`<bdi>${user.name}</bdi>` },
        { title: "Number", cell: ({ uid }) => uid, number: true },
        { title: "Home", cell: ({ home }) => markup`<span class="mono">${home}</span>` },
        { title: "Shell", cell: ({ shell }) => markup`<span class="mono">${shell}</span>` },
        { title: "About", cell: ({ gecos }) => gecos },
      ], users.toSorted((a, b) => a.uid - b.uid))
    }${
      folded(
        `All ${formatNumber(groups.length, "group")}`,
        table("Groups", [
          { title: "Group", cell: (group) => markup`<bdi>${group.name}</bdi>` },
          { title: "Number", cell: ({ gid }) => gid, number: true },
          { title: "Members", cell: ({ members }) => members.join(", ") },
        ], groups.toSorted((a, b) => a.gid - b.gid)),
      )
    }`,
  );
}

/** Units that start by themselves. */
export function services({ units }: Report): Html {
  const [preset, own] = [
    units.filter(({ by }) => by === "preset"),
    units.filter(({ by }) => by === "package"),
  ];
  return section(
    "services",
    "Services",
    markup`<p>${
      preset.length === 0
        ? "No unit is enabled in /etc"
        : `${formatNumber(preset.length, "unit")} enabled in /etc, which hosts can change`
    }; ${formatNumber(own.length, "unit")} pulled in by the packages themselves.</p>${
      preset.length > 0 && unitTable("Enabled units", preset)
    }${own.length > 0 && folded("Units of packages", unitTable("Units of packages", own))}`,
  );
}

function unitTable(label: string, units: readonly EnabledUnit[]): Html {
  return table(label, [
    { title: "Unit", cell: (unit) => markup`<bdi class="mono">${unit.name}</bdi>` },
    { title: "What it is", cell: ({ description }) => description },
    { title: "Started by", cell: ({ wantedBy }) => wantedBy.join(", ") },
  ], units);
}
