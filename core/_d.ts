import { AptRoot, readHostSources } from "@apt-ostree/apt";
import { Repo } from "@apt-ostree/ostree";
import { importPackages, findPackage } from "./import/import_packages.ts";
let t=performance.now(); const lap=(n:string)=>{console.log(n, Math.round(performance.now()-t)); t=performance.now();};
const r = await AptRoot.create({dir:"/tmp/lead/ar2",architecture:"amd64",sources:readHostSources()}); await r.update({cacheOnly:true});
const p = await r.plan({install:["apt"],recommends:false}); lap("plan");
const repo = Repo.init("/tmp/lead/wr",{mode:"bare"});
const missing = p.packages.filter(x=>!findPackage(repo,x,x.sha256));
async function* jobs(){ for await (const d of r.download(missing,"/tmp/lead/debs")) yield {name:d.package.name,version:d.package.version,architecture:d.package.architecture,path:d.path,sha256:d.package.sha256}; }
console.log(await importPackages(repo, jobs(), missing.length)); lap("import");
for (const x of p.packages) if (!findPackage(repo,x,x.sha256)) throw 1; lap("find");
