// The page: a conversation with the supervisor, and what the person has beside it.

import "./trusted_types.js";
import { findActions } from "./actions.js";
import { readiness, starters } from "./api.js";
import { preloadCharts } from "./chart.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { button, element } from "./dom.js";
import { Side } from "./side.js";

const LOOK_SECONDS = 20;
const BEGUN_SECONDS = 1;
const STARTER = "What can you do for me?";

const side = new Side({
  open: (threadId) => open(threadId),
  deleted: (threadId) => threadId === conversation.threadId && open(null),
});
const conversation = new Conversation({
  asked: (threadId, text) => {
    side.name(threadId, text);
    preloadCharts();
    setTimeout(refresh, BEGUN_SECONDS * 1000);
    showAddress(threadId);
  },
  changed: (isWorking) => {
    composer.lock(isWorking);
    refresh();
  },
});
const composer = new Composer((text) => conversation.ask(text));

async function open(threadId) {
  closeSide();
  showAddress(threadId);
  side.mark(threadId);
  composer.focus();
  await conversation.open(threadId);
  refresh();
}

/** The conversation stands in the address: a page that is loaded again shows it again. */
function showAddress(threadId) {
  const address = threadId ? `#${encodeURIComponent(threadId)}` : location.pathname;
  if (location.hash !== address) history.pushState(null, "", address);
  side.mark(threadId);
}

const threadInAddress = () => decodeURIComponent(location.hash.slice(1)) || null;

let looking;
/** Show what has changed, and look again while something goes on. */
async function refresh() {
  clearTimeout(looking);
  const isSomethingOpen = await side.refresh();
  clearTimeout(looking);
  if (isSomethingOpen) looking = setTimeout(() => (document.hidden ? undefined : refresh()), LOOK_SECONDS * 1000);
}

async function waitUntilReady() {
  const shown = document.getElementById("readiness");
  for (;;) {
    try {
      await readiness();
      shown.textContent = "";
      return;
    } catch (error) {
      shown.textContent = error.code === "connection_lost" ? error.message : "The server is getting ready …";
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

const menu = document.getElementById("menu");
function showSide(isShown) {
  document.body.classList.toggle("side-shown", isShown);
  menu.setAttribute("aria-expanded", String(isShown));
}
const closeSide = () => showSide(false);

menu.addEventListener("click", () => showSide(menu.getAttribute("aria-expanded") !== "true"));
document.addEventListener("keydown", (event) => event.key === "Escape" && closeSide());
document.querySelector("main").addEventListener("click", closeSide);
document.getElementById("new").addEventListener("click", () => open(null));
window.addEventListener("popstate", () => open(threadInAddress()));
document.addEventListener("visibilitychange", () => document.hidden || refresh());

async function offerStarters() {
  const offered = await starters().catch(() => []);
  document.getElementById("starters").replaceChildren(...[...offered, STARTER].map((each) =>
    element("li", {}, button(each, { class: "suggestion" }, () => conversation.ask(each)))));
}

offerStarters();
await waitUntilReady();
findActions().catch((error) => console.warn("The actions are not known.", error));
await open(threadInAddress());
