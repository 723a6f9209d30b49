// Comfort only: the page of a request, and the form to ask, work without this file.
"use strict";

// What has happened meanwhile is above the page; the title of the window says so as well.
document.addEventListener("htmx:after:swap", () => {
  if (document.querySelector("[data-app-news]") && !document.title.startsWith("• ")) {
    document.title = `• ${document.title}`;
  }
});

// After a refused step the address is one that takes nothing but forms: a reload goes to the page.
const ofRequest = document.querySelector("[data-app-address]")?.dataset.appAddress;
if (ofRequest && location.pathname !== ofRequest) history.replaceState(null, "", ofRequest);

// Back is where one came from, filtered as it was.
const back = document.querySelector("[data-app-back]");
const cameFrom = `queue-from-${document.body.dataset.appUser}`;
if (back) {
  const queue = new URL(back.href).pathname;
  const from = document.referrer && new URL(document.referrer);
  if (from && from.origin === location.origin && [queue, `${queue}history/`].includes(from.pathname)) {
    sessionStorage.setItem(cameFrom, from.pathname + from.search);
  }
  back.href = sessionStorage.getItem(cameFrom) ?? back.href;
}

// Whoever has taken it on begins to write; a phone would open its keys over the question.
document.addEventListener("submit", (event) => {
  if (event.target.action.endsWith("/claim/")) sessionStorage.setItem("request-claimed", "yes");
});
if (sessionStorage.getItem("request-claimed") && matchMedia("(hover: hover)").matches) {
  document.querySelector(".app-request__answer textarea")?.focus({ preventScroll: true });
}
sessionStorage.removeItem("request-claimed");

// What is wrong may be far down the page.
document.querySelector("main [aria-invalid='true']")?.focus();

// A draft that came back (queue.js) is not left behind a closed door.
for (const place of document.querySelectorAll("details[data-app-draft]")) {
  const field = place.querySelector("textarea");
  if (field.value !== field.defaultValue) place.open = true;
}

// What was typed while somebody else was faster is shown, and never put over what they said.
const unsent = document.querySelector("[data-app-unsent]");

const unsentKeys = () => {
  const before = `draft-${document.body.dataset.appUser}-`;
  const boxes = [...document.querySelectorAll("[data-app-draft]")].map((box) => box.dataset.appDraft);
  const isOfBox = (key) => boxes.some((box) => key.startsWith(before + box));
  return ["answer", "addition"].flatMap((kind) =>
    Object.keys(sessionStorage)
      .filter((key) => key.startsWith(`${before}${kind}-${unsent.dataset.appUnsent}`))
      .filter((key) => !isOfBox(key)));
};

if (unsent) {
  const text = unsent.querySelector(".app-text");
  const again = unsent.querySelector("[data-app-correct-with]");
  const away = unsent.querySelector("[data-app-throw-away]");
  const forget = () => {
    for (const key of unsentKeys()) sessionStorage.removeItem(key);
    unsent.hidden = true;
  };
  const kept = unsentKeys().map((key) => sessionStorage.getItem(key)).find((draft) => draft.trim());
  if (!text.textContent && kept) text.textContent = kept;
  unsent.hidden = !text.textContent;
  away.hidden = false;
  away.addEventListener("click", forget);
  if (again) {
    again.hidden = false;
    again.addEventListener("click", () => {
      const place = document.querySelector("[data-app-draft*='-corrected-']");
      const field = place.querySelector("textarea");
      place.open = true;
      field.value = text.textContent;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
      forget();
    });
  }
}

// What was begun to be asked is still there after a reload or a login in between, and who begins
// with somebody else says so.
const begun = document.querySelector("[data-app-kept]");

if (begun) {
  const form = document.querySelector("main form.app-form");
  const fields = [...form.querySelectorAll("input:not([type='hidden']), textarea, select")];
  const keyOf = (field) =>
    `draft-${document.body.dataset.appUser}-${begun.dataset.appKept}-${field.name}`;
  const isFresh = !form.querySelector("[aria-invalid='true']") && !location.search;
  for (const field of fields) {
    const draft = sessionStorage.getItem(keyOf(field));
    if (isFresh && draft !== null && draft !== field.value) {
      field.value = draft;
      begun.hidden = false;
    }
    field.addEventListener("input", () => sessionStorage.setItem(keyOf(field), field.value));
  }
  begun.querySelector("[data-app-afresh]").addEventListener("click", () => {
    for (const field of fields) sessionStorage.removeItem(keyOf(field));
    form.reset();
    begun.hidden = true;
    fields[0].focus();
  });
}

// How long a text may be is counted beside it, from near the end on where that is far away.
for (const field of document.querySelectorAll("[data-app-longest]")) {
  const most = Number(field.dataset.appLongest);
  const counter = document.createElement("p");
  counter.id = `${field.id}_count`;
  counter.className = "app-field__help app-field__count";
  field.insertAdjacentElement("afterend", counter);
  field.setAttribute(
    "aria-describedby",
    [field.getAttribute("aria-describedby"), counter.id].filter(Boolean).join(" "),
  );
  const count = () => {
    const used = [...field.value.trim()].length;
    const isOver = used > most;
    const said = isOver ? field.dataset.appOver : field.dataset.appUsed;
    counter.textContent = said
      .replace("{count}", isOver ? used - most : used).replace("{most}", most);
    counter.classList.toggle("app-field__count--over", isOver);
    counter.hidden = most > 100 && used < most * 0.9;
  };
  field.addEventListener("input", count);
  count();
}
