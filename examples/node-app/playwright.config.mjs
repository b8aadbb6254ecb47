import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "test",
  reporter: "list",
  use: {
    // The stand-in's certificate is known to nobody; the fake camera and microphone are asked for.
    ignoreHTTPSErrors: true,
    permissions: ["camera", "microphone"],
  },
});
