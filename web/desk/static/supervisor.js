// The overview: swapped in again every few seconds and whenever something happens.
const main = document.getElementById("overview");
async function refresh() {
  const answer = await fetch("/supervisor/overview");
  if (answer.ok) main.innerHTML = await answer.text();
}
setInterval(refresh, 3000);
