// The journal, live: asks for the page again, and shows its entries if there are new ones.
"use strict";

const SECONDS = 1;
const live = document.getElementById("live");
let tag = "";

// The entries of a page that a server has just answered, in place of those that are shown.
function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("entries");
  const shown = document.getElementById("entries");
  if (!fresh || fresh.innerHTML === shown.innerHTML) return;
  const more = Number(fresh.dataset.last) - Number(shown.dataset.last);
  const focused = shown.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  shown.replaceWith(fresh);
  if (focused) fresh.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  document.getElementById("news").textContent =
    more > 0 ? `${more} new ${more === 1 ? "request" : "requests"}` : "The journal was cleared";
}

async function ask() {
  if (live.getAttribute("aria-pressed") !== "true" || document.hidden) return;
  try {
    const response = await fetch(location.href, { headers: tag ? { "If-None-Match": tag } : {} });
    if (!response.ok) return; // 304 says that nothing is new
    tag = response.headers.get("ETag") ?? "";
    show(await response.text());
  } catch {
    document.getElementById("news").textContent = "The mock does not answer";
  }
}

live.hidden = false;
live.addEventListener("click", () => {
  live.setAttribute("aria-pressed", String(live.getAttribute("aria-pressed") !== "true"));
});
(async function repeat() {
  await ask();
  setTimeout(repeat, SECONDS * 1000);
})();
