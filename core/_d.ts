import { composeTree } from "@apt-ostree/core"; import { Repo } from "@apt-ostree/ostree";
const [f, repo] = Deno.args; Repo.init(repo!, {mode:"archive"});
const t=performance.now();
try { const r = await composeTree({treefile:f!, repo:repo!, progress:(e)=>{ if (e.type==="phase-end"||e.type==="message") console.log(JSON.stringify(e)); }}); console.log(r); } catch (e) { console.log(e); }
console.log(performance.now()-t);
