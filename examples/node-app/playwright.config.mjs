import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "test",
  reporter: "list",
  // Deadlines, not delays: they only matter on a CI machine that is busy with something else.
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    // The stand-in's certificate is known to nobody; the fake camera and microphone are asked for.
    ignoreHTTPSErrors: true,
    permissions: ["camera", "microphone"],
  },
});
