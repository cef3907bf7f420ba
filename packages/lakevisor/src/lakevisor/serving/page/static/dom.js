// Elements of the page. Text stays text: nothing in this page parses HTML.

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {Object} attributes `class`, `aria-label`, ...; a function under `onclick` is called then;
 *   false and undefined leave an attribute out.
 * @param {...(Node|string|null)} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

/** Make a button that does something; while it does, it cannot be pressed again. */
export function button(label, attributes, act) {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act(made);
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

/** Return an address if it leads to a web page, else null: nothing else is ever linked. */
export function webAddress(text) {
  let address;
  try {
    address = new URL(text);
  } catch {
    return null;
  }
  return ["http:", "https:"].includes(address.protocol) ? address.href : null;
}

/** Make a link to another page; what leads nowhere stays text. */
export function link(address, ...children) {
  const href = webAddress(address);
  if (href === null) return element("span", {}, ...children);
  return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Make a button that copies a text. */
export function copyButton(text, what) {
  return button("Copy", { class: "quiet small", "aria-label": `Copy ${what}` }, async (made) => {
    await navigator.clipboard.writeText(text);
    made.textContent = "Copied";
    setTimeout(() => made.replaceChildren("Copy"), 1500);
  });
}

/** Tell people who hear the page what has happened. */
export function announce(text) {
  document.getElementById("announcement").textContent = text;
}

const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];

/** Make a moment as people say it, with its date at hand. */
export function moment(iso) {
  const at = new Date(iso);
  const seconds = (at - Date.now()) / 1000;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["minute", 60];
  const words = Math.abs(seconds) < 60 ? "just now" : RELATIVE.format(Math.round(seconds / length), unit);
  return element("time", { datetime: iso, title: at.toLocaleString() }, words);
}
