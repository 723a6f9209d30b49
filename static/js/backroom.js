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
