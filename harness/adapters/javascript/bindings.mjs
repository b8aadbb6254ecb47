// Which binding drives which version of the SDK.

import { V4 } from "./v4.mjs";

export async function bindingOf(version) {
  void version;
  return V4;
}
