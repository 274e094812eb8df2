/** Style of the report: light or dark as the reader's system is, readable in print. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #fff; --text: #1d2327; --soft: #5b656c; --line: #dfe3e5;
  --accent: #0b5cad; --error: #b3261e; --warn: #8a5a00; --good: #21703d;
  --tile-l: 0.91; --tile-c: 0.05; --tile-text: #1d2327; --head-l: 0.82;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #15181a; --card: #1c2022; --text: #e6e9ea; --soft: #a3adb3; --line: #343b3f;
    --accent: #7db8f5; --error: #ff9b92; --warn: #e9bf6a; --good: #83d19c;
    --tile-l: 0.36; --tile-c: 0.055; --tile-text: #f0f2f3; --head-l: 0.28;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
header, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem; font-weight: 650; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 .6rem; font-weight: 650; }
h3 { font-size: 1rem; margin: 1.4rem 0 .5rem; font-weight: 650; }
p { margin: 0 0 .8rem; max-width: 46rem; }
.soft, .sub { color: var(--soft); }
.sub { margin: 0; overflow-wrap: anywhere; }
code, .mono { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .875em; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 1.4rem 1.5rem; margin: 1.2rem 0;
}
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px;
}
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .4rem .8rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 1.2rem 0 0; padding: 0; }
dl.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
  gap: 1rem; margin: 1.6rem 0 .4rem;
}
dl.figures div { border-left: 3px solid var(--line); padding-left: .8rem; display: flex; flex-direction: column-reverse; }
dl.figures dt { color: var(--soft); font-size: .875rem; }
dl.figures dd { margin: 0; font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
figure { margin: 0; }
figcaption { color: var(--soft); font-size: .875rem; margin-top: .5rem; }
svg.map { display: block; width: 100%; height: auto; }
svg.map text { fill: var(--tile-text); font-size: 12.5px; }
svg.map .size { opacity: .78; font-size: 11.5px; }
svg.map .head text { font-weight: 600; }
svg.map rect { fill: oklch(var(--tile-l) var(--tile-c) var(--h, 250)); }
svg.map .head rect { fill: oklch(var(--head-l) var(--tile-c) var(--h, 250)); }
svg.map .marked rect { stroke: var(--accent); stroke-width: 2.5px; }
.g0 { --h: 250; } .g1 { --h: 160; } .g2 { --h: 65; } .g3 { --h: 25; }
.g4 { --h: 300; } .g5 { --h: 110; } .g6 { --h: 205; } .g7 { --h: 345; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .38rem .9rem .38rem 0; border-top: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .82rem; white-space: nowrap; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.n:not(:last-child), td.n:not(:last-child) { padding-right: 1.8rem; }
details { margin-top: .9rem; }
summary { cursor: pointer; color: var(--accent); width: fit-content; }
details[open] > summary { margin-bottom: .6rem; }
.error { color: var(--error); } .warn { color: var(--warn); } .good { color: var(--good); }
footer { padding-bottom: 2.5rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 40rem) {
  header, main, footer { padding-left: .9rem; padding-right: .9rem; }
  section { padding: 1.1rem .9rem; }
}
@media print {
  section { break-inside: avoid; border: 0; padding: 0; }
  nav, .skip { display: none; }
}
`;
