// Comfort only: every page works without this file.
"use strict";

for (const button of document.querySelectorAll("[data-app-dismiss]")) {
  button.hidden = false;
  button.addEventListener("click", () => button.parentElement.remove());
}

for (const button of document.querySelectorAll("[data-app-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const button of document.querySelectorAll("[data-app-copy]")) {
  // Browsers offer it in secure contexts only.
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.appCopy);
    await navigator.clipboard.writeText(source.innerText);
    button.textContent = button.dataset.appCopied;
  });
}

// Drafts stay in the tab (queue.js), also while somebody logs in again whose session has ended.
// Whoever has the tab next must not find them there, nor anybody after a log-out.
const owner = document.body.dataset.appUser;

for (const key of owner ? Object.keys(sessionStorage) : []) {
  if (key.startsWith("draft-") && !key.startsWith(`draft-${owner}-`)) sessionStorage.removeItem(key);
}
for (const form of document.querySelectorAll("[data-app-log-out]")) {
  form.addEventListener("submit", () => sessionStorage.clear());
}

const openMenus = () => document.querySelectorAll(".app-menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What is chosen is shown at once, at an address without what is empty. Arrow keys choose whatever they pass, so who uses keys presses
// the button, which nobody else needs.
for (const form of document.querySelectorAll("[data-app-choose]")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  });
  const button = form.querySelector("[data-app-chosen]");
  if (!button) continue;
  let byKeys = false;
  button.hidden = true;
  form.addEventListener("pointerdown", () => { byKeys = false; });
  form.addEventListener("keydown", () => { byKeys = true; });
  form.addEventListener("change", (event) => {
    if (event.target.closest(".app-menu")) return;
    button.hidden = !byKeys;
    if (!byKeys) form.requestSubmit();
  });
}

// Of tabs that do not fit, the one that is open is seen.
for (const tabs of document.querySelectorAll(".app-tabs")) {
  const here = tabs.querySelector("[aria-current]");
  if (here) tabs.scrollLeft = here.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
}
