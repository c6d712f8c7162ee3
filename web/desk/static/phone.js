// The phone: places a call, shows what is heard, speaks it, presses keys.
const form = document.getElementById("dial");
const captions = document.getElementById("captions");
const problem = document.getElementById("problem");
const hangup = document.getElementById("hangup");
const call = document.getElementById("call");
const talk = document.getElementById("talk");
const keys = [...form.querySelectorAll("[data-key]")];
const headers = {"content-type": "application/json", "x-requested-with": "phone"};
let session = null;
let events = null;

function caption(text, who) {
  const line = document.createElement("li");
  line.className = who;
  line.textContent = text;
  captions.append(line);
  line.scrollIntoView({block: "nearest"});
}

function speak(text, language) {
  if (!document.getElementById("voice").checked || !("speechSynthesis" in window)) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language || "en-US";
  speechSynthesis.speak(words);
}

function follow(id) {
  session = id;
  inCall(true);
  events = new EventSource(`/phone/calls/${session}/events`);
  events.addEventListener("say", e => { const {text, language} = JSON.parse(e.data); caption(text, "flow"); speak(text, language); });
  events.addEventListener("stop", () => window.speechSynthesis?.cancel());
  events.addEventListener("music", e => caption("♪ " + (JSON.parse(e.data).name || ""), "music"));
  events.addEventListener("connected", e => { window.speechSynthesis?.cancel(); caption(captions.dataset.connected.replace("{agent}", JSON.parse(e.data).others.join(", ")), "note"); });
  events.addEventListener("caption", e => { const {text} = JSON.parse(e.data); caption(text, "agent"); speak(text); });
  events.addEventListener("ended", () => { events.close(); window.speechSynthesis?.cancel(); caption(captions.dataset.ended, "note"); inCall(false); incoming.hidden = true; session = null; });
}

// The phone can be called at the number that it calls as.
const incoming = document.getElementById("incoming");
let line = null;
function waitForCalls() {
  line?.close();
  if (!form.from.value.trim()) return;
  line = new EventSource(`/phone/lines/${encodeURIComponent(form.from.value.trim())}/events`);
  line.addEventListener("ringing", e => {
    if (session) return;
    captions.replaceChildren();
    follow(JSON.parse(e.data).session);
    incoming.hidden = false;
  });
}
form.from.addEventListener("change", waitForCalls);
waitForCalls();
incoming.querySelector("button").addEventListener("click", () => {
  incoming.hidden = true;
  fetch(`/phone/calls/${session}/answer`, {method: "POST", headers});
});

function inCall(on) {
  call.disabled = on;
  hangup.disabled = !on;
  for (const key of keys) key.disabled = !on;
  talk.hidden = !on;
}

form.addEventListener("submit", async event => {
  event.preventDefault();
  problem.hidden = true;
  captions.replaceChildren();
  const answer = await fetch("/phone/calls", {method: "POST", headers, body: JSON.stringify({from: form.from.value, to: form.to.value})});
  const body = await answer.json();
  if (!answer.ok) { problem.textContent = body.message; problem.hidden = false; return; }
  waitForCalls();
  follow(body.session);
});

async function press(digits) {
  if (!session) return;
  caption(digits, "caller");
  await fetch(`/phone/calls/${session}/keys`, {method: "POST", headers, body: JSON.stringify({keys: digits})});
}

talk.addEventListener("submit", async event => {
  event.preventDefault();
  const text = talk.text.value.trim();
  if (!session || !text) return;
  caption(text, "caller");
  talk.reset();
  await fetch(`/phone/calls/${session}/say`, {method: "POST", headers, body: JSON.stringify({text})});
});

for (const key of keys) key.addEventListener("click", () => press(key.dataset.key));
document.addEventListener("keydown", event => {
  if (session && /^[0-9*#]$/.test(event.key) && event.target.tagName !== "INPUT") press(event.key);
});
hangup.addEventListener("click", () => session && fetch(`/phone/calls/${session}/hangup`, {method: "POST", headers}));
addEventListener("pagehide", () => session && navigator.sendBeacon(`/phone/calls/${session}/hangup`));
