// How the SDK under test finds its dependencies, without a file in its folder.
// This module is loaded twice: by the shell, and by Node as the hooks that resolve imports.

import { register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const BARE = /^(?![./]|[a-z]+:)/; // Names a package: neither a path nor a URL.

let fallback; // Of the hooks' own copy: the URL from which a package is looked for at last.

// Let a package that is nowhere above the importing file be found in folder/node_modules.
export function alsoLookIn(folder) {
  const data = pathToFileURL(path.join(folder, "package.json")).href;
  register(import.meta.url, { data });
}

export function initialize(url) {
  fallback = url;
}

export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !BARE.test(specifier)) throw error;
    return next(specifier, { ...context, parentURL: fallback });
  }
}
