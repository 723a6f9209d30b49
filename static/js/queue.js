// Comfort only: the queue works without this file.
"use strict";

const queue = () => document.getElementById("queue");
const rows = () => [...document.querySelectorAll("[data-app-request]")];
const title = document.title;
// New is what was asked since the list before: what moves up from the next page has waited longer.
// A list may lag a few seconds behind what is stored.
const LAG = 5000;
const askedAt = (row) => Date.parse(row.querySelector("[data-app-since]").dataset.appSince);
const shownAt = () => Date.parse(queue()?.dataset.appShown ?? 0);
const known = new Set(rows().map((row) => row.dataset.appRequest));
let before = shownAt();

// Times go on while nobody reloads, in the largest unit that fits. Of what is left, a minute that
// has begun counts until it is over.
const inWords = (minutes) => {
  const [count, unit] = minutes < 60 ? [minutes, "minute"]
    : minutes < 2880 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
  const style = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(count);
};

const tick = () => {
  const minutesTo = (moment) => (Date.parse(moment) - Date.now()) / 60000;
  for (const time of document.querySelectorAll("[data-app-since]")) {
    time.textContent = inWords(Math.max(0, Math.floor(-minutesTo(time.dataset.appSince))));
  }
  for (const time of document.querySelectorAll("[data-app-until]")) {
    time.textContent = inWords(Math.max(1, Math.ceil(minutesTo(time.dataset.appUntil))));
  }
  for (const sign of document.querySelectorAll("[data-app-near]")) {
    sign.hidden = minutesTo(sign.dataset.appNear) > 0;
  }
};

const countWaiting = () => {
  const count = queue()?.dataset.appCount ?? "";
  document.title = count && count !== "0" ? `(${count}) ${title}` : title;
  for (const place of document.querySelectorAll("[data-app-counted]")) place.textContent = count;
};

// A switch is off until it is pressed, and its browser remembers how it was left.
const isOn = (button) => button?.getAttribute("aria-checked") === "true";
const turn = (button, on) => button.setAttribute("aria-checked", String(on));
const remember = (name, on) => localStorage.setItem(name, on ? "on" : "off");

const notify = document.querySelector("[data-app-notify]");

if (notify && "Notification" in window) {
  const denied = document.querySelector("[data-app-notify-denied]");
  const isAllowed = () => Notification.permission === "granted";
  turn(notify, isAllowed() && localStorage.getItem("queue-notify") === "on");
  notify.hidden = false;
  notify.addEventListener("click", async () => {
    const asksFor = !isOn(notify);
    if (asksFor) await Notification.requestPermission();
    turn(notify, asksFor && isAllowed());
    remember("queue-notify", isOn(notify));
    denied.hidden = !asksFor || isAllowed();
  });
}

const showNotification = (row) => {
  const link = row.querySelector("a");
  try {
    const shown = new Notification(link.textContent, {
      body: row.querySelector("[data-app-place]").textContent, tag: row.dataset.appRequest,
    });
    shown.addEventListener("click", () => {
      window.focus();
      window.location = link.href;
    });
  } catch {
    // Some browsers of phones know the word, but show none to pages.
  }
};

// A short tone, made here. Browsers play nothing before somebody has used the page, so it is only
// remembered that it is wanted; the context wakes up with the next key or press.
const sound = document.querySelector("[data-app-sound]");
const audible = () => isOn(sound);
let audio = null;

const wake = () => {
  if (!audible()) return;
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
};

const play = () => {
  if (audio?.state !== "running") return;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = 660;
  volume.gain.setValueAtTime(0.2, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.4);
};

if (sound && "AudioContext" in window) {
  turn(sound, localStorage.getItem("queue-sound") === "on");
  sound.hidden = false;
  sound.addEventListener("click", async () => {
    turn(sound, !audible());
    remember("queue-sound", audible());
    wake();
    await audio?.resume();
    if (audible()) play();
  });
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, wake);
}

const tell = () => {
  const fresh = rows()
    .filter((row) => !known.has(row.dataset.appRequest) && askedAt(row) > before - LAG);
  for (const row of rows()) known.add(row.dataset.appRequest);
  before = shownAt();
  if (!fresh.length) return;
  const arrivals = document.querySelector("[data-app-arrivals]");
  const headers = fresh.map((row) => row.querySelector("a").textContent);
  if (arrivals) arrivals.textContent = `${arrivals.dataset.appArrivals} ${headers.join("; ")}`;
  if (audible()) play();
  if (isOn(notify)) fresh.forEach(showNotification);
};

// Who is in the list stays on the same request when the list comes anew, or where it was.
let place = null;

document.addEventListener("htmx:before:swap", () => {
  const row = document.activeElement?.closest("[data-app-request]");
  place = row && {
    id: row.dataset.appRequest,
    number: rows().indexOf(row),
    isButton: document.activeElement.matches("button"),
  };
});

const goBack = () => {
  if (!place || document.activeElement !== document.body) return;
  const all = rows();
  const row = all.find((one) => one.dataset.appRequest === place.id)
    ?? all[Math.min(place.number, all.length - 1)];
  (row?.querySelector(place.isButton ? "button" : "h2 a") ?? row?.querySelector("h2 a"))?.focus();
};

document.addEventListener("htmx:after:swap", () => {
  tick();
  countWaiting();
  tell();
  goBack();
});

// The list stays where it cannot be had anew, and it is said that it may be old.
const stale = document.querySelector("[data-app-stale]");
const isOfQueue = (event) => stale && event.target.closest?.("#queue");
for (const name of ["htmx:response:error", "htmx:error"]) {
  document.addEventListener(name, (event) => {
    if (isOfQueue(event)) stale.hidden = false;
  });
}
document.addEventListener("htmx:after:request", (event) => {
  const status = event.detail.ctx?.response?.raw?.status ?? 0;
  if (isOfQueue(event) && (status === 304 || (status >= 200 && status < 300))) stale.hidden = true;
});

// j and k go through the list, c takes on what has the focus, n goes on, ? explains. Whoever says so has none
// of them, for they are in the way of some who speak to their computer.
const links = () => [...document.querySelectorAll("#queue h2 a, #queue a[rel=next]")];

const move = (step) => {
  const all = links();
  const next = all[all.indexOf(document.activeElement) + step];
  next?.focus();
};

const takeOn = () => {
  const row = document.activeElement.closest("[data-app-request]");
  if (queue() && !row) return;
  (row ?? document).querySelector("form[action$='/claim/']")?.requestSubmit();
};

const help = document.querySelector("dialog[data-app-keys]");
const keysOn = document.querySelector("[data-app-keys-on]");

if (help) {
  const opener = document.querySelector("[data-app-keys-open]");
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());
  help.querySelector("[data-app-keys-close]").addEventListener("click", () => help.close());
  help.addEventListener("click", (event) => {
    if (event.target === help) help.close();
  });
  turn(keysOn, localStorage.getItem("queue-keys") !== "off");
  keysOn.addEventListener("click", () => {
    turn(keysOn, !isOn(keysOn));
    remember("queue-keys", isOn(keysOn));
  });
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  c: takeOn,
  n: () => document.querySelector("[data-app-next]")?.click(),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog");
  const isOff = keysOn && !isOn(keysOn);
  if (typing || isOff || event.ctrlKey || event.metaKey || event.altKey) return;
  keys[event.key]?.();
});

// What was begun to be typed is still there after a reload; it is forgotten once the server says
// that it is sent, with whatever article it began.
for (const message of document.querySelectorAll("[data-app-sent]")) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(`draft-${message.dataset.appSent}`)) sessionStorage.removeItem(key);
  }
}

for (const place of document.querySelectorAll("[data-app-draft]")) {
  const field = place.querySelector("textarea");
  const key = `draft-${document.body.dataset.appUser}-${place.dataset.appDraft}`;
  const draft = sessionStorage.getItem(key);
  if (draft) field.value = draft;
  field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
}

setInterval(tick, 15000);
tick();
countWaiting();
