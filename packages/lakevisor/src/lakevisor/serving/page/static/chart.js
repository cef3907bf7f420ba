// Charts: Vega-Lite specifications, drawn here. Vega evaluates expressions with its interpreter, so
// the page needs no `unsafe-eval`, and it loads nothing: a chart brings its data.

import { element } from "./dom.js";

const DARK = window.matchMedia("(prefers-color-scheme: dark)");
const LOADS_NOTHING = {
  load: () => Promise.reject(new Error("A chart loads nothing.")),
  sanitize: () => Promise.reject(new Error("A chart links to nothing.")),
};
const ERRORS = 1;
const WIDE = 780;
const NAMES = 120;
let library;

/** Fetch what draws charts, so that it is there when one comes. */
export function preloadCharts() {
  library ??= import("./vega.js").then(() => window.vegaEmbed);
  library.catch(() => {
    library = undefined;
  });
  return library;
}

/** Make a chart; it is drawn as soon as it can be. */
export function chart(specification) {
  const title = titleOf(specification);
  const place = element("div", { class: "drawing" }, element("p", { class: "hint" }, "Drawing …"));
  const figure = element("figure", { class: "chart", role: "img", "aria-label": `Chart: ${title}` }, place);
  const draw = () => drawn(place, specification).catch((error) => {
    console.error("The chart cannot be drawn.", error);
    place.replaceChildren(element("p", { class: "hint" }, "The chart cannot be drawn here; the figures stand above."));
  });
  DARK.addEventListener("change", () => figure.isConnected && draw());
  // Only what is on the page has colours and a width.
  requestAnimationFrame(draw);
  return figure;
}

async function drawn(place, specification) {
  const embed = await preloadCharts();
  if (!place.isConnected) return;
  const target = element("div");
  await embed(target, fitted(specification, place.clientWidth), {
    actions: false,
    ast: true,
    config: colours(place),
    defaultStyle: false,
    loader: LOADS_NOTHING,
    logLevel: ERRORS,
    mode: "vega-lite",
    renderer: "svg",
    tooltip: (_, event, __, value) => showValues(event, value),
  });
  place.replaceChildren(target);
}

/** Return the chart no wider than its place, and with values to point at on each line. */
function fitted(specification, width) {
  const isConcatenated = "vconcat" in specification;
  // The names beside an axis need room, too; Vega-Lite itself fits what is not put together.
  const room = width >= WIDE ? Infinity : Math.max(width - (isConcatenated ? NAMES : 8), 160);
  const fit = (part) => {
    const made = { ...part };
    if (typeof made.width === "number") made.width = Math.min(made.width, room);
    if (made.mark?.type === "line" && !made.mark.point) made.mark = { ...made.mark, point: "transparent" };
    for (const key of ["vconcat", "hconcat", "concat", "layer"]) {
      if (Array.isArray(made[key])) made[key] = made[key].map(fit);
    }
    return made;
  };
  const made = fit(specification);
  if (width < WIDE && !isConcatenated) made.autosize = { type: "fit-x", contains: "padding" };
  return made;
}

function colours(place) {
  const style = getComputedStyle(place);
  const colour = (name) => style.getPropertyValue(name).trim();
  const words = { labelColor: colour("--dim"), titleColor: colour("--dim"), labelFont: "system-ui, sans-serif", titleFont: "system-ui, sans-serif" };
  return {
    background: "transparent",
    mark: { color: colour("--chart"), tooltip: true },
    axis: { ...words, domainColor: colour("--line"), gridColor: colour("--line"), tickColor: colour("--line") },
    axisTemporal: { grid: false },
    legend: words,
    title: { color: colour("--text"), font: "system-ui, sans-serif" },
    view: { stroke: null },
    line: { strokeWidth: 2 },
    bar: { cornerRadiusEnd: 2 },
  };
}

function titleOf({ title }) {
  return (typeof title === "string" ? title : title?.text) ?? "figures of the answer";
}

/** Show the values at the pointer, as text. */
function showValues(event, value) {
  const shown = document.getElementById("values") ?? document.body.appendChild(element("div", { id: "values", "aria-hidden": "true" }));
  shown.hidden = value === null || value === undefined || value === "";
  if (shown.hidden) return;
  const pairs = typeof value === "object" ? Object.entries(value) : [["", value]];
  shown.replaceChildren(element("dl", {}, ...pairs.flatMap(([name, each]) => [element("dt", {}, name), element("dd", {}, String(each))])));
  const left = Math.min(event.clientX + 12, window.innerWidth - shown.offsetWidth - 8);
  const top = Math.min(event.clientY + 12, window.innerHeight - shown.offsetHeight - 8);
  shown.style.left = `${left}px`;
  shown.style.top = `${top}px`;
}
