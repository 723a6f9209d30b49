// Comfort only: every page works without this file.
"use strict";

// The drawing behind the picture then shows.
const hideBroken = (image) => {
  if (image.matches("[data-app-picture]")) image.hidden = true;
};

// Errors of images do not bubble; capturing also hears those of products that are added later.
document.addEventListener("error", (event) => {
  if (event.target instanceof HTMLImageElement) hideBroken(event.target);
}, true);

for (const image of document.querySelectorAll("[data-app-picture]")) {
  if (image.complete && image.naturalWidth === 0) hideBroken(image);
}

for (const box of document.querySelectorAll("[data-app-select-all]")) {
  const others = () => document.querySelectorAll(`input[name="${box.dataset.appSelectAll}"]`);
  box.hidden = false;
  box.addEventListener("change", () => {
    for (const other of others()) other.checked = box.checked;
  });
}

// "Show more products" adds the next page below: the keyboard goes on with its first product.
let shownBefore = 0;

const products = () => document.querySelectorAll("#products > li");

document.addEventListener("htmx:before:swap", () => {
  shownBefore = products().length;
});

document.addEventListener("htmx:after:swap", () => {
  const firstNew = products()[shownBefore];
  if (!firstNew) return;
  firstNew.querySelector("a").focus({ preventScroll: true });
  if (!location.search.includes("cursor=")) document.querySelector("#pages [rel=first]")?.remove();
});
