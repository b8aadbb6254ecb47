// A receiver for one call at a time: comes online, shows who calls, answers, declines, hangs up.
// Everything that a caller supplies is shown as text, never as markup.

const SDK = "/ringproof-sdk/dist/browser.mjs";
const LOG_LIMIT = 500;

const at = (id) => document.getElementById(id);
const views = new Map(); // the SDK's call → what we show of it, newest ringing last
let focused = null;

at("token").value = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
at("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  comeOnline(at("token").value.trim());
});
at("answer").addEventListener("click", () => {
  log(`Answering ${focused.name}.`);
  attempt("answer", focused, () => focused.call.answer({ audio: true, video: true }));
});
at("decline").addEventListener("click", () => {
  log(`Declining ${focused.name}.`);
  attempt("decline", focused, () => focused.call.reject());
});
at("hangup").addEventListener("click", () => {
  log("Hanging up.");
  attempt("hang up", focused, () => focused.call.hangup());
});

async function comeOnline(token) {
  const refused = (error) => {
    log(error instanceof Advice ? error.message : `Not online: ${error?.message ?? error}`);
    presence("offline", "Offline");
  };
  presence("connecting", "Coming online …");
  try {
    const { SignalWire, StaticCredentialProvider } = await loadSdk();
    const client = new SignalWire(new StaticCredentialProvider({ token }));
    let online = false;
    // With an unusable token register() never settles: only this reports it.
    client.errors$.subscribe((error) => {
      if (online) log(`The SDK reports: ${error?.message ?? error}`);
      else refused(error);
    });
    await client.register();
    online = true;
    presence("online", "Online");
    log("Online: calls to this user ring here.");
    (client.user$ ?? client.subscriber$)?.subscribe(showAddresses);
    client.session.incomingCalls$.subscribe((calls) => calls.forEach(meet));
  } catch (error) {
    refused(error);
  }
}

class Advice extends Error {}

async function loadSdk() {
  try {
    return await import(SDK);
  } catch (error) {
    throw new Advice(
      `The SDK is not here (${SDK}: ${error.message}). Stop ringproof and start it again with ` +
        "`ringproof serve`: it fetches the SDK through npm once and serves it from here. " +
        "Without npm, point it at a folder that holds the package.",
    );
  }
}

// A channel's value is the whole address to dial, whatever kind of address it is.
function showAddresses(user) {
  for (const { name, type, channels } of user?.addresses ?? []) {
    const lines = Object.entries(channels ?? {}).map(([kind, uri]) => `\n    ${kind}: ${uri}`);
    if (lines.length) log(`Dial ${name} (${type}) at${lines.join("")}`);
  }
}

function meet(call) {
  if (views.has(call)) return;
  const view = { call, name: nameOf(call), status: call.status, local: null, remote: null, heard: new Set() };
  views.set(call, view);
  call.status$.subscribe({ next: (status) => moved(view, status), complete: () => forget(view) });
  call.localStream$.subscribe((stream) => {
    view.local = stream;
    show();
  });
  call.remoteStream$.subscribe((stream) => {
    view.remote = stream;
    for (const { id, kind } of stream.getTracks()) {
      if (!view.heard.has(id)) log(`${view.name} sends ${kind}.`);
      view.heard.add(id);
    }
    show();
  });
}

function nameOf({ from, fromName }) {
  const named = fromName && fromName !== "_undef_";
  return (named ? fromName : from) || "unknown caller";
}

function moved(view, status) {
  view.status = status;
  log(`${view.name}: ${status}`);
  // Not every call that ends passes through `disconnected`, and a lost path can be found again.
  if (status === "destroyed" || status === "failed") forget(view);
  else show();
}

function forget(view) {
  if (views.delete(view.call)) show();
}

// One call has the focus: the one it is on, else one that was answered, else the first that rings.
function show() {
  const all = [...views.values()];
  if (!all.includes(focused)) {
    focused = all.find((view) => !isRinging(view)) ?? all.find(isRinging) ?? null;
  }
  const status = focused?.status ?? "";
  at("caller").textContent = focused?.name ?? "—";
  at("status").textContent = status || "no call";
  at("status").dataset.state = status || "none";
  at("answer").disabled = at("decline").disabled = status !== "ringing";
  at("hangup").disabled = !["connecting", "connected"].includes(status);
  // The remote stream is there from the first ring; a call that was not accepted shows no picture.
  const accepted = focused !== null && status !== "ringing";
  play(at("remote"), accepted ? focused.remote : null);
  play(at("local"), accepted ? focused.local : null);
}

function isRinging(view) {
  return view.status === "ringing";
}

function play(video, stream) {
  if (video.srcObject === stream) return;
  video.srcObject = stream;
  if (stream) video.play().catch((error) => error.name === "AbortError" || log(`${error}`));
}

async function attempt(what, view, method) {
  try {
    await method();
  } catch (error) {
    log(`Could not ${what} ${view.name}: ${error?.message ?? error}`);
  }
}

function presence(state, text) {
  at("online").disabled = state !== "offline";
  at("presence").dataset.state = state;
  at("presence").textContent = text;
}

function log(text) {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = new Date().toLocaleTimeString([], { hour12: false });
  line.append(time, ` ${text}`);
  const list = at("log");
  list.append(line);
  while (list.children.length > LOG_LIMIT) list.firstChild.remove();
  list.scrollTop = list.scrollHeight;
}
