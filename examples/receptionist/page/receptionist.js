// A receptionist: everybody who rings is listed, one call at a time is connected.

import { SignalWire, StaticCredentialProvider } from "@signalwire/js";

const at = (id) => document.getElementById(id);
const entries = new Map(); // the SDK's call → { name, status, row, local, remote }
let onTheLine = null;

at("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("presence").textContent = "Going online …";
  try {
    await goOnline(new FormData(event.target).get("email"));
    at("presence").textContent = "Online";
    at("sign-in").hidden = true;
  } catch (error) {
    at("presence").textContent = `Not online: ${error.message}`;
  }
});

at("hang-up").addEventListener("click", () => onTheLine.hangup());

// Whoever closes the page leaves the call: the caller is told now, and not after a time-out.
addEventListener("pagehide", () => onTheLine?.hangup());

async function goOnline(email) {
  const reply = await fetch("/token", { method: "POST", body: JSON.stringify({ email }) });
  if (!reply.ok) throw new Error(`the server refused: ${reply.status}`);
  const { token } = await reply.json();
  const client = new SignalWire(new StaticCredentialProvider({ token }));
  await client.register();
  client.session.incomingCalls$.subscribe((calls) => calls.forEach(meet));
}

// The list holds each call from its first ring to its end: each call is met once, follow the status.
function meet(call) {
  if (entries.has(call)) return;
  const named = call.fromName && call.fromName !== "_undef_";
  const entry = { name: named ? call.fromName : "Unknown caller" };
  entries.set(call, entry);
  call.status$.subscribe({ next: (status) => moved(call, status), complete: () => over(call) });
  call.localStream$.subscribe((stream) => show(call, "local", stream));
  call.remoteStream$.subscribe((stream) => show(call, "remote", stream));
}

function moved(call, status) {
  const entry = entries.get(call);
  if (!entry) return;
  if (status === "ringing") {
    entry.row = row(call, entry.name);
    at("ringing").append(entry.row);
  } else {
    entry.row?.remove();
  }
  if (status === "failed" || status === "destroyed") over(call);
}

function row(call, name) {
  const item = document.createElement("li");
  const caller = document.createElement("span");
  caller.className = "caller";
  caller.textContent = name; // as text: a caller may be called anything
  item.append(
    caller,
    // Nobody is asked for the camera. Said in so many words: SDK 4.0.0-beta.12 takes it by default
    // when the caller offers video.
    button("Accept", () => accept(call, { audio: true, video: false })),
    button("With camera", () => accept(call, { audio: true, video: true })),
    button("Decline", () => call.reject()),
  );
  return item;
}

function button(label, press) {
  const made = document.createElement("button");
  made.textContent = label;
  made.addEventListener("click", press);
  return made;
}

async function accept(call, media) {
  if (onTheLine) await onTheLine.hangup();
  onTheLine = call;
  const entry = entries.get(call);
  at("caller").textContent = entry.name;
  at("call").hidden = false;
  for (const tile of ["local", "remote"]) at(tile).srcObject = entry[tile] ?? null;
  await call.answer(media);
}

// Streams may be there before the call is accepted: nobody is shown who was not let in.
function show(call, tile, stream) {
  const entry = entries.get(call);
  if (entry) entry[tile] = stream;
  if (call === onTheLine) at(tile).srcObject = stream;
}

function over(call) {
  entries.get(call)?.row?.remove();
  entries.delete(call);
  if (call !== onTheLine) return;
  onTheLine = null;
  at("call").hidden = true;
  for (const tile of ["local", "remote"]) at(tile).srcObject = null;
}
