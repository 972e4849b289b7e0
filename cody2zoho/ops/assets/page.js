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

function tell(words, how) {
  live.textContent = words;
  live.className = how;
}

function isInUse() {
  return now.contains(document.activeElement) || now.matches(":active") || now.querySelector("details[open]");
}

async function renew() {
  if (document.hidden) return;
  // Whoever opens something and goes away leaves a page that grows old; it must not look live.
  if (isInUse()) return tell("Held while you use it", "held");
  try {
    // An answer is given up on before the next one is asked for, so that none overtakes another.
    const answer = await fetch("/fragment", { credentials: "same-origin", signal: AbortSignal.timeout(4800) });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    if (!isInUse()) now.innerHTML = text;
    say();
    tell("Live", "on");
  } catch {
    tell("Not live: the server does not answer", "off");
  }
}

tell("Live", "on");
setInterval(renew, 5000);
document.addEventListener("visibilitychange", renew);
