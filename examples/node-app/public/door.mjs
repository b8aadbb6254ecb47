// One flat's door phone: the visitor who rang first has it, others wait for their turn.

import { SignalWire, StaticCredentialProvider } from "@signalwire/js";

const at = (id) => document.getElementById(id);
const visitors = new Map(); // the SDK's call → { name, status, me, visitor }, first ringing first

const flat = new URLSearchParams(location.search).get("flat");
const { token } = await (await fetch(`/token?flat=${encodeURIComponent(flat)}`)).json();
const client = new SignalWire(new StaticCredentialProvider({ token }));
await client.register();
at("presence").textContent = "At home";
client.session.incomingCalls$.subscribe((calls) => calls.forEach(welcome));

const press = (id, act) => at(id).addEventListener("click", () => act([...visitors.keys()][0]));
press("let-in", (call) => call.answer({ audio: true, video: true }));
press("show-us", (call) => call.answer({ audio: false, video: true })); // seen, and not heard
press("not-now", (call) => call.reject());
press("goodbye", (call) => call.hangup());

function welcome(call) {
  if (visitors.has(call)) return;
  const named = call.fromName && call.fromName !== "_undef_";
  const visitor = { name: named ? call.fromName : "Unknown caller" };
  visitors.set(call, visitor);
  const learn = (what) => (value) => {
    visitor[what] = value;
    if (visitor.status === "destroyed" || visitor.status === "failed") visitors.delete(call);
    show();
  };
  call.localStream$.subscribe(learn("me"));
  call.remoteStream$.subscribe(learn("visitor"));
  call.status$.subscribe(learn("status"));
}

function show() {
  const [first, ...others] = visitors.values();
  const rings = first?.status === "ringing";
  const inside = first && !rings;
  at("bell").textContent = first ? `${first.name}: ${first.status}` : "";
  at("waiting").textContent = others.map(({ name }) => `${name} is waiting`).join(", ");
  for (const id of ["let-in", "show-us", "not-now"]) at(id).disabled = !rings;
  at("goodbye").disabled = !inside;
  // Nobody is seen, and nobody sees us, before the visitor is let in.
  for (const tile of ["me", "visitor"]) {
    const stream = (inside && first[tile]) || null;
    if (at(tile).srcObject !== stream) at(tile).srcObject = stream;
  }
}
