// Supervisors' pages: the overview is swapped in again every few seconds; a waiting conversation can be given away.
const overview = document.getElementById("overview");
const csrf = document.querySelector("meta[name=csrf]").content;

async function refresh() {
  const answer = await fetch("/supervisor/overview");
  if (answer.status === 401) location.href = "/login";
  if (answer.ok) { overview.innerHTML = await answer.text(); times(); }
}

// Due times are shown as the reader's clock has them.
function times() {
  for (const time of overview?.querySelectorAll("time[data-at]") ?? []) time.textContent = new Date(Number(time.dataset.at)).toLocaleString(document.documentElement.lang, {dateStyle: "short", timeStyle: "short"});
}
times();

overview?.addEventListener("click", async event => {
  const button = event.target.closest("[data-cancel]");
  if (!button) return;
  button.disabled = true;
  const answer = await fetch("/desk/commands/callback.cancel", {
    method: "POST",
    headers: {"content-type": "application/json", "x-csrf-token": csrf},
    body: JSON.stringify({commandId: crypto.randomUUID(), interactionId: button.dataset.cancel, args: {}}),
  });
  if (!answer.ok) document.getElementById("announce").textContent = (await answer.json().catch(() => ({}))).message || answer.statusText;
  refresh();
});
if (overview) setInterval(refresh, 3000);

for (const time of document.querySelectorAll("main:not(#overview) time[data-at]")) time.textContent = new Date(Number(time.dataset.at)).toLocaleTimeString();

document.querySelector("form[data-assign]")?.addEventListener("submit", async event => {
  event.preventDefault();
  const form = event.target;
  const answer = await fetch(`/supervisor/conversations/${form.dataset.assign}/assign`, {
    method: "POST",
    headers: {"content-type": "application/json", "x-csrf-token": csrf},
    body: JSON.stringify({commandId: crypto.randomUUID(), agent: new FormData(form).get("agent")}),
  });
  if (answer.ok) { location.reload(); return; }
  const body = await answer.json().catch(() => ({}));
  document.getElementById("announce").textContent = body.message || answer.statusText;
});
