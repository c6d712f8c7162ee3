// The desk: listens to the server's events, swaps in rendered fragments, sends commands. Never takes focus.
const csrf = document.querySelector("meta[name=csrf]").content;
const main = document.getElementById("interactions");
const announce = document.getElementById("announce");
const lost = document.getElementById("lost");
const title = document.title;
let offset = 0;      // server time minus ours, in ms
let lastSign = Date.now();
let seq = Number(main.dataset.seq || 0);
let announced = new Set();
let flashing = null;

const uuid = () => crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`;

async function send(name, interaction, args) {
  const answer = await fetch(`/desk/commands/${name}`, {
    method: "POST",
    headers: {"content-type": "application/json", "x-csrf-token": csrf},
    body: JSON.stringify({commandId: uuid(), interactionId: interaction, args}),
  });
  if (answer.status === 401) location.href = "/login";
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) announce.textContent = body.message || answer.statusText;
  else if (body.notice) announce.textContent = body.notice;
  await refresh();
  return answer.ok;
}

const keyOf = (element, name) => `${element.closest("[data-interaction]")?.dataset.interaction}/${element.form?.dataset.submit || ""}/${name}`;

// What the agent is typing, and what a search has found, survives a refresh.
function drafts() {
  const kept = {};
  for (const hits of main.querySelectorAll(".hits")) kept[hits.id] = hits.innerHTML;
  for (const details of main.querySelectorAll("details[data-keep]")) kept[keyOf(details, details.dataset.keep)] = details.open;
  for (const field of main.querySelectorAll("input, textarea, select")) {
    if (field.name) kept[keyOf(field, field.name)] = field.type === "checkbox" ? field.checked : field.value;
  }
  return kept;
}

function restore(kept) {
  for (const hits of main.querySelectorAll(".hits")) hits.innerHTML = kept[hits.id] || "";
  for (const details of main.querySelectorAll("details[data-keep]")) details.open = kept[keyOf(details, details.dataset.keep)] || false;
  for (const field of main.querySelectorAll("input, textarea, select")) {
    const key = keyOf(field, field.name);
    if (key in kept) field[field.type === "checkbox" ? "checked" : "value"] = kept[key];
  }
}

let refreshing = null;
let again = false;
async function refresh() {
  if (refreshing) { again = true; return refreshing; }
  refreshing = (async () => {
    do {
      again = false;
      const answer = await fetch("/desk/interactions");
      if (answer.status === 401) { location.href = "/login"; return; }
      if (!answer.ok) return;
      const html = await answer.text();
      const focused = document.activeElement;
      const path = focused && main.contains(focused) ? pathOf(focused) : null;
      const kept = drafts();
      main.innerHTML = html;
      restore(kept);
      if (path) main.querySelector(path)?.focus({preventScroll: true});
      for (const talk of main.querySelectorAll("[data-talk]")) talk.scrollTop = talk.scrollHeight;
      tell();
      pop();
      tick();
    } while (again);
  })();
  try { await refreshing; } finally { refreshing = null; }
}

function pathOf(element) {
  const owner = element.closest("[data-interaction]");
  const within = owner ? `[data-interaction="${owner.dataset.interaction}"] ` : "";
  const form = element.form?.dataset.submit ? `[data-submit="${element.form.dataset.submit}"] ` : "";
  if (element.name) return `${within}${form}[name="${element.name}"]`;
  if (element.dataset.command) return `${within}[data-command="${element.dataset.command}"]`;
  return null;
}

function tell() {
  const alerts = [...main.querySelectorAll(".alert")];
  for (const alert of alerts) {
    if (!announced.has(alert.dataset.interaction)) {
      announced.add(alert.dataset.interaction);
      announce.textContent = alert.dataset.announce;
      alert.classList.add("fresh");   // it arrives once, not with every refresh
      ring();
    }
  }
  if (!alerts.length) announced.clear();
  clearInterval(flashing);
  document.title = title;
  if (alerts.length) {
    const name = alerts[0].querySelector("h2").textContent;
    flashing = setInterval(() => { document.title = document.title === title ? `☎ ${name}` : title; }, 900);
  }
}

// A record that is kept elsewhere opens once for a conversation, in whichever tab comes first, and never over a form
// that is being filled in: then it waits as a link.
function pop() {
  const links = [...main.querySelectorAll(".call[data-state=connected] a[data-pop]")];
  const popped = JSON.parse(localStorage.getItem("popped") || "{}");
  const now = {};
  const typing = [...main.querySelectorAll("input, textarea")].some(field => field.value !== field.defaultValue);
  for (const link of links) {
    const interaction = link.closest("[data-interaction]").dataset.interaction;
    if (popped[interaction] !== link.href && !typing) window.open(link.href, "_blank", "noopener,noreferrer");
    now[interaction] = link.href;
  }
  localStorage.setItem("popped", JSON.stringify(now));
}

let audio = null;
function ring() {
  try {
    audio ??= new AudioContext();
    for (const [start, pitch] of [[0, 660], [0.18, 880]]) {
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.08, audio.currentTime + start);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.16);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + 0.17);
    }
  } catch { /* the alert is visible and announced all the same */ }
}

const clock = ms => { const s = Math.max(0, Math.round(ms / 1000)); return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`; };
function tick() {
  const now = Date.now() + offset;
  for (const time of main.querySelectorAll("time[data-at]")) time.textContent ||= new Date(Number(time.dataset.at)).toLocaleString(document.documentElement.lang, {dateStyle: "short", timeStyle: "short"});
  for (const zone of main.querySelectorAll("[data-own-zone]")) zone.setAttribute("value", Intl.DateTimeFormat().resolvedOptions().timeZone);
  for (const node of main.querySelectorAll("[data-until]")) node.textContent = Math.max(0, Math.ceil((Number(node.dataset.until) - now) / 1000));
  for (const node of main.querySelectorAll("[data-since]")) node.textContent = clock(now - Number(node.dataset.since));
  lost.hidden = Date.now() - lastSign < 35000;
}
setInterval(tick, 500);

main.addEventListener("click", event => {
  const button = event.target.closest("[data-command]");
  if (!button) return;
  event.preventDefault();
  button.disabled = true;
  const owner = button.closest("[data-interaction]");
  send(button.dataset.command, owner?.dataset.interaction, JSON.parse(button.dataset.args || "{}")).finally(() => { button.disabled = false; });
});

main.addEventListener("submit", async event => {
  event.preventDefault();
  const form = event.target;
  const owner = form.closest("[data-interaction]");
  const values = Object.fromEntries(new FormData(form));
  if (form.dataset.search) {
    const answer = await fetch(`/desk/search?interaction=${encodeURIComponent(form.dataset.search)}&q=${encodeURIComponent(values.q)}`);
    document.getElementById(`hits-${form.dataset.search}`).innerHTML = await answer.text();
    return;
  }
  const interaction = owner?.dataset.interaction;
  if (!await send(form.dataset.submit, interaction, values)) return;   // what was typed stays
  const now = [...main.querySelectorAll(`[data-submit="${form.dataset.submit}"]`)].find(f => f.closest("[data-interaction]")?.dataset.interaction === interaction);
  now?.reset();
});

// Alt+A answers, Alt+D declines: reachable without leaving the field one is typing in.
document.addEventListener("keydown", event => {
  if (!event.altKey) return;
  const wanted = {a: "answer", d: "decline"}[event.key.toLowerCase()];
  const button = wanted && main.querySelector(`.alert [data-command="${wanted}"]`);
  if (button) { event.preventDefault(); button.click(); }
});

function listen() {
  const source = new EventSource(`/desk/events?after=${seq}`);
  const alive = () => { lastSign = Date.now(); };
  source.addEventListener("hello", event => {
    alive();
    offset = JSON.parse(event.data).server_time - Date.now();
    refresh();
  });
  for (const type of ["alert", "alert.ended", "interaction.updated", "interaction.ended", "acw.started", "acw.ended", "contact.changed", "screenpop", "note.changed", "presence.changed", "caption", "resync"]) {
    source.addEventListener(type, event => { alive(); seq = Number(event.lastEventId) || seq; refresh(); });
  }
  source.addEventListener("heartbeat", alive);
  source.onopen = alive;
}
listen();
tell();
pop();
tick();
