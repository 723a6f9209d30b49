// Comfort only: what was answered before goes where the cursor is, and what was typed stays.
"use strict";

const menu = document.getElementById("canned");
const button = document.querySelector("[data-app-canned]");
const box = document.querySelector(".app-request__answer textarea");

const textOf = async (id) => {
  const address = document.querySelector("[data-app-address]").dataset.appAddress;
  const response = await fetch(`${address}?${new URLSearchParams({ canned: id })}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector(".app-request__answer textarea").value;
};

// As if it were typed, so that the browser can undo it; after words, on a line of its own.
const insert = (text) => {
  for (const helper of document.querySelectorAll(".app-request__helpers > details")) {
    helper.open = false;
  }
  box.focus();
  const follows = /\S$/.test(box.value.slice(0, box.selectionStart));
  const added = follows ? `\n${text}` : text;
  if (document.execCommand("insertText", false, added)) return;
  box.setRangeText(added, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
};

for (const link of document.querySelectorAll("[data-app-insert]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    insert(link.closest("details").querySelector(".app-text").textContent);
  });
}

button?.addEventListener("click", async (event) => {
  event.preventDefault();
  if (!menu.value) return menu.focus();
  try {
    insert(await textOf(menu.value));
  } catch {
    button.form.requestSubmit(button);
  }
});
