/** Offline stand-in for `@std/path`: the functions this project uses, over `node:path`. @module */
export { basename, dirname, extname, isAbsolute, join, normalize, relative, resolve } from "node:path";
