// Fetches what changes, every five seconds while somebody looks, and never under a person's finger.
"use strict";
const now = document.getElementById("now");
const live = document.getElementById("live");
live.textContent = "Live.";
async function renew() {
  if (document.hidden || now.contains(document.activeElement) || now.matches(":active")) return;
  try {
    const answer = await fetch("/fragment", { credentials: "same-origin" });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (!now.contains(document.activeElement)) now.innerHTML = text;
    live.textContent = "Live.";
  } catch {
    live.textContent = "Not live: the server does not answer.";
  }
}
setInterval(renew, 5000);
document.addEventListener("visibilitychange", renew);
