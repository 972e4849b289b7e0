// Fetches what changes, every five seconds while somebody looks, and never under a person's finger.
"use strict";
const now = document.getElementById("now");
const live = document.getElementById("live");
const said = document.getElementById("said");

// A screen reader hears the verdict when it changes, and nothing of the rest.
function say() {
  const words = now.querySelector("[data-said]").dataset.said;
  if (document.title !== `${words} cody2zoho`) said.textContent = words;
  document.title = `${words} cody2zoho`;
}

function tell(words, isLive) {
  live.textContent = words;
  live.className = isLive ? "on" : "off";
}

function isInUse() {
  return now.contains(document.activeElement) || now.matches(":active") || now.querySelector("details[open]");
}

async function renew() {
  if (document.hidden || isInUse()) return;
  try {
    const answer = await fetch("/fragment", { credentials: "same-origin" });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (!isInUse()) now.innerHTML = text;
    say();
    tell("Live", true);
  } catch {
    tell("Not live: the server does not answer", false);
  }
}

tell("Live", true);
setInterval(renew, 5000);
document.addEventListener("visibilitychange", renew);
