// What happens at the door when somebody rings.

import { expect, test } from "./ringproof.mjs";

test.beforeEach(async ({ page, appUrl, flat }) => {
  await page.goto(`${appUrl}/?flat=${flat}`);
  await expect(page.getByRole("status")).toHaveText("At home");
});

const bell = (page) => page.getByRole("alert");
const button = (page, name) => page.getByRole("button", { name });

function plays(page, tile) {
  return page.waitForFunction((id) => {
    const video = document.getElementById(id);
    return video.videoWidth && video.currentTime;
  }, tile);
}

test("a visitor rings with her name", async ({ page, visitor }) => {
  const call = await visitor("Alice");
  await call.rings();
  await expect(bell(page)).toHaveText("Alice: ringing");
  await expect(button(page, "Goodbye")).toBeDisabled();
});

test("a visitor who is let in is seen, and sees us, until she leaves", async ({ page, visitor }) => {
  const call = await visitor("Alice", { media: "video" });
  await button(page, "Let in").click();
  await call.answered();
  await expect(bell(page)).toHaveText("Alice: connected");
  await plays(page, "visitor");
  await plays(page, "me");
  await call.hangsUp();
  await expect(bell(page)).toBeEmpty();
});

test("with the microphone off we are seen and not heard", async ({ page, visitor }) => {
  const call = await visitor("Alice", { media: "video" });
  await button(page, "Microphone off").click();
  await call.answered();
  await plays(page, "visitor");
  await plays(page, "me");
  const kinds = () => document.getElementById("me").srcObject.getTracks().map(({ kind }) => kind);
  expect(await page.evaluate(kinds)).toEqual(["video"]);
  await call.hangsUp();
});

test("we say goodbye", async ({ page, visitor }) => {
  const call = await visitor("Alice");
  await button(page, "Let in").click();
  await expect(bell(page)).toHaveText("Alice: connected");
  await button(page, "Goodbye").click();
  expect(await call.ended()).toBe("hangup");
});

test("a visitor who is not let in is told so", async ({ page, visitor }) => {
  const call = await visitor("Mallory");
  await button(page, "Not now").click();
  expect(await call.ended()).toBe("decline");
  await expect(bell(page)).toBeEmpty();
});

test("a visitor who gives up leaves the door silent", async ({ page, visitor }) => {
  const call = await visitor("Bob");
  await expect(bell(page)).toHaveText("Bob: ringing");
  await call.givesUp();
  await expect(bell(page)).toBeEmpty();
  await expect(button(page, "Let in")).toBeDisabled();
});

test("a second visitor waits until the first has gone", async ({ page, visitor }) => {
  const first = await visitor("Alice");
  await expect(bell(page)).toHaveText("Alice: ringing");
  const second = await visitor("Bob");
  await expect(page.getByText("Bob is waiting")).toBeVisible();
  await first.givesUp();
  await expect(bell(page)).toHaveText("Bob: ringing");
  await second.givesUp();
});

test("a visitor without a name is unknown", async ({ page, visitor }) => {
  const call = await visitor(null); // the SDK is told "_undef_"
  await expect(bell(page)).toHaveText("Unknown caller: ringing");
  await call.givesUp();
});
