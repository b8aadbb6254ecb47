// Which binding drives which version of the SDK, and which of its files a page loads.

import { V3 } from "./v3.mjs";
import { V4 } from "./v4.mjs";

export function bindingOf(version) {
  return isV3(version) ? V3 : V4;
}

export function bundleOf(version) {
  return isV3(version) ? "dist/index.umd.js" : "dist/browser.mjs";
}

// A package that states no version is taken for the newest generation.
function isV3(version = "") {
  return version.startsWith("3.");
}
